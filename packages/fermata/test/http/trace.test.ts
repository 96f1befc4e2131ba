/** A caller's trace (W3C Trace Context) reaches the models that are asked for it, under one id of the server's part. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { registerApiRoute } from "../../src/server/custom-routes.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import { completion, startWireServer, type WireServer } from "../support/openai-wire-server.ts";
import { startHono, type TestServer } from "../support/test-server.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-01`;

let provider: WireServer;
let server: TestServer;
beforeAll(async () => {
  provider = await startWireServer();
  const asked = new Agent({
    id: "asked",
    name: "Asked",
    instructions: "",
    model: { id: "p/m", url: provider.baseUrl, apiKey: "k" },
    defaultOptions: { modelSettings: { headers: { "x-own": "1" } } },
  });
  const asks = createStep({
    id: "asks",
    inputSchema: z.any(),
    outputSchema: z.string(),
    execute: async ({ requestContext }) => (await asked.generate("hi", { requestContext })).text,
  });
  const workflow = createWorkflow({ id: "w", inputSchema: z.any(), outputSchema: z.string() }).then(asks).commit();
  const route = registerApiRoute("/own", {
    method: "POST",
    handler: async (c) => c.json((await asked.generate("hi", { requestContext: c.get("requestContext") })).text),
  });
  server = await startHono(new Mastra({ logger: false, agents: { asked }, workflows: { w: workflow }, server: { apiRoutes: [route] } }));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

const ask = async (
  path: string,
  headers: Readonly<Record<string, string>>,
  body: object,
): Promise<[reply: Response, seen: WireServer["requests"][number] | undefined]> => {
  provider.script({ json: completion({ content: "ok" }) });
  const reply = await fetch(`${server.origin}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  expect(reply.status).toBe(200);
  await reply.text();
  return [reply, provider.requests.at(-1)];
};

test.each([
  ["an agent", "/api/agents/asked/generate", { messages: "hi" }],
  ["an agent in a workflow", "/api/workflows/w/start-async", { inputData: 1 }],
  ["an agent in a route of the app's own", "/own", {}],
])("%s passes it on", async (_what, path, body) => {
  const [reply, seen] = await ask(path, { traceparent: TRACEPARENT, tracestate: "a=1,b=2" }, body);
  const own = reply.headers.get("traceparent");
  expect(own).toMatch(new RegExp(`^00-${TRACE}-(?!b7ad6b7169203331)[\\da-f]{16}-01$`));
  expect(seen?.headers).toMatchObject({ traceparent: own, tracestate: "a=1,b=2", "x-own": "1" });
});

test.each<[string, Readonly<Record<string, string>>]>([
  ["none", {}],
  ["one that is none", { traceparent: "00-0-1-01", tracestate: "a=1" }],
])("of %s nothing is passed on", async (_what, headers) => {
  const [, seen] = await ask("/api/agents/asked/generate", headers, { messages: "hi" });
  expect(Object.keys(seen?.headers ?? {}).filter((name) => name.startsWith("trace"))).toEqual([]);
});
