/** One stretch of work on a workflow's run: from a start, an answer or a crash to the next end or wait. */
import { RequestContext, type SavedContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import { LocalEngine } from "./local-engine.ts";
import { insist } from "../runs/insist.ts";
import type { LiveRun } from "../runs/live-run.ts";
import type { NewEvent } from "../runs/packed-events.ts";
import { reachOfRun } from "../runs/run-log.ts";
import { ScopedRuns } from "../runs/scoped-runs.ts";
import type { Settlement } from "../runs/run-worker.ts";
import type { StepError, WorkflowChunk, WorkflowStatus } from "./chunks.ts";
import type { WorkflowDefinition } from "./definition.ts";
import { toStepError } from "./errors.ts";
import { CallIds, note, show, type Execution, type Outcome, type Scope } from "./execution.ts";
import type { WorkflowHost } from "./host.ts";
import { walk } from "./interpreter.ts";
import { openSteps, toSteps, viewOf, type RunEnding, type RunView } from "./run-view.ts";
import { SharedState } from "./state.ts";

/** What a run begins with, as its record or its first signal holds it. */
export interface StartData {
  readonly inputData?: unknown;
  readonly initialState?: unknown;
  readonly perStep?: boolean;
  readonly requestContext?: SavedContext;
  /** Why the input was not taken: the run ends at once. */
  readonly rejected?: StepError;
}

/** What the process holds of a run beside its data. */
export interface LocalValues {
  readonly requestContext: RequestContext;
}

export async function driveWorkflow(host: WorkflowHost, live: LiveRun): Promise<Settlement> {
  const workflow = host.findWorkflow(live.record.name);
  const logged = (): Promise<readonly NewEvent[]> => new ScopedRuns(host.worker, reachOfRun(live.ref)).events(live.record);
  const events = live.lastSeq === 0 ? [] : await insist(logged, { isOver: () => live.isLost });
  if (events.length > 0) await live.recall(events);
  const view = viewOf(events);
  if (!workflow) return broken(live, view, new FermataError("NOT_FOUND", `There is no workflow "${live.record.name}" here.`));
  if (live.record.graphHash !== undefined && live.record.graphHash !== workflow.graphHash) {
    return broken(live, view, new FermataError("CONFLICT", `Workflow "${workflow.id}" has changed since the run began.`));
  }
  live.knowledge = view;
  live.writesFirst = workflow.options.durability === "full";
  const signals = signalsOf(live.journal);
  const start: StartData = live.journal.get("signal:go#0") ?? live.record.input ?? {}; // both written by `startRun`
  const execution: Execution = {
    live,
    engine: new LocalEngine(live),
    workflowId: workflow.id,
    requestContext: contextOf(live, signals),
    resourceId: live.record.resourceId === "" ? undefined : live.record.resourceId,
    mastra: host.mastra,
    logger: host.logger,
    view,
    open: openSteps(view),
    perStep: (signals.at(-1) ?? start).perStep === true,
    hasWorked: false,
    callIds: new CallIds(),
  };
  const scope: Scope = {
    execution,
    workflow,
    path: [],
    items: [],
    init: start.inputData,
    results: new Map(),
    state: new SharedState(stateOf(start, live)),
    replayOnly: false,
    isLast: false,
    announce: () => undefined,
  };
  if (live.record.input === undefined && !view.start) note(execution, { kind: "start", start: { ...start } });
  if (live.journal.get("rewound") === true && view.waits.size > 0) note(execution, { kind: "rewound" });
  const stopped = await afterLoss(workflow, live);
  if (!view.isAtWork) show(scope, { type: "workflow-start", runId: live.id, from: "WORKFLOW", payload: { workflowId: workflow.id } });
  const outcome = stopped ?? (start.rejected ? { status: "failed", error: start.rejected } : await run(workflow, start, scope));
  return settlement(workflow, execution, outcome, start.rejected);
}

/** Times that a run may take its process with it without coming any further. */
const MOST_LOSSES = 5;

/** What becomes of a run whose process is gone, when it is not to go on. */
async function afterLoss({ id, options }: WorkflowDefinition, live: LiveRun): Promise<Outcome | undefined> {
  if (live.lostWorkers === 0) return undefined;
  const { recovery = "continue" } = options;
  if (recovery === "wait") return { status: "paused" };
  if (recovery === "fail") return gone("The process that worked on the run is gone.");
  // A run that ends every process that takes it up must not end them all.
  const marks = [...live.journal].filter(([key]) => key.startsWith("lost#"));
  const done = live.journal.size - marks.length;
  if (marks.filter(([, size]) => size === done).length >= MOST_LOSSES)
    return gone(`Workflow "${id}" has lost ${MOST_LOSSES} processes at the same place.`);
  await live.write(`lost#${marks.length}`, done);
  return undefined;
}

function gone(message: string): Outcome {
  return { status: "failed", error: toStepError(new FermataError("UNAVAILABLE", message)) };
}

async function run(workflow: WorkflowDefinition, start: StartData, scope: Scope): Promise<Outcome> {
  const { live, engine } = scope.execution;
  try {
    const { onStart } = workflow.options;
    if (onStart) await engine.step("onStart", () => onStart({ runId: live.id, workflowId: workflow.id, inputData: start.inputData }));
  } catch (error) {
    if (live.isLost) throw error;
    return { status: "failed", error: toStepError(error) };
  }
  return walk(workflow.graph, start.inputData, "", scope);
}

function stateOf(start: StartData, live: LiveRun): Readonly<Record<string, unknown>> {
  const given = live.journal.get("state") ?? start.initialState;
  return typeof given === "object" && given !== null ? (given as Readonly<Record<string, unknown>>) : {};
}

interface SignalData {
  readonly perStep?: boolean;
  readonly requestContext?: SavedContext;
}

/** The signals in the order in which they came. */
function signalsOf(journal: ReadonlyMap<string, unknown>): SignalData[] {
  const found: SignalData[] = [];
  for (const [key, value] of journal) if (key.startsWith("signal:")) found.push(value as SignalData); // written by `startRun` and `resumeRun`
  return found;
}

/** The context of the run's start with what its resumes brought. Values that are not data are there as long as the process has them. */
function contextOf({ record, local, lastSeq }: LiveRun, signals: readonly SignalData[]): RequestContext {
  const own = (local as LocalValues | undefined)?.requestContext;
  if (own && lastSeq === 0 && signals.length === 0) return own; // what the run's input has of it is a copy
  const start = (record.input as StartData | undefined)?.requestContext;
  const context = own ?? new RequestContext();
  // The latest first: what it says stands.
  for (const { requestContext } of signals.toReversed()) if (requestContext) context.completeFrom(RequestContext.fromSaved(requestContext));
  return start ? context.completeFrom(RequestContext.fromSaved(start)) : context;
}

const STATUS: Readonly<Record<Outcome["status"], WorkflowStatus>> = {
  success: "success",
  bailed: "success",
  failed: "failed",
  suspended: "suspended",
  canceled: "canceled",
  paused: "paused",
  asleep: "waiting",
};

const RUN_STATUS = {
  success: "done",
  failed: "failed",
  tripwire: "failed",
  canceled: "cancelled",
  suspended: "suspended",
  paused: "suspended",
} as const;

function settlement(
  workflow: WorkflowDefinition,
  { live, view, engine }: Execution,
  given: Outcome,
  rejected: StepError | undefined,
): Settlement {
  // What a cancelled run still did counts as done, but it does not go on.
  const outcome: Outcome = engine.cancellation.isCancelled ? { status: "canceled" } : given;
  if (outcome.status === "asleep") return { end: { status: "ready", wakeAt: outcome.wakeAt }, closing: [] };
  const status = outcome.status === "failed" && outcome.error.code === "TRIPWIRE" ? "tripwire" : STATUS[outcome.status];
  const ending: RunEnding = {
    status,
    ...((outcome.status === "success" || outcome.status === "bailed") && { result: outcome.output }),
    ...(outcome.status === "failed" && { error: outcome.error }),
    ...(status === "paused" && { next: nextGo(live.journal) }),
  };
  const closing: WorkflowChunk[] = [];
  if (status === "canceled") closing.push({ type: "workflow-canceled", runId: live.id, from: "WORKFLOW", payload: {} });
  if (status === "paused") closing.push({ type: "workflow-paused", runId: live.id, from: "WORKFLOW", payload: {} });
  closing.push(finishChunk(live.id, view, ending, rejected));
  return {
    end: { status: RUN_STATUS[status as keyof typeof RUN_STATUS], output: ending },
    closing: closing.map((chunk) => ({ type: chunk.type, data: { chunk } })),
    after: () => tell(workflow, live.id, view, ending),
  };
}

/** The number of the signal that lets a paused run go on. */
function nextGo(journal: ReadonlyMap<string, unknown>): number {
  let next = 1;
  while (journal.has(`signal:go#${next}`)) next++;
  return next;
}

function finishChunk(runId: string, view: RunView, { status, result, error }: RunEnding, rejected: StepError | undefined): WorkflowChunk {
  return {
    type: "workflow-finish",
    runId,
    from: "WORKFLOW",
    payload: {
      workflowStatus: status,
      metadata: rejected && error ? { error, errorMessage: error.message } : {},
      output: { usage: view.usage },
      ...(result !== undefined && { finalWorkflowResult: result }),
    },
  };
}

async function tell(
  { id, options }: WorkflowDefinition,
  runId: string,
  view: RunView,
  { status, result, error }: RunEnding,
): Promise<void> {
  if (!options.onFinish && !options.onError) return;
  const end = {
    runId,
    workflowId: id,
    status,
    steps: toSteps(view.steps),
    ...(result !== undefined && { result }),
    ...(error && { error }),
  };
  try {
    if (status === "failed" || status === "tripwire") await options.onError?.(end);
  } finally {
    await options.onFinish?.(end);
  }
}

/** A run that nothing here can go on with. */
function broken(live: LiveRun, view: RunView, error: FermataError): Settlement {
  const ending: RunEnding = { status: "failed", error: toStepError(error) };
  const chunk = finishChunk(live.id, view, ending, ending.error);
  return { end: { status: "failed", output: ending }, closing: [{ type: chunk.type, data: { chunk } }] };
}
