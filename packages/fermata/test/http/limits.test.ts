import { describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra, type MastraConfig, type ServerConfig } from "../../src/mastra.ts";
import type { LimitsConfig } from "../../src/mastra/edge-config.ts";
import { Memory } from "../../src/memory/memory.ts";
import { MemoryStore } from "../../src/storage/index.ts";
import { z } from "zod";
import { createTool } from "../../src/tools/tool.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import { partModel, textModel, toolCallParts, type Part } from "../support/part-model.ts";
import { textParts } from "../support/scripted-model.ts";
import { startServe, type TestServer } from "../support/test-server.ts";

const POST = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});

/** The parts with this usage in place of theirs. */
function using(parts: readonly Part[], input: number, output: number): Part[] {
  const usage = {
    inputTokens: { total: input, noCache: input, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: output, text: output, reasoning: undefined },
  };
  return parts.map((part) => (part.type === "finish" ? { ...part, usage } : part));
}

/** Calls its tool for ever, at 60 + 40 tokens a call. */
function restless(id = "restless"): Agent {
  const again = createTool({ id: "again", description: "Again", execute: () => "again" });
  const model = partModel((_options, call) => using(toolCallParts("again", {}, `call-${call}`), 60, 40));
  return new Agent({ id, name: id, instructions: "", model, tools: { again }, memory: new Memory(), defaultOptions: { maxSteps: 50 } });
}

function app(limits: LimitsConfig, more: Partial<MastraConfig> = {}, server: ServerConfig = {}): Mastra {
  return new Mastra({
    logger: false,
    agents: {
      a: new Agent({ id: "a", name: "A", instructions: "", model: textModel("ok") }),
      b: new Agent({ id: "b", name: "B", instructions: "", model: textModel("ok") }),
      restless: restless(),
    },
    server: { handleShutdownSignals: false, drainTimeout: 100, limits, ...server },
    ...more,
  });
}

const start = (limits: LimitsConfig, more?: Partial<MastraConfig>): Promise<TestServer> => startServe(app(limits, more));

const statuses = async (count: number, ask: (i: number) => Promise<Response>): Promise<Record<number, number>> => {
  const found: Record<number, number> = {};
  for (const response of await Promise.all(Array.from({ length: count }, (_, i) => ask(i)))) {
    await response.text();
    found[response.status] = (found[response.status] ?? 0) + 1;
  }
  return found;
};

describe("requests in a window", () => {
  test("tell where the caller stands, and are refused when they are used up", async () => {
    await using server = await start({ policies: [{ name: "calls", requests: 2, window: "1h" }] });
    const heads: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const response = await fetch(`${server.api}/agents`);
      heads.push([response.status, response.headers.get("ratelimit-policy"), response.headers.get("ratelimit")]);
    }
    expect(heads).toEqual([
      [200, `"calls";q=2;w=3600`, `"calls";r=1;t=3600`],
      [200, `"calls";q=2;w=3600`, `"calls";r=0;t=3600`],
      [429, `"calls";q=2;w=3600`, `"calls";r=0;t=3600`],
    ]);
    const refused = await fetch(`${server.api}/agents`);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(3_590);
    expect(await refused.json()).toMatchObject({
      code: "RATE_LIMITED",
      details: { policy: "calls", limit: 2, unit: "requests" },
    });
  });

  test("come back with the next window", async () => {
    await using server = await start({ policies: [{ name: "calls", requests: 1, window: 1 }] });
    for (let i = 0; i < 3; i++) {
      // A window of a millisecond is over when the reply has arrived, or shortly afterwards.
      await expect.poll(async () => (await fetch(`${server.api}/agents`)).status).toBe(200);
    }
  });

  test("are counted for the routes and agents that a policy names", async () => {
    await using server = await start({
      policies: [
        { name: "execute", requests: 1, window: "1h", routes: "agents:execute" },
        { name: "one", requests: 1, window: "1h", routes: ["tools.list"] },
        { name: "a-alone", requests: 0 + 1, window: "1h", agents: "a", routes: "agents:read" },
      ],
    });
    const status = async (path: string, init?: RequestInit): Promise<number> => (await fetch(`${server.api}${path}`, init)).status;
    expect([
      await status("/agents/a/generate", POST({ messages: "x" })),
      await status("/agents/b/generate", POST({ messages: "x" })),
    ]).toEqual([200, 429]);
    expect([await status("/tools"), await status("/tools")]).toEqual([200, 429]);
    expect([await status("/agents/a"), await status("/agents/a"), await status("/agents/b"), await status("/agents/b")]).toEqual([
      200, 429, 200, 200,
    ]);
  });

  test("are counted by whatever the app says", async () => {
    const per = ({ request }: { request: Request }): string => request.headers.get("x-key") ?? "";
    await using server = await start({ policies: [{ name: "keys", requests: 1, window: "1h", per }] });
    const status = async (key: string): Promise<number> => (await fetch(`${server.api}/agents`, { headers: { "x-key": key } })).status;
    expect([
      await status("one"),
      await status("two"),
      await status("one"),
      await status("x".repeat(4_000)),
      await status("x".repeat(4_001)),
    ]).toEqual([200, 200, 429, 200, 200]);
  });

  test("of an address are counted before anything is read", async () => {
    await using server = await start({ policies: [{ name: "door", per: "address", requests: 1, window: "1h" }] });
    const bad = POST({ messages: 7 });
    expect((await fetch(`${server.api}/agents/a/generate`, bad)).status).toBe(400);
    expect((await fetch(`${server.api}/agents/a/generate`, bad)).status).toBe(429);
  });
});

