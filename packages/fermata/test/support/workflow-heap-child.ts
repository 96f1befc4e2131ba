/**
 * Started with --expose-gc as a process of its own: many runs of workflows, some of which wait, are cancelled or never read; writes what the heap
 * holds. `FERMATA_HEAP_RUNS` says how many.
 */
import { createStep, createWorkflow } from "../../src/workflows/index.ts";

export interface WorkflowHeapReport {
  readonly runs: number;
  /** Bytes after the warm-up, after half of the runs, after all. */
  readonly heap: readonly [number, number, number];
  readonly live: number;
  readonly timers: number;
}

const WARM = 1_500;
const RUNS = Number(process.env["FERMATA_HEAP_RUNS"] ?? 5_000);

const wait = createStep({
  id: "wait",
  execute: async ({ getInitData, abortSignal, suspend, resumeData }) => {
    const kind = getInitData<number>() % 20;
    if (kind === 0 && resumeData === undefined) return suspend({ at: "x".repeat(200) });
    if (kind !== 1) return kind;
    return new Promise((_, reject) => abortSignal.addEventListener("abort", () => reject(abortSignal.reason as Error)));
  },
});
const other = createStep({ id: "other", execute: async () => ({ text: "y".repeat(200) }) });
const workflow = createWorkflow({ id: "w" })
  .then(other)
  .parallel([wait, createWorkflow({ id: "inner" }).then(other).commit()])
  .commit();

async function one(n: number): Promise<void> {
  const run = await workflow.createRun();
  if (n % 20 === 1) {
    const ended = run.start({ inputData: n });
    await run.cancel();
    await ended;
  } else if (n % 20 === 2) {
    const reader = run.stream({ inputData: n }).fullStream.getReader();
    await reader.read();
    await reader.cancel();
  } else await run.start({ inputData: n });
}

async function measure(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

async function runs(count: number): Promise<void> {
  for (let n = 0; n < count; n += 10) await Promise.all(Array.from({ length: 10 }, (_, i) => one(n + i)));
}

await runs(WARM);
const warm = await measure();
await runs(RUNS / 2);
const half = await measure();
await runs(RUNS / 2);
const report: WorkflowHeapReport = {
  runs: RUNS,
  heap: [warm, half, await measure()],
  live: workflow.host.worker.liveCount,
  timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
};
process.stdout.write(JSON.stringify(report));
