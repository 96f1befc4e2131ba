import { afterEach, expect, test } from "vitest";
import { Agent } from "../../src/agents/index.ts";
import { Mastra } from "../../src/mastra.ts";
import { createTool } from "../../src/tools/index.ts";
import { serve, type RunningServer } from "../../src/serve.ts";

let server: RunningServer | undefined;
afterEach(() => server?.close());

let calls = 0;
const model = {
  specificationVersion: "v2" as const,
  provider: "test",
  modelId: "counting",
  supportedUrls: {},
  async doGenerate() {
    calls++;
    return {
      content: [{ type: "text" as const, text: "{}" }],
      finishReason: "stop" as const,
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      warnings: [],
    };
  },
  async doStream(): Promise<never> {
    throw new Error("not asked");
  },
};

async function start(): Promise<string> {
  const fine = new Agent({ id: "fine", name: "Fine", instructions: "Be.", model });
  const broken = new Agent({
    id: "broken",
    name: "Broken",
    instructions: "Be.",
    model,
    tools: () => {
      throw new Error("no tools today");
    },
  });
  server = await serve(new Mastra({ logger: false, agents: { fine, broken } }), { port: 0, host: "127.0.0.1" });
  return server.url;
}

test("an agent whose tools cannot be had is listed without them, beside the others", async () => {
  const url = await start();
  const agents = (await (await fetch(`${url}/api/agents`)).json()) as Record<string, { tools: unknown }>;
  expect({ names: Object.keys(agents), tools: agents.broken?.tools }).toEqual({ names: ["fine", "broken"], tools: {} });
});

test("the tools of other agents are listed although one agent's cannot be had", async () => {
  const url = await start();
  expect((await fetch(`${url}/api/tools`)).status).toBe(200);
});

test("a run cannot take the id of one that waits, not even another agent's", async () => {
  const waiting = createTool({ id: "send", description: "Send", requireApproval: true, execute: () => "sent" });
  const asks = {
    ...model,
    doGenerate: async () => ({
      ...(await model.doGenerate()),
      content: [{ type: "tool-call" as const, toolCallId: "c", toolName: "send", input: "{}" }],
    }),
  };
  const first = new Agent({ id: "first", name: "First", instructions: "Be.", model: asks, tools: { send: waiting } });
  const second = new Agent({ id: "second", name: "Second", instructions: "Be.", model });
  server = await serve(new Mastra({ logger: false, agents: { first, second } }), { port: 0, host: "127.0.0.1" });
  const { url } = server;
  const run = (agent: string): Promise<Response> =>
    fetch(`${url}/api/agents/${agent}/generate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messages: "hi", runId: "mine" }),
    });
  const statuses = [(await run("first")).status, (await run("second")).status, (await run("first")).status];
  expect(statuses).toEqual([200, 409, 409]);
});

test("a JSON Schema that nothing can be checked against is refused before the model is asked", async () => {
  const url = await start();
  calls = 0;
  const body = JSON.stringify({ messages: "hi", structuredOutput: { schema: { $ref: "#/nowhere" } } });
  const reply = await fetch(`${url}/api/agents/fine/generate`, { method: "POST", headers: { "content-type": "application/json" }, body });
  expect({ status: reply.status, calls }).toEqual({ status: 400, calls: 0 });
});
