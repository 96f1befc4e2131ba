/** Traffic that was recorded over HTTP replays byte by byte, with nobody at the other end. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOpenAI } from "@ai-sdk/openai";
import { afterAll, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { openCassette } from "../../src/testing/cassette.ts";
import { startWireServer } from "../support/openai-wire-server.ts";

const folder = mkdtempSync(join(tmpdir(), "cassettes-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fileOf = (name: string): string => join(folder, "deep", `${name}.json`);

const delta = (content: string) => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
});
const end = { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };

async function piecesOf(response: Response): Promise<number[][]> {
  const pieces: number[][] = [];
  for await (const piece of response.body ?? []) pieces.push([...piece]);
  return pieces;
}

test("an agent gets the recorded answer when its provider is gone", async () => {
  const file = fileOf("agent");
  const ask = async (fetch: typeof globalThis.fetch, baseURL: string): Promise<string> => {
    const model = createOpenAI({ apiKey: "sk-secret-of-the-test", baseURL, fetch }).chat("gpt-test");
    return (await (await new Agent({ id: "a", name: "A", instructions: "Be brief.", model }).stream("Hi")).text) ?? "";
  };
  let baseUrl: string;
  {
    await using server = await startWireServer();
    server.script({ stream: [delta("Grüß "), delta("Gott 🎼"), end], cutBytes: 7 });
    ({ baseUrl } = server);
    expect(await ask(openCassette(file, { mode: "record" }).fetch, baseUrl)).toBe("Grüß Gott 🎼");
  }
  expect(await ask(openCassette(file, { mode: "replay" }).fetch, baseUrl)).toBe("Grüß Gott 🎼");
});

test("what is replayed has the bytes of the recording and their borders", async () => {
  const file = fileOf("bytes");
  await using server = await startWireServer();
  server.script({ stream: [delta("ü🎼ü🎼"), end], cutBytes: 3 });
  const init = { method: "POST", body: '{"a":1}' };
  const recorded = await piecesOf(await openCassette(file, { mode: "record" }).fetch(`${server.baseUrl}/x`, init));
  const replayed = await piecesOf(await openCassette(file).fetch(`${server.baseUrl}/x`, init));
  expect(recorded.length).toBeGreaterThan(10);
  expect(replayed).toEqual(recorded);
});

test("keys of the request are not in the file", async () => {
  const file = fileOf("secrets");
  await using server = await startWireServer();
  server.script({ json: { ok: true }, headers: { "openai-organization": "secret-organization", "set-cookie": "secret-cookie" } });
  const headers = { authorization: "Bearer secret-token", "x-api-key": "secret-key" };
  const response = await openCassette(file, { mode: "record" }).fetch(`${server.baseUrl}/x?alt=sse&key=secret-parameter`, {
    method: "POST",
    headers,
    body: "{}",
  });
  await response.text();
  expect(readFileSync(file, "utf8")).not.toContain("secret");
});

test("the same question a second time gets the second answer", async () => {
  const file = fileOf("twice");
  await using server = await startWireServer();
  server.script({ json: { answer: 1 } }, { json: { answer: 2 }, status: 429, headers: { "retry-after": "3" } });
  const init = { method: "POST", body: "{}" };
  const recording = openCassette(file, { mode: "record" });
  for (let times = 0; times < 2; times++) await (await recording.fetch(`${server.baseUrl}/x`, init)).text();
  const cassette = openCassette(file);
  expect(await (await cassette.fetch(`${server.baseUrl}/x`, init)).json()).toEqual({ answer: 1 });
  expect(cassette.unused()).toEqual([`POST ${server.baseUrl}/x`]);
  const second = await cassette.fetch(`${server.baseUrl}/x`, init);
  expect([second.status, second.headers.get("retry-after"), await second.json()]).toEqual([429, "3", { answer: 2 }]);
});

test("a question that was not recorded says how to record it", async () => {
  const file = fileOf("twice");
  await expect(openCassette(file).fetch("http://provider.example/v1/x", { method: "POST", body: "{}" })).rejects.toMatchObject({
    code: "MISCONFIGURED",
    message: expect.stringContaining("FERMATA_CASSETTES=record") as string,
  });
  expect(() => openCassette(fileOf("missing"))).toThrow(/FERMATA_CASSETTES=record/);
});
