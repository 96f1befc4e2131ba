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
import { cancelRun, findRun, listRuns, startRun, takeUpRuns } from "./operations.ts";
import { restartRun, resumeRun, timeTravelRun } from "./resume.ts";
import { resultOf } from "./result.ts";
import { serveWorkflows } from "./serve-workflows.ts";
import type { WorkflowDefinition, WorkflowOptions } from "./definition.ts";

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
  worker.knowGraphs(() => [workflow.graphHash]);
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

/** A run of `workflow` whose process went away while its second step was at work. */
async function lostRun(workflow: WorkflowDefinition, hold: { hangs: boolean; ran: string[] }): Promise<WorkflowHost> {
  const store = new MemoryStore();
  const gone = processWith(store, workflow);
  await startRun(gone, workflow, { runId: "r" });
  await expect.poll(() => hold.ran).toEqual(["one", "two"]);
  hold.hangs = false;
  await store.for(SYSTEM).work.heartbeat(gone.worker.id, -1);
  return processWith(store, workflow);
}

function twoSteps(hold: { hangs: boolean; ran: string[] }, options: WorkflowOptions, idempotent = true): WorkflowDefinition {
  return createWorkflow({ id: "w", options })
    .then(createStep({ id: "one", execute: async () => void hold.ran.push("one") }))
    .then(
      createStep({
        id: "two",
        idempotent,
        retries: 3,
        execute: async () => {
          hold.ran.push("two");
          if (hold.hangs) await new Promise(() => undefined);
          return "done";
        },
      }),
    )
    .commit();
}

const RUN = { id: "r", resourceId: "" };
const RUN_WITH = { runId: "r" };

test("a run that is not to go on without its process ends as failed, and can be restarted", async () => {
  const hold: { hangs: boolean; ran: string[] } = { hangs: true, ran: [] };
  const workflow = twoSteps(hold, { recovery: "fail" });
  const next = await lostRun(workflow, hold);
  await takeUpRuns(next);
  await next.runs.settled(RUN);
  expect(resultOf(await findRun(next, workflow, "r"))).toMatchObject({ status: "failed", error: { code: "UNAVAILABLE" } });
  await restartRun(next, workflow, { runId: "r" });
  await next.runs.settled(RUN);
  expect(resultOf(await findRun(next, workflow, "r"))).toMatchObject({ status: "success", result: "done" });
  expect(hold.ran).toEqual(["one", "two", "two"]);
});

test("a run that is to wait when its process is gone is paused until somebody starts it", async () => {
  const hold: { hangs: boolean; ran: string[] } = { hangs: true, ran: [] };
  const workflow = twoSteps(hold, { recovery: "wait" });
  const next = await lostRun(workflow, hold);
  await takeUpRuns(next);
  await next.runs.settled(RUN);
  expect(resultOf(await findRun(next, workflow, "r")).status).toBe("paused");
  await startRun(next, workflow, { runId: "r" });
  await next.runs.settled(RUN);
  expect(resultOf(await findRun(next, workflow, "r"))).toMatchObject({ status: "success", result: "done" });
});

test("a step that must not run twice is not called again, neither for a lost process nor for a failure", async () => {
  const hold: { hangs: boolean; ran: string[] } = { hangs: true, ran: [] };
  const workflow = twoSteps(hold, {}, false);
  const next = await lostRun(workflow, hold);
  await takeUpRuns(next);
  await next.runs.settled(RUN);
  const message = expect.stringContaining('"two" was interrupted');
  expect(resultOf(await findRun(next, workflow, "r"))).toMatchObject({ status: "failed", error: { code: "CONFLICT", message } });
  expect(hold.ran).toEqual(["one", "two"]);
  await timeTravelRun(next, workflow, { runId: "r", step: "two" });
  await next.runs.settled(RUN);
  expect(resultOf(await findRun(next, workflow, "r")).status).toBe("success");
});

