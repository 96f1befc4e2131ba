/** Memory over HTTP: turns that remember, and the routes of `wire.md` section 9. */
import { expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { Memory } from "../../src/memory/memory.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { startHono } from "../support/test-server.ts";
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
