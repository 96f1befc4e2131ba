/**
 * Started with --expose-gc as a process of its own: makes many runs of every kind and writes what the heap holds, as one line of JSON.
 *
 * The suspended runs live in the bounded in-memory store. Its limit is chosen so that the warm-up fills it: the baseline has
 * a full store in it, and every later suspended run has to drive an older one out. `FERMATA_HEAP_STORE` keeps the runs in that SQLite store instead.
 */
import { getEventListeners } from "node:events";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { createRoutes, type MountedRoute } from "../../src/server/server.ts";
import { MemorySuspensionStore } from "../../src/storage/memory-suspension-store.ts";
import { SqliteStore } from "../../src/storage/sqlite/sqlite-store.ts";
import { createTool } from "../../src/tools/tool.ts";
import { lastText, partModel, toolCallParts } from "./part-model.ts";
import { textParts } from "./scripted-model.ts";

export interface HeapReport {
  readonly runs: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly stored: number;
  /** Bytes after the warm-up, after half of the runs, after all. */
  readonly heap: readonly [number, number, number];
  readonly timers: number;
  readonly listeners: number;
}

const { FERMATA_HEAP_STORE: url, FERMATA_HEAP_RUNS: given } = process.env;
const RUNS = Number(given ?? 20_000);
const WARM = RUNS / 5;
/** Turns that are kept are written together. */
const AT_ONCE = url === undefined ? 1 : 20;
const STORED = WARM / 20;

const LONG = Array.from({ length: 200 }, (_, index) => `word ${index} `);
const ANSWER = textParts("hello ", "world");
const LONG_ANSWER = textParts(...LONG);

const model = partModel(({ prompt }) => {
  if (prompt.at(-1)?.role === "tool") return ANSWER;
  const text = lastText(prompt);
  if (text === "long") return LONG_ANSWER;
  return text.startsWith("tool:") ? toolCallParts(text.slice("tool:".length), { prompt: "hi" }) : ANSWER;
});
const works = createTool({ id: "works", description: "Works", execute: () => ({ done: true }) });
const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: () => "done" });
const helper = new Agent({ id: "helper", name: "Helper", instructions: "Help.", model });
const agent = new Agent({
  id: "a",
  name: "A",
  instructions: "Be brief.",
  model,
  tools: { works, guarded },
  agents: { helper },
  onDisconnect: "cancel", // a turn that waits for its reader is not over
});
const suspensions = new MemorySuspensionStore({ maxRuns: STORED });
const storage = url === undefined ? undefined : new SqliteStore({ url });
const mastra = new Mastra({ logger: false, agents: { a: agent }, ...(storage ? { storage } : { suspensions }) });
const routes = new Map(createRoutes({ mastra }).map((route) => [route.id, route]));

/** A signal that outlives all runs, as that of an app would: what listens to it after a run has leaked. */
const { signal } = new AbortController();
const counts: Record<string, number> = {};

async function call(id: string, messages: string): Promise<Response> {
  const route = routes.get(id) as MountedRoute; // the ids are those of the contract
  const request = new Request("http://localhost/", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages }),
  });
  return route.handle({ request, params: { agentId: "a" }, query: {} });
}

/** Of 20 runs: one aborted, one suspended, one not read to its end; the others are all kinds of ordinary ones. */
async function run(index: number): Promise<string> {
  const turn = Math.floor(index / 20);
  switch (index % 20) {
    case 0:
      return turn % 2 === 0 ? abortedInProcess() : abortedByReader();
    case 1:
      await (turn % 2 === 0 ? agent.generate("tool:guarded", { abortSignal: signal }) : call("agents.generate", "tool:guarded"));
      return "suspended";
    case 2:
      return turn % 2 === 0 ? neverRead() : leftAlone();
    case 3:
      await agent.generate("tool:works", { abortSignal: signal });
      return "tool";
    case 4:
      await agent.generate("tool:agent-helper", { abortSignal: signal });
      return "nested";
    case 5:
      await agent.generate("hi", {
        abortSignal: signal,
        modelSettings: { timeout: { totalMs: 600_000, stepMs: 600_000, firstChunkMs: 600_000 } },
      });
      return "timed";
    case 6:
      await (await call("agents.stream", "tool:works")).text();
      return "streamed";
    default:
      await (index % 2 === 0
        ? call("agents.generate", "hi")
        : (await agent.open("hi", { abortSignal: signal }, "stream")).start({ push: () => undefined }));
      return "plain";
  }
}

async function abortedInProcess(): Promise<string> {
  const controller = new AbortController();
  const stream = await agent.stream("long", { abortSignal: AbortSignal.any([controller.signal, signal]) });
  for await (const chunk of stream.fullStream) if (chunk.type === "text-delta") controller.abort();
  return "aborted";
}

async function abortedByReader(): Promise<string> {
  const reader = (await call("agents.stream", "long")).body!.getReader();
  await reader.read();
  await reader.cancel();
  return "aborted";
}

/** Nobody ever looks: the run does not begin. */
async function neverRead(): Promise<string> {
  await agent.stream("long", { abortSignal: signal });
  return "never read";
}

/** Somebody looks once and goes away without a word: the run waits for a reader that nobody can be any more. */
async function leftAlone(): Promise<string> {
  const stream = await agent.stream("long");
  await stream.fullStream.getReader().read();
  return "never read";
}

async function runMany(from: number, to: number): Promise<void> {
  for (let index = from; index < to; index += AT_ONCE) {
    const kinds = await Promise.all(Array.from({ length: Math.min(AT_ONCE, to - index) }, (_, i) => run(index + i)));
    for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  }
}

/** The heap once nothing more can be collected: finalizers and weak references need several turns. */
async function settledHeap(): Promise<number> {
  for (let turn = 0; turn < 6; turn++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return process.memoryUsage().heapUsed;
}

await runMany(0, WARM);
for (const kind of Object.keys(counts)) delete counts[kind];
const warm = await settledHeap();
await runMany(0, RUNS / 2);
const half = await settledHeap();
await runMany(RUNS / 2, RUNS);
const end = await settledHeap();
const report: HeapReport = {
  runs: RUNS,
  counts,
  stored: (await suspensions.list({ agentId: "a" }, 0, 1)).total,
  heap: [warm, half, end],
  timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
  listeners: getEventListeners(signal, "abort").length,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
