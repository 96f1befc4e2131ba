/** What storing costs: `node packages/fermata/test/storage/measure.ts`. Prints a line per store; nothing is asserted. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { LOCAL_PRINCIPAL } from "../../src/context/principal.ts";
import { MemoryStore } from "../../src/storage/index.ts";
import { PostgresStore } from "../../src/storage/postgres/index.ts";
import { SqliteStore } from "../../src/storage/sqlite/index.ts";
import { SYSTEM, type Store } from "../../src/storage/store.ts";
import { startPostgres } from "../support/postgres.ts";

const PARALLEL = 64;
const content = { format: 2, parts: [{ type: "text", text: "x".repeat(400) }] };

export interface Measured {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  readonly loopP99Ms: number;
}

async function measured(label: string, times: number, task: (i: number) => Promise<unknown>): Promise<string> {
  const { perSecond, cpuMicroseconds, loopP99Ms } = await measure(times, task);
  return `${label} ${Math.round(perSecond)}/s, ${Math.round(cpuMicroseconds)} us CPU, loop p99 ${loopP99Ms.toFixed(1)} ms`;
}

/** Runs `task` so many times, 64 at once, and says what one cost. */
export async function measure(times: number, task: (i: number) => Promise<unknown>): Promise<Measured> {
  const delay = monitorEventLoopDelay({ resolution: 2 });
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  delay.enable();
  let next = 0;
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      while (next < times) await task(next++);
    }),
  );
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1_000;
  return { perSecond: times / seconds, cpuMicroseconds: (user + system) / times, loopP99Ms: delay.percentile(99) / 1e6 };
}

/** Resolves to a line per action. */
export async function measureStore(store: Store, times: number): Promise<string[]> {
  const { threads, messages, runs } = store.for(LOCAL_PRINCIPAL);
  const { work } = store.for(SYSTEM);
  for (let i = 0; i < PARALLEL; i += 1) await threads.create({ id: `t${i}`, resourceId: "r" });
  const pair = (i: number): Parameters<typeof messages.save>[1] => [
    { id: `u${i}`, role: "user", content },
    { id: `a${i}`, role: "assistant", content },
  ];
  const turn = async (i: number): Promise<void> => {
    await messages.recent(`t${i % PARALLEL}`, 20);
    await messages.save(`t${i % PARALLEL}`, pair(times + i));
  };
  await work.heartbeat("w", 60_000);
  const { lease } = await runs.create({ id: "r", kind: "agent", name: "a", workerId: "w" });
  if (!lease) throw new Error("The run was not started.");
  for (let i = 0; i < 200; i += 1) await turn(3 * times + i);
  return [
    await measured("save 2 messages:", times, (i) => messages.save(`t${i % PARALLEL}`, pair(i))),
    await measured("read 20 messages:", times, (i) => messages.recent(`t${i % PARALLEL}`, 20)),
    await measured("read 20, save 2:", times, turn),
    await measured("append 1 event:", times, (i) =>
      work.append([{ lease, events: [{ seq: i + 1, type: "text-delta", data: { text: "word " } }] }]),
    ),
  ];
}

if (import.meta.main) {
  const folder = mkdtempSync(join(tmpdir(), "fermata-measure-"));
  const server = await startPostgres({ durable: true });
  const stores: [string, Store, number][] = [
    ["memory", new MemoryStore({ maxChars: 512 * 1024 * 1024 }), 10_000],
    ["SQLite, file", new SqliteStore({ url: `file:${join(folder, "data.db")}` }), 10_000],
    ["PostgreSQL, fsync on", new PostgresStore({ connectionString: await server.createDatabase() }), 5_000],
  ];
  for (const [name, store, times] of stores) {
    console.log(`# ${name}\n${(await measureStore(store, times)).join("\n")}`);
    await store.close();
  }
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
