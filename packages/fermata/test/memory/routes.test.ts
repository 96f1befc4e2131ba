/** Memory over HTTP: turns that remember, and the routes of `wire.md` section 9. */
import { describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import type { Processor } from "../../src/agents/processors.ts";
import { Mastra } from "../../src/mastra.ts";
import { Memory } from "../../src/memory/memory.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { startHono, startServe, type TestServer } from "../support/test-server.ts";
import { turnModel } from "../support/turn-model.ts";

export function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

test("two turns on one thread remember each other", async () => {
  const model = turnModel("Hello Ada.", "You are Ada.");
  const agent = new Agent({ id: "a", name: "A", instructions: "", model, memory: new Memory() });
  await using server = await startHono(new Mastra({ logger: false, agents: { agent }, storage: new MemoryStore() }));
  const turn = (messages: string): Promise<Response> =>
    post(`${server.api}/agents/a/generate`, { messages, memory: { thread: "t", resource: "r" } });
  await turn("I am Ada.");
  const second = (await (await turn("Who am I?")).json()) as { text: string; rememberedMessages: unknown[] };
  expect(
    model.calls[1]?.prompt.map(({ role, content }) => [
      role,
      typeof content === "string" ? content : content.map((part) => ("text" in part ? part.text : part.type)).join(),
    ]),
  ).toEqual([
    ["user", "I am Ada."],
    ["assistant", "Hello Ada."],
    ["user", "Who am I?"],
  ]);
  expect(second.rememberedMessages).toHaveLength(2);
  const list = (await (await fetch(`${server.api}/memory/threads/t/messages?agentId=a`)).json()) as {
    messages: { role: string; content: { content: string } }[];
    total: number;
  };
  expect(list.messages.map(({ role, content }) => `${role}: ${content.content}`)).toEqual([
    "user: I am Ada.",
    "assistant: Hello Ada.",
    "user: Who am I?",
    "assistant: You are Ada.",
  ]);
});

test("a thread is created, listed and shown", async () => {
  const agent = new Agent({ id: "a", name: "A", instructions: "", model: turnModel(), memory: new Memory() });
  await using server = await startHono(new Mastra({ logger: false, agents: { agent }, storage: new MemoryStore() }));
  const created = await post(`${server.api}/memory/threads?agentId=a`, {
    resourceId: "r",
    threadId: "t",
    title: "T",
    metadata: { color: "red" },
  });
  expect(created.status).toBe(200);
  expect(await created.json()).toMatchObject({ id: "t", title: "T", resourceId: "r", metadata: { color: "red" } });
  const list = await fetch(`${server.api}/memory/threads?resourceId=r`);
  expect(await list.json()).toMatchObject({ threads: [{ id: "t" }], total: 1, page: 0, perPage: 100, hasMore: false });
});

describe("lists", () => {
  async function filled(): Promise<{ server: TestServer; get: (path: string) => Promise<unknown> } & AsyncDisposable> {
    const memory = new Memory();
    const agent = new Agent({ id: "a", name: "A", instructions: "", model: turnModel(), memory });
    const server = await startHono(new Mastra({ logger: false, agents: { agent }, storage: new MemoryStore() }));
    for (const [index, color] of ["red", "blue", "red"].entries())
      await memory.createThread({ threadId: `t${index}`, resourceId: "r", metadata: { color, size: index } });
    const message = (index: number, role: string): object => ({
      id: `m${index}`,
      role,
      content: { format: 2, parts: [{ type: "text", text: `text ${index}` }], metadata: { topic: index % 2 === 0 ? "tea" : "cats" } },
      createdAt: new Date(Date.UTC(2025, 0, index + 1)).toISOString(),
      threadId: "t0",
      resourceId: "r",
    });
    await post(`${server.api}/memory/save-messages?agentId=a`, {
      messages: [0, 1, 2, 3, 4, 5].map((index) => message(index, index % 2 === 0 ? "user" : "assistant")),
    });
    return {
      server,
      get: async (path) => (await fetch(`${server.api}${path}`)).json(),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  }

  const ids = (list: unknown, name: "threads" | "messages"): string[] =>
    (list as Record<string, { id: string }[]>)[name]?.map(({ id }) => id) ?? [];

  test.each([
    ['/memory/threads?metadata={"color":"red"}&orderBy={"direction":"ASC"}', ["t0", "t2"]],
    ["/memory/threads?metadata[color]=blue", ["t1"]],
    ["/memory/threads?orderBy[field]=createdAt&orderBy[direction]=ASC&perPage=2", ["t0", "t1"]],
    ["/memory/threads?orderBy[direction]=ASC&perPage=2&page=1", ["t2"]],
    ["/memory/threads?resourceId=nobody", []],
  ])("threads of %s", async (path, expected) => {
    await using at = await filled();
    expect(ids(await at.get(path), "threads")).toEqual(expected);
  });

  test.each([
    ["", ["m0", "m1", "m2", "m3", "m4", "m5"]],
    ["?orderBy[direction]=DESC&perPage=2", ["m5", "m4"]],
    ['?filter={"roles":["assistant"]}', ["m1", "m3", "m5"]],
    ['?filter[roles]=["user"]', ["m0", "m2", "m4"]],
    ['?filter={"dateRange":{"start":"2025-01-03T00:00:00.000Z","end":"2025-01-04T00:00:00.000Z"}}', ["m2", "m3"]],
    ['?filter={"dateRange":{"start":"2025-01-03T00:00:00.000Z","startExclusive":true}}&perPage=1', ["m3"]],
    ['?filter={"metadata":{"topic":"cats"}}&perPage=1&page=1', ["m3"]],
    ['?perPage=1&include=[{"id":"m3","withPreviousMessages":1,"withNextMessages":1}]', ["m0", "m2", "m3", "m4"]],
  ])("messages with %s", async (query, expected) => {
    await using at = await filled();
    expect(ids(await at.get(`/memory/threads/t0/messages${query}`), "messages")).toEqual(expected);
  });

  test.each([
    "?perPage=false",
    "?perPage=0",
    "?page=-1",
    "?orderBy[field]=title",
    '?filter={"dateRange":{"start":"yesterday"}}',
    "?include=[1]",
  ])("%s is refused", async (query) => {
    await using at = await filled();
    expect((await fetch(`${at.server.api}/memory/threads/t0/messages${query}`)).status).toBe(400);
  });
});

describe("save-messages", () => {
  async function save(...messages: object[]): Promise<Response> {
    const memory = new Memory();
    const agent = new Agent({ id: "a", name: "A", instructions: "", model: turnModel(), memory });
    await using server = await startHono(new Mastra({ logger: false, agents: { agent }, storage: new MemoryStore() }));
    await memory.createThread({ threadId: "t", resourceId: "r" });
    const response = await post(`${server.api}/memory/save-messages?agentId=a`, { messages });
    return new Response(await response.text(), { status: response.status });
  }

  test("a text becomes content of the second format", async () => {
    expect(await (await save({ role: "user", content: "plain", threadId: "t", resourceId: "r", type: "text" })).json()).toMatchObject({
      messages: [
        {
          role: "user",
          threadId: "t",
          resourceId: "r",
          content: { format: 2, parts: [{ type: "text", text: "plain" }], content: "plain" },
        },
      ],
    });
  });

  test.each([
    ["without a thread", { role: "user", content: "x", resourceId: "r" }, 400],
    ["without a resource", { role: "user", content: "x", threadId: "t" }, 400],
    ["of an unknown role", { role: "nobody", content: "x", threadId: "t", resourceId: "r" }, 400],
    ["without content", { role: "user", threadId: "t", resourceId: "r" }, 400],
    ["with a date that is none", { role: "user", content: "x", createdAt: "soon", threadId: "t", resourceId: "r" }, 400],
    ["of an unknown thread", { role: "user", content: "x", threadId: "t2", resourceId: "r" }, 404],
    ["of somebody else's thread", { role: "user", content: "x", threadId: "t", resourceId: "other" }, 404],
  ])("a message %s is refused", async (_what, message, status) => {
    expect((await save(message)).status).toBe(status);
  });
});

test.each([
  ["lastMessages", { lastMessages: -1 }],
  ["turns", { turns: "sometimes" }],
  ["messageHistory", { messageHistory: { maxTokens: 0 } }],
  ["semanticRecall", { semanticRecall: { topK: 1e9 } }],
])("options of a request that cannot be meant are a 400 (%s)", async (_name, options) => {
  const agent = new Agent({ id: "a", name: "A", instructions: "", model: turnModel("never"), memory: new Memory() });
  await using server = await startHono(new Mastra({ logger: false, agents: { agent }, storage: new MemoryStore() }));
  const response = await post(`${server.api}/agents/a/generate`, { messages: "hi", memory: { thread: "t", resource: "r", options } });
  expect(response.status).toBe(400);
});

test("/ready asks the store", async () => {
  const storage = new MemoryStore();
  await using server = await startServe(new Mastra({ logger: false, storage }));
  expect((await fetch(`${server.origin}/ready`)).status).toBe(200);
  await storage.close();
  expect((await fetch(`${server.origin}/ready`)).status).toBe(503);
});

test("a stream on a busy thread is refused before it begins, with the running run's id", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const agent = new Agent({
    id: "a",
    name: "A",
    instructions: "",
    model: turnModel(() => (onAsked(), promise)),
    memory: new Memory({ options: { turns: "reject" } }),
  });
  await using server = await startHono(new Mastra({ logger: false, agents: { agent }, storage: new MemoryStore() }));
  const memory = { thread: "t", resource: "r" };
  const first = post(`${server.api}/agents/a/generate`, { messages: "one", memory, runId: "first" });
  await asked;
  const second = await post(`${server.api}/agents/a/stream`, { messages: "two", memory });
  expect([second.status, await second.json()]).toEqual([409, expect.objectContaining({ code: "CONFLICT", details: { runId: "first" } })]);
  resolve("done");
  expect((await first).status).toBe(200);
});

test("what an input processor refuses is not stored", async () => {
  const memory = new Memory({ storage: new MemoryStore() });
  const refuses = { id: "refuses", processInput: ({ abort }: { abort: (reason?: string) => never }) => abort("no") };
  const agent = new Agent({ id: "a", name: "A", instructions: "", model: turnModel("never"), memory, inputProcessors: [refuses] });
  await agent.generate("something bad", { memory: { thread: "t", resource: "r" } });
  expect((await memory.recall({ threadId: "t" })).messages).toEqual([]);
});

test("what an input processor changes is what is stored", async () => {
  const memory = new Memory({ storage: new MemoryStore() });
  const model = turnModel("ok");
  const hides: Processor = {
    id: "hides",
    processInput: ({ messages }) =>
      messages.map((message) => ({
        ...message,
        content: { ...message.content, content: "my number is ***", parts: [{ type: "text" as const, text: "my number is ***" }] },
      })),
  };
  const agent = new Agent({ id: "a", name: "A", instructions: "", model, memory, inputProcessors: [hides] });
  await agent.generate("my number is one-two-three", { memory: { thread: "t", resource: "r" } });
  expect(JSON.stringify((await memory.recall({ threadId: "t" })).messages)).not.toContain("one-two-three");
  expect(JSON.stringify(model.calls[0]?.prompt)).not.toContain("one-two-three");
});