test("a count that two servers share is exact", async () => {
  const storage = new MemoryStore();
  const limits: LimitsConfig = { policies: [{ name: "calls", requests: 150, window: "1h" }] };
  await using one = await start(limits, { storage });
  await using two = await start(limits, { storage });
  const found = await statuses(400, (i) => fetch(`${(i % 2 === 0 ? one : two).api}/agents`));
  expect(found).toEqual({ 200: 150, 429: 250 });
});

describe("runs at the same time", () => {
  let release: (() => void)[] = [];
  const waiting = (): Agent =>
    new Agent({
      id: "w",
      name: "W",
      instructions: "",
      model: partModel(async () => {
        await new Promise<void>((resolve) => release.push(resolve));
        return textParts("late");
      }),
    });
  const generate = (server: TestServer, kind = "generate"): Promise<Response> =>
    fetch(`${server.api}/agents/w/${kind}`, POST({ messages: "x" }));

  test.each(["generate", "stream"])("of a caller are refused above the limit until one of them has ended: %s", async (kind) => {
    release = [];
    await using server = await start({ policies: [{ name: "runs", concurrentRuns: 2 }] }, { agents: { w: waiting() } });
    const first = [generate(server, kind), generate(server, kind)].map(async (reply) => (await reply).text());
    await expect.poll(() => release.length).toBe(2);
    const refused = await generate(server, kind);
    expect([refused.status, refused.headers.get("ratelimit-policy"), await refused.json()]).toMatchObject([
      429,
      `"runs";q=2;qu="concurrent-requests"`,
      { code: "RATE_LIMITED" },
    ]);
    expect((await fetch(`${server.api}/agents`)).status).toBe(200);
    release[0]?.();
    await Promise.race(first);
    const next = generate(server, kind);
    await expect.poll(() => release.length).toBe(3);
    for (const go of release) go();
    expect((await next).status).toBe(200);
    await Promise.all(first);
  });

  test("of the process are 503 above the limit, and say when to come again", async () => {
    release = [];
    await using server = await start({ concurrentRuns: 1 }, { agents: { w: waiting() } });
    const first = generate(server);
    await expect.poll(() => release.length).toBe(1);
    const refused = await generate(server);
    expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toMatchObject([503, "1", { code: "UNAVAILABLE" }]);
    release[0]?.();
    expect((await first).status).toBe(200);
  });

  test("that fail give their place back", async () => {
    await using server = await start({ concurrentRuns: 1, policies: [{ name: "runs", concurrentRuns: 1 }] });
    for (let i = 0; i < 3; i++) {
      expect((await fetch(`${server.api}/agents/nobody/generate`, POST({ messages: "x" }))).status).toBe(404);
      expect((await fetch(`${server.api}/agents/nobody/stream`, POST({ messages: "x" }))).status).toBe(404);
    }
  });
});

