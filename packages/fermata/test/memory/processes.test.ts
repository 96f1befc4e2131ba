/** Several servers on one database, each with a connection of its own: turns follow each other, notes are not lost, waiting runs go on anywhere. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { Agent, type AgentConfig } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { Memory, type MemorySettings } from "../../src/memory/memory.ts";
import { textOf } from "../../src/memory/message.ts";
import { SqliteStore } from "../../src/storage/sqlite/sqlite-store.ts";
import { createTool } from "../../src/tools/tool.ts";
import { lastText, partModel } from "../support/part-model.ts";
import { textParts } from "../support/scripted-model.ts";
import { callParts, turnModel } from "../support/turn-model.ts";

const THREAD = { thread: "t", resource: "r" };

let folder = "";
let stores: SqliteStore[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fermata-memory-"));
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Server {
  readonly agent: Agent;
  readonly memory: Memory;
}

function server(config: Partial<AgentConfig>, options: MemorySettings["options"] = {}): Server {
  const storage = new SqliteStore({ url: `file:${join(folder, "data.db")}` });
  stores.push(storage);
  const memory = new Memory({ options });
  const agent = new Agent({
    id: "a",
    name: "A",
    instructions: "",
    model: partModel(({ prompt }) => textParts(`re: ${lastText(prompt)}`)),
    memory,
    ...config,
  });
  return { agent: new Mastra({ logger: false, agents: { agent }, storage }).getAgent("agent"), memory };
}

test("50 turns at once on one thread, over two servers, follow each other", async () => {
  const [one, two] = [server({}), server({})];
  await Promise.all(
    Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? one : two).agent.generate(`q${index}`, { memory: THREAD })),
  );
  const { messages } = await one.memory.recall({ threadId: "t", perPage: false });
  const lines = messages.map(({ role, content }) => `${role}: ${textOf(content)}`);
  expect(lines).toHaveLength(100);
  for (let index = 0; index < 100; index += 2) expect(lines[index + 1]).toBe(`assistant: re: ${lines[index]?.slice("user: ".length)}`);
}, 30_000);

test("a turn is refused with the id of the run that another server has under way", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const one = server({ model: turnModel(() => (onAsked(), promise)) });
  const two = server({}, { turns: "reject" });
  const first = one.agent.generate("one", { memory: THREAD, runId: "first" });
  await asked;
  await expect(two.agent.generate("two", { memory: THREAD })).rejects.toMatchObject({ code: "CONFLICT", details: { runId: "first" } });
  resolve("done");
  await first;
});

test.each(["resource", "thread"] as const)("working memory of a %s loses no key to writers on two servers", async (scope) => {
  const schema = z.object(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, z.number()])));
  const options = { workingMemory: { enabled: true, schema, scope } };
  const [one, two] = [server({}, options), server({}, options)];
  await one.memory.createThread({ threadId: "t", resourceId: "r" });
  const owner = { threadId: "t", resourceId: "r" };
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? one : two).memory.updateWorkingMemory({ ...owner, workingMemory: { [`k${index}`]: index } }),
    ),
  );
  const text = await one.memory.getWorkingMemory(owner);
  expect(JSON.parse(text ?? "{}")).toEqual(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, index])));
});

test("a run that waits goes on where another server has started", async () => {
  const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: () => "done" });
  const one = server({ tools: { guarded }, model: turnModel(callParts(["guarded"])) });
  const { runId } = await one.agent.generate("Do it", { memory: THREAD });
  const two = server({ tools: { guarded }, model: turnModel("All done.") });
  expect((await two.agent.approveToolCallGenerate({ runId })).text).toBe("All done.");
  const { messages } = await two.memory.recall({ threadId: "t" });
  expect(messages.map(({ role, content }) => [role, content.metadata?.status])).toEqual([
    ["user", undefined],
    ["assistant", "completed"],
  ]);
});
