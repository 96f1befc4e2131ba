/** The verbs on a workflow's runs, for the app and for the server alike. */
import type { LiveRun } from "../runs/live-run.ts";
import type { RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import { toLines } from "../schema/messages.ts";
import { validate } from "../schema/schema.ts";
import { ownerOf } from "../storage/reach.ts";
import type { RunRecord } from "../storage/runs.ts";
import type { WorkflowDefinition } from "./definition.ts";
import type { LocalValues, StartData } from "./drive.ts";
import { invalidData, toStepError } from "./errors.ts";
import { WORKFLOW_KIND, type WorkflowHost } from "./host.ts";
import { loadRun, stateOf, type RunState } from "./result.ts";
import { endingOf, statusOf, type RunEnding } from "./run-view.ts";
import type { WorkflowStatus } from "./chunks.ts";

export interface StartRequest {
  readonly runId: string;
  readonly resourceId?: string | undefined;
  readonly inputData?: unknown;
  readonly initialState?: unknown;
  readonly requestContext?: RequestContext | undefined;
  readonly perStep?: boolean | undefined;
  /** Nobody can know this id: it has just been made. */
  readonly isFresh?: boolean;
  /** Input that does not fit makes a run that has failed. Whoever asked is told so by an error (default), or by the run's chunks alone. */
  readonly onInvalidInput?: "refuse" | "record";
}

/** A stretch of a run: what it adds to the log comes after `after`. */
export interface Begun {
  readonly id: string;
  readonly resourceId: string;
  readonly after: number;
  /** The run itself, when this process works on it. */
  readonly live?: LiveRun | undefined;
}

/**
 * Begins a run, or goes on with one that has not begun or was paused.
 * @throws FermataError `VALIDATION_FAILED`, or `CONFLICT` when there is a run with this id that has begun.
 */
export async function startRun(host: WorkflowHost, workflow: WorkflowDefinition, request: StartRequest): Promise<Begun> {
  const { runId, resourceId, requestContext, perStep } = request;
  const known = request.isFresh ? undefined : await ownRun(host, workflow, runId);
  const ending = known && endingOf(known);
  if (known && (known.status !== "suspended" || ending?.next === undefined)) throw begun(runId);
  const isPaused = ending?.status === "paused";
  const checked: Checked = isPaused ? { data: {} } : await checkStart(workflow, request);
  const data: StartData = {
    ...checked.data,
    ...(perStep === true && { perStep }),
    ...(requestContext && { requestContext: requestContext.toSaved() }),
  };
  const local: LocalValues | undefined = requestContext && { requestContext };
  if (!known) {
    const { graphHash, id } = workflow;
    const owner = ownerOf(host.runs.reach, resourceId);
    const run = { id: runId, kind: WORKFLOW_KIND, name: id, input: data, graphHash, resourceId: owner };
    const live = await host.runs.start(run, local, workflow.options.durability);
    if (!live) throw begun(runId);
    return accepted({ id: runId, resourceId: owner, after: 0, live }, checked, request);
  }
  const { lastSeq: after } = await loadRun(host.runs, known);
  if ((await host.runs.store.signal(runId, `go#${ending?.next ?? 0}`, data)) !== "accepted") throw begun(runId);
  await host.runs.wake(known, local);
  return accepted({ id: runId, resourceId: known.resourceId, after, live: host.runs.live(known) }, checked, request);
}

/** Input that does not fit has made a run that has failed; whoever asked is told, unless the run's own chunks do. */
function accepted(run: Begun, { invalid }: Checked, { onInvalidInput }: StartRequest): Begun {
  if (invalid && onInvalidInput !== "record") throw invalid;
  return run;
}

function begun(runId: string): FermataError {
  return new FermataError("CONFLICT", `Workflow run ${runId} has begun already. Start another one, or resume or restart this one.`);
}

interface Checked {
  readonly data: StartData;
  /** Why the input was not taken. */
  readonly invalid?: FermataError;
}

async function checkStart(workflow: WorkflowDefinition, { inputData, initialState, requestContext }: StartRequest): Promise<Checked> {
  const { requestContextSchema, inputSchema, stateSchema } = workflow;
  if (requestContextSchema) {
    const checked = await validate(requestContextSchema, requestContext?.all ?? {});
    if (!checked.ok)
      throw new FermataError(
        "VALIDATION_FAILED",
        `Request context validation failed for workflow '${workflow.id}':\n${toLines(checked.issues)}`,
      );
  }
  const input =
    inputSchema && workflow.options.validateInputs !== false
      ? await validate(inputSchema, inputData)
      : ({ ok: true, value: inputData } as const);
  if (!input.ok) {
    const invalid = invalidData("input", input.issues);
    return { data: { inputData, rejected: toStepError(invalid) }, invalid };
  }
  const state =
    stateSchema && initialState !== undefined ? await validate(stateSchema, initialState) : ({ ok: true, value: initialState } as const);
  if (!state.ok) throw invalidData("state", state.issues);
  return {
    data: { ...(input.value !== undefined && { inputData: input.value }), ...(state.value !== undefined && { initialState: state.value }) },
  };
}

/** Makes a run that waits for its start. An id that is there already is left as it is. */
export async function createPendingRun(
  host: WorkflowHost,
  workflow: WorkflowDefinition,
  runId: string,
  resourceId: string | undefined,
): Promise<void> {
  const { worker, runs } = host;
  const { graphHash, id } = workflow;
  const store = workflow.options.durability === "memory" ? worker.log.inMemory(runs.reach) : runs.store;
  const { run, lease } = await store.create({
    id: runId,
    kind: WORKFLOW_KIND,
    name: id,
    graphHash,
    workerId: worker.id,
    resourceId: ownerOf(runs.reach, resourceId),
  });
  if (!isOwn(workflow, run)) throw begun(runId);
  if (lease) await worker.log.work.settle(lease, { status: "suspended", output: { status: "pending", next: 0 } satisfies RunEnding });
}

/** The run of this workflow, as its record stands. @throws FermataError `CONFLICT` when the id belongs to another workflow's run. */
async function ownRun(host: WorkflowHost, workflow: WorkflowDefinition, runId: string): Promise<RunRecord | undefined> {
  const run = await host.runs.get(runId);
  if (run && !isOwn(workflow, run)) throw new FermataError("CONFLICT", `Run ${runId} belongs to something else.`);
  return run;
}

function isOwn(workflow: WorkflowDefinition, run: RunRecord): boolean {
  return run.kind === WORKFLOW_KIND && run.name === workflow.id;
}

export function runNotFound(): FermataError {
  return new FermataError("NOT_FOUND", "Workflow run not found");
}

/** How a run stands once nobody works on it. What this process did is not read back. Rejects with the signal's reason. */
export async function settledState(host: WorkflowHost, workflow: WorkflowDefinition, run: Begun, signal?: AbortSignal): Promise<RunState> {
  if (run.live) {
    await host.runs.idle(run, signal);
    const state = stateOf(run.live);
    if (state) return state;
  }
  await host.runs.settled(run, signal);
  return findRun(host, workflow, run.id);
}

/** The record of this workflow's run. @throws FermataError `NOT_FOUND` */
export async function findRecord({ runs }: WorkflowHost, workflow: WorkflowDefinition, runId: string): Promise<RunRecord> {
  const record = await runs.get(runId);
  if (!record || !isOwn(workflow, record)) throw runNotFound();
  return record;
}

/** A run of this workflow with its events. @throws FermataError `NOT_FOUND` */
export async function findRun(host: WorkflowHost, workflow: WorkflowDefinition, runId: string): Promise<RunState> {
  return loadRun(host.runs, await findRecord(host, workflow, runId));
}

/** Cancels a run, whatever it is at; one that has ended stays as it is. @throws FermataError `NOT_FOUND` */
export async function cancelRun(host: WorkflowHost, workflow: WorkflowDefinition, runId: string): Promise<void> {
  await host.runs.cancel(await findRecord(host, workflow, runId));
}

/** Deletes a run with its log. One that is at work is cancelled first; an unknown one is gone already. */
export async function deleteRun(host: WorkflowHost, workflow: WorkflowDefinition, runId: string): Promise<void> {
  const run = await host.runs.get(runId);
  if (!run || !isOwn(workflow, run)) return;
  if (run.status === "running" || run.status === "ready") {
    await host.runs.cancel(run);
    await host.runs.settled(run).catch(() => undefined);
  }
  await host.runs.store.remove(runId);
}

export interface RunFilter {
  readonly status?: WorkflowStatus | undefined;
  readonly resourceId?: string | undefined;
  /** Epoch milliseconds of the creation, both ends included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly page: number;
  /** False for all. */
  readonly perPage: number | false;
  /** In place of `page`: how many to leave out. */
  readonly offset?: number | undefined;
}

const STORED: Readonly<Record<WorkflowStatus, readonly RunRecord["status"][]>> = {
  running: ["running", "ready"],
  waiting: ["running", "ready"],
  suspended: ["suspended"],
  paused: ["suspended"],
  pending: ["suspended"],
  success: ["done"],
  failed: ["failed"],
  tripwire: ["failed"],
  canceled: ["cancelled"],
};

/** The runs of a workflow, newest first. */
export async function listRuns(
  host: WorkflowHost,
  workflow: WorkflowDefinition,
  filter: RunFilter,
): Promise<{ runs: readonly RunRecord[]; total: number }> {
  const { status, resourceId, from, to, page, perPage, offset } = filter;
  const { store } = host.runs;
  const query = { kind: WORKFLOW_KIND, name: workflow.id, resourceId, from, to, perPage: false } as const;
  const wanted = status && STORED[status];
  const pages = await Promise.all(wanted ? wanted.map((one) => store.list({ ...query, status: one })) : [store.list(query)]);
  const found = pages.flatMap(({ items }) => items);
  // A stored status may stand for several of ours; whether a run sleeps is told by its events alone.
  const matching: RunRecord[] = [];
  for (const run of found) if (status === undefined || (await hasStatus(host, run, status))) matching.push(run);
  if (pages.length > 1) matching.sort((a, b) => b.createdAt - a.createdAt);
  const first = offset ?? (perPage === false ? 0 : page * perPage);
  return { runs: perPage === false ? matching.slice(first) : matching.slice(first, first + perPage), total: matching.length };
}

async function hasStatus(host: WorkflowHost, run: RunRecord, status: WorkflowStatus): Promise<boolean> {
  const isActive = run.status === "running" || run.status === "ready";
  return statusOf(run, isActive ? (await loadRun(host.runs, run)).view : undefined) === status;
}

/** How many runs of a workflow are at work, and how many wait for somebody. */
export async function countRuns(host: WorkflowHost, workflow: WorkflowDefinition): Promise<{ running: number; suspended: number }> {
  const counts = { running: 0, suspended: 0 };
  const { items } = await host.runs.store.list({ kind: WORKFLOW_KIND, name: workflow.id, perPage: false });
  for (const run of items) {
    const status = statusOf(run);
    if (status === "running" || status === "suspended") counts[status]++;
  }
  return counts;
}

/** Takes up the runs within reach whose worker is gone. Resolves to their number. */
export async function takeUpRuns({ worker, runs }: WorkflowHost): Promise<number> {
  const found = await worker.reap(runs.reach);
  await worker.takeUp();
  return found;
}