test("a run that ends every process that takes it up is given up", async () => {
  const store = new MemoryStore();
  const { work } = store.for(SYSTEM);
  const hold: { hangs: boolean; ran: string[] } = { hangs: true, ran: [] };
  const workflow = twoSteps(hold, {});
  let current = processWith(store, workflow);
  await startRun(current, workflow, RUN_WITH);
  for (let times = 1; times <= 6; times++) {
    await expect.poll(() => hold.ran.length).toBe(times + 1);
    await work.heartbeat(current.worker.id, -1);
    await work.reap();
    current = processWith(store, workflow);
    await current.worker.takeUp();
  }
  await current.runs.settled(RUN);
  const message = expect.stringContaining("has lost 5 processes at the same place");
  expect(resultOf(await findRun(current, workflow, "r"))).toMatchObject({ status: "failed", error: { code: "UNAVAILABLE", message } });
});

test("a long sleep gives the run back, and an answer elsewhere in it is heard at once", async () => {
  const store = new MemoryStore();
  const workflow = createWorkflow({ id: "w" })
    .parallel([createWorkflow({ id: "sleeper" }).sleep(60_000).commit(), cloneAsk()])
    .commit();
  const host = processWith(store, workflow);
  await startRun(host, workflow, RUN_WITH);
  await expect.poll(() => host.worker.liveCount).toBe(0);
  expect((await store.for(LOCAL_PRINCIPAL).runs.get("r"))?.status).toBe("ready");
  await host.worker.takeUp();
  expect(host.worker.liveCount).toBe(0);
  await resumeRun(host, workflow, { runId: "r", step: "again", resumeData: 1 });
  await expect.poll(async () => (await findRun(host, workflow, "r")).view.waits.size).toBe(0);
  await expect.poll(() => host.worker.liveCount).toBe(0);
  const { view } = await findRun(host, workflow, "r");
  expect(view.steps.get("again")).toMatchObject({ status: "success", output: 1 });
  expect(view.innerSteps.get("sleeper.sleep_sleeper_0")?.status).toBe("waiting");
  await cancelRun(host, workflow, "r");
  await host.runs.settled(RUN);
  expect(resultOf(await findRun(host, workflow, "r")).status).toBe("canceled");
  await host.worker.stop();
});

test("a workflow that keeps its runs in memory leaves nothing in the store, and its runs do all that others do", async () => {
  const store = new MemoryStore();
  const workflow = createWorkflow({ id: "w", options: { durability: "memory" } })
    .then(cloneAsk())
    .commit();
  const host = processWith(store, workflow);
  await startRun(host, workflow, RUN_WITH);
  await host.runs.settled(RUN);
  expect((await store.for(LOCAL_PRINCIPAL).runs.list()).total).toBe(0);
  expect((await listRuns(host, workflow, { page: 0, perPage: 10 })).total).toBe(1);
  await resumeRun(host, workflow, { runId: "r", resumeData: "yes" });
  await host.runs.settled(RUN);
  expect(resultOf(await findRun(host, workflow, "r"))).toMatchObject({ status: "success", result: "yes" });
});

test("a run of another version of the graph is not touched by a process that does not know it, and cannot be resumed there", async () => {
  const store = new MemoryStore();
  const [before, after] = [createWorkflow({ id: "w" }).then(cloneAsk()), createWorkflow({ id: "w" }).then(cloneAsk()).then(ask)].map(
    (workflow) => (workflow as ReturnType<typeof createWorkflow>).commit(),
  );
  if (!before || !after) throw new Error("two workflows");
  const [old, young] = [processWith(store, before), processWith(store, after)];
  await startRun(old, before, RUN_WITH);
  await old.runs.settled(RUN);
  await expect(resumeRun(young, after, { runId: "r", resumeData: 1 })).rejects.toMatchObject({ code: "CONFLICT" });
  await store.for(LOCAL_PRINCIPAL).runs.signal("r", "/0#0", { data: 1, at: 1 });
  await young.worker.takeUp();
  expect((await store.for(LOCAL_PRINCIPAL).runs.get("r"))?.status).toBe("ready");
  await old.worker.takeUp();
  await old.runs.settled(RUN);
  expect(resultOf(await findRun(old, before, "r"))).toMatchObject({ status: "success", result: 1 });
});
