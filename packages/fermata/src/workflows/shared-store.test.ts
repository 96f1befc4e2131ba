/** The same runs over a store that keeps them as text: what one process began, another goes on with. */
import { expect, test } from "vitest";
import { z } from "zod";
import { LOCAL_PRINCIPAL } from "../context/principal.ts";
import { RunWorker } from "../runs/run-worker.ts";
import { ScopedRuns } from "../runs/scoped-runs.ts";
import { storeRunLog } from "../runs/store-run-log.ts";
import { reachOf } from "../storage/reach.ts";
import { MemoryStore } from "../storage/memory/memory-store.ts";
import { SYSTEM } from "../storage/store.ts";
import { silentLogger } from "../telemetry/logger.ts";
import type { WorkflowHost } from "./host.ts";
import { createStep, createWorkflow } from "./index.ts";
import { cancelRun, findRun, startRun, takeUpRuns } from "./operations.ts";
import { resumeRun } from "./resume.ts";
import { resultOf } from "./result.ts";
import { serveWorkflows } from "./serve-workflows.ts";
import type { WorkflowDefinition } from "./definition.ts";

/** A process of its own, as far as the store can tell. */
function processWith(store: MemoryStore, workflow: WorkflowDefinition): WorkflowHost {
  const logger = silentLogger();
  const mastra = { getAgent: never, getAgentById: never, findTool: () => undefined, getLogger: () => logger };
  const worker = new RunWorker(storeRunLog(store), logger);
  const host: WorkflowHost = {
    logger,
    mastra,
    worker,
    runs: new ScopedRuns(worker, reachOf(LOCAL_PRINCIPAL)),
    findWorkflow: () => workflow,
    add: () => undefined,
  };
  serveWorkflows(host);
  return host;
}

function never(): never {
  throw new Error("not asked for");
}

const calls: string[] = [];
const first = createStep({
  id: "first",
  inputSchema: z.number(),
  outputSchema: z.object({ n: z.number() }),
  execute: async ({ inputData }) => (calls.push("first"), { n: inputData + 1 }),
});
const ask = createStep({
  id: "ask",
  execute: async ({ inputData, resumeData, suspend }) => (resumeData === undefined ? suspend({ q: 1 }) : { inputData, resumeData }),
});
const asks = createWorkflow({ id: "asks", inputSchema: z.number(), outputSchema: z.any() })
  .then(first)
  .parallel([ask, createWorkflow({ id: "inner" }).then(cloneAsk()).commit()])
  .commit();

function cloneAsk() {
  return createStep({
    id: "again",
    execute: async ({ resumeData, suspend }) => (resumeData === undefined ? suspend({ q: 2 }) : resumeData),
  });
}

test("a run that waits is answered in another process, and finished steps do not run again", async () => {
  const store = new MemoryStore();
  const [one, two] = [processWith(store, asks), processWith(store, asks)];
  await startRun(one, asks, { runId: "r", inputData: 1 });
  await one.runs.settled({ id: "r", resourceId: "" });
  await resumeRun(two, asks, { runId: "r", step: "inner.again", resumeData: "b" });
  await two.runs.settled({ id: "r", resourceId: "" });
  await resumeRun(one, asks, { runId: "r", step: "ask", resumeData: "a" });
  await two.runs.settled({ id: "r", resourceId: "" });
  expect(resultOf(await findRun(two, asks, "r"))).toMatchObject({
    status: "success",
    result: { ask: { inputData: { n: 2 }, resumeData: "a" }, inner: "b" },
  });
  expect(calls).toEqual(["first"]);
});

test("the run of a process that is gone is taken up by another, which goes on from the journal", async () => {
  const store = new MemoryStore();
  const ran: string[] = [];
  let hangs = true;
  const before = createStep({ id: "before", execute: async () => void ran.push("before") });
  const hanging = createStep({
    id: "hanging",
    execute: async () => {
      ran.push("hanging");
      if (hangs) await new Promise(() => undefined);
      return "done";
    },
  });
  const workflow = createWorkflow({ id: "w" }).then(before).then(hanging).commit();
  const [gone, next] = [processWith(store, workflow), processWith(store, workflow)];
  await startRun(gone, workflow, { runId: "r" });
  await expect.poll(() => ran).toEqual(["before", "hanging"]);
  hangs = false;
  await store.for(SYSTEM).work.heartbeat(gone.worker.id, -1); // its last sign of life is over
  expect(await takeUpRuns(next)).toBe(1);
  await next.runs.settled({ id: "r", resourceId: "" });
  expect(resultOf(await findRun(next, workflow, "r"))).toMatchObject({ status: "success", result: "done" });
  expect(ran).toEqual(["before", "hanging", "hanging"]);
});

test("a run is cancelled from another process", async () => {
  const store = new MemoryStore();
  const workflow = createWorkflow({ id: "w" })
    .then(createStep({ id: "deaf", execute: async () => new Promise(() => undefined) }))
    .commit();
  const [one, two] = [processWith(store, workflow), processWith(store, workflow)];
  await startRun(one, workflow, { runId: "r" });
  await cancelRun(two, workflow, "r");
  await two.runs.settled({ id: "r", resourceId: "" });
  expect(resultOf(await findRun(two, workflow, "r")).status).toBe("canceled");
});