describe("what a run may spend", () => {
  const generate = async (
    server: TestServer,
    body: object = {},
    agent = "restless",
  ): Promise<[number, { code?: string; details?: unknown; error?: string }]> => {
    const response = await fetch(`${server.api}/agents/${agent}/generate`, POST({ messages: "x", ...body }));
    return [response.status, (await response.json()) as { code?: string }];
  };

  test("ends it: the model is not asked again when the tokens are used up", async () => {
    await using server = await start({ policies: [{ name: "run", per: "run", tokens: 250 }] });
    expect(await generate(server)).toMatchObject([
      422,
      {
        code: "BUDGET_EXCEEDED",
        error: `Budget "run" of the run: 250 tokens are used up.`,
        details: { policy: "run", limit: 250, used: 300, unit: "tokens" },
      },
    ]);
    // The next run has a budget of its own.
    expect(await generate(server)).toMatchObject([422, { details: { used: 300 } }]);
  });

  test("is told in a stream by an error and an end", async () => {
    await using server = await start({ policies: [{ name: "run", per: "run", tokens: 250 }] });
    const response = await fetch(`${server.api}/agents/restless/stream`, POST({ messages: "x" }));
    const chunks = (await response.text())
      .split("\n\n")
      .filter((frame) => frame.startsWith("data: {"))
      .map((frame) => JSON.parse(frame.slice(6)) as { type: string; payload: object });
    expect(chunks.filter(({ type }) => type === "tool-result")).toHaveLength(3);
    expect(chunks.find(({ type }) => type === "error")).toMatchObject({ payload: { error: { code: "BUDGET_EXCEEDED" } } });
    expect(chunks.at(-1)).toMatchObject({ type: "finish", payload: { stepResult: { reason: "error" } } });
  });

  test("can be money, by the app's own prices", async () => {
    await using server = await start({
      price: ({ inputTokens, outputTokens }) => inputTokens * 0.001 + outputTokens * 0.01,
      policies: [{ name: "spend", per: "run", money: 1 }],
    });
    expect(await generate(server)).toMatchObject([422, { details: { limit: 1, used: 1.38, unit: "money" } }]);
  });

  test("is shared by all runs of a thread", async () => {
    await using server = await start({ policies: [{ name: "thread", per: "thread", tokens: 150, window: "1d" }] });
    const on = (thread: string): object => ({ memory: { thread, resource: "r" } });
    expect(await generate(server, on("t1"))).toMatchObject([422, { details: { used: 200 } }]);
    expect(await generate(server, on("t1"))).toMatchObject([422, { details: { used: 200 } }]);
    expect(await generate(server, on("t2"))).toMatchObject([422, { details: { used: 200 } }]);
  });

  test("of a caller closes the door when it is used up", async () => {
    await using server = await start({ policies: [{ name: "tokens", tokens: 150, window: "1h" }] });
    expect(await generate(server)).toMatchObject([422, { code: "BUDGET_EXCEEDED" }]);
    const refused = await fetch(`${server.api}/agents/a/generate`, POST({ messages: "x" }));
    expect([refused.status, refused.headers.get("ratelimit-policy"), refused.headers.get("ratelimit")]).toEqual([
      429,
      `"tokens";q=150;qu="tokens";w=3600`,
      `"tokens";r=0;t=3600`,
    ]);
    expect((await fetch(`${server.api}/agents`)).status).toBe(200);
  });

  test("counts for agents that others hand their work to", async () => {
    const chief = new Agent({
      id: "chief",
      name: "Chief",
      instructions: "",
      agents: { restless: restless() },
      model: partModel(({ prompt }) =>
        prompt.at(-1)?.role === "tool" ? textParts("done") : using(toolCallParts("agent-restless", { prompt: "x" }), 1, 1),
      ),
    });
    await using server = await start({ policies: [{ name: "run", per: "run", tokens: 150 }] }, { agents: { chief } });
    expect(await generate(server, {}, "chief")).toMatchObject([422, { details: { used: 202 } }]);
  });
});

test("what agents in the steps of a workflow spend counts for the request that started it", async () => {
  const step = createStep({
    id: "ask",
    inputSchema: z.object({}),
    outputSchema: z.object({ text: z.string() }),
    execute: async ({ mastra, requestContext }) => ({
      text: (await mastra.getAgentById("restless").generate("x", { requestContext })).text,
    }),
  });
  const shape = { inputSchema: z.object({}), outputSchema: z.object({ text: z.string() }) };
  const flow = createWorkflow({ id: "flow", ...shape })
    .then(step)
    .commit();
  await using server = await start({ policies: [{ name: "tokens", tokens: 150, window: "1h" }] }, { workflows: { flow } });
  const ended = await fetch(`${server.api}/workflows/flow/start-async`, POST({ inputData: {} }));
  expect(await ended.json()).toMatchObject({ status: "failed" });
  expect((await fetch(`${server.api}/agents/a/generate`, POST({ messages: "x" }))).status).toBe(429);
});

describe("a policy that cannot be", () => {
  test.each<[string, LimitsConfig]>([
    ["without a limit", { policies: [{ name: "x" }] }],
    ["with two limits", { policies: [{ name: "x", requests: 1, tokens: 1 }] }],
    ["of nothing", { policies: [{ name: "x", requests: 0 }] }],
    ["of half a request", { policies: [{ name: "x", requests: 0.5 }] }],
    ["about money without prices", { policies: [{ name: "x", money: 1 }] }],
    ["with an unusable name", { policies: [{ name: `a"b`, requests: 1 }] }],
    [
      "with the name of another",
      {
        policies: [
          { name: "x", requests: 1 },
          { name: "x", tokens: 1 },
        ],
      },
    ],
    ["with an unusable window", { policies: [{ name: "x", requests: 1, window: "soon" }] }],
    ["about requests of a run", { policies: [{ name: "x", per: "run", requests: 1 }] }],
  ])("%s is refused at the start", async (_name, limits) => {
    await expect(startServe(new Mastra({ logger: false, server: { handleShutdownSignals: false, limits } }))).rejects.toMatchObject({
      code: "MISCONFIGURED",
    });
  });
});
