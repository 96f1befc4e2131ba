/** The server fetches nothing on behalf of a caller: an address goes to the model's provider as it is. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { startHono } from "../support/test-server.ts";
import { turnModel } from "../support/turn-model.ts";
import { post } from "./scripted-app.ts";

test.each([
  ["/v1/responses", (url: string) => ({ input: [{ role: "user", content: [{ type: "input_image", image_url: url, detail: "low" }] }] })],
  ["/v1/responses", (url: string) => ({ input: [{ role: "user", content: [{ type: "input_file", file_url: url }] }] })],
  [
    "/v1/chat/completions",
    (url: string) => ({ messages: [{ role: "user", content: [{ type: "image_url", image_url: { url, detail: "low" } }] }] }),
  ],
])("at %s an internal address is passed on and not asked", async (path, body) => {
  let asked = 0;
  const inside = createServer((_request, response) => void response.end(String(++asked))).listen(0, "127.0.0.1");
  await once(inside, "listening");
  const url = `http://127.0.0.1:${(inside.address() as AddressInfo).port}/latest/meta-data`; // it listens on TCP
  const model = turnModel("seen");
  const agent = new Agent({ id: "a", name: "A", instructions: "", model });
  await using server = await startHono(new Mastra({ logger: false, agents: { a: agent } }));
  expect((await post(server, path, { model: "a", ...body(url) })).status).toBe(200);
  const [part] = (model.calls[0]?.prompt.at(-1)?.content ?? []) as { data: unknown; providerOptions?: object }[];
  expect(JSON.stringify(part?.data)).toContain(url);
  // How closely to look is for the provider to know.
  if (JSON.stringify(body(url)).includes("detail")) expect(part?.providerOptions).toEqual({ openai: { imageDetail: "low" } });
  expect(asked).toBe(0);
  inside.close();
});
