/** The verbs on a workflow's runs, for the app and for the server alike. */
import type { RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import { toLines } from "../schema/messages.ts";
import { validate } from "../schema/schema.ts";
import type { RunRecord } from "../storage/runs.ts";
import type { WorkflowDefinition } from "./definition.ts";
import type { LocalValues, StartData } from "./drive.ts";
import { invalidData, toStepError } from "./errors.ts";
import { WORKFLOW_KIND, type WorkflowHost } from "./host.ts";
import { loadRun, type RunState } from "./result.ts";
import { endingOf, type RunEnding } from "./run-view.ts";

export interface StartRequest {
  readonly runId: string;
  readonly resourceId?: string | undefined;
  readonly inputData?: unknown;
  readonly initialState?: unknown;
  readonly requestContext?: RequestContext | undefined;
  readonly perStep?: boolean | undefined;
  /** Input that does not fit is refused (default), or makes a run that has failed. */
  readonly onInvalidInput?: "refuse" | "record";
}

/** A stretch of a run: what it adds to the log comes after `after`. */
export interface Begun {
  readonly runId: string;
  readonly after: number;
}

/**
 * Begins a run, or goes on with one that has not begun or was paused.
 * @throws FermataError `VALIDATION_FAILED`, or `CONFLICT` when there is a run with this id that has begun.
 */
export async function startRun(host: WorkflowHost, workflow: WorkflowDefinition, request: StartRequest): Promise<Begun> {
  const { runId, resourceId, requestContext, perStep } = request;
  const known = await ownRun(host, workflow, runId);
  const ending = known && endingOf(known);
  if (known && (known.status !== "suspended" || ending?.next === undefined)) throw begun(runId);
  const isPaused = ending?.status === "paused";
  const data: StartData = {
    ...(isPaused ? {} : await checkStart(workflow, request)),
    ...(perStep === true && { perStep }),
    ...(requestContext && { requestContext: contextData(requestContext) }),
  };
  const local: LocalValues | undefined = requestContext && { requestContext };
  if (!known) {
    const { graphHash, id } = workflow;
    const live = await host.worker.start({ id: runId, kind: WORKFLOW_KIND, name: id, resourceId, input: data, graphHash }, local);
    if (!live) throw begun(runId);
    return { runId, after: 0 };
  }
  const after = (await loadRun(host.worker, runId))?.lastSeq ?? 0;
  if ((await host.worker.log.runs.signal(runId, `go#${ending?.next ?? 0}`, data)) !== "accepted") throw begun(runId);
  await host.worker.wake(runId, local);
  return { runId, after };
}

function begun(runId: string): FermataError {
  return new FermataError("CONFLICT", `Workflow run ${runId} has begun already. Start another one, or resume or restart this one.`);
}

async function checkStart(workflow: WorkflowDefinition, { inputData, initialState, requestContext, onInvalidInput }: StartRequest): Promise<StartData> {
  const { requestContextSchema, inputSchema, stateSchema } = workflow;
  if (requestContextSchema) {
    const checked = await validate(requestContextSchema, requestContext?.all ?? {});
    if (!checked.ok) throw new FermataError("VALIDATION_FAILED", `Request context validation failed for workflow '${workflow.id}':\n${toLines(checked.issues)}`);
  }
  const input = inputSchema && workflow.options.validateInputs !== false ? await validate(inputSchema, inputData) : ({ ok: true, value: inputData } as const);
  if (!input.ok) {
    const error = invalidData("input", input.issues);
    if (onInvalidInput !== "record") throw error;
    return { inputData, rejected: toStepError(error) };
  }
  const state = stateSchema && initialState !== undefined ? await validate(stateSchema, initialState) : ({ ok: true, value: initialState } as const);
  if (!state.ok) throw invalidData("state", state.issues);
  return { ...(input.value !== undefined && { inputData: input.value }), ...(state.value !== undefined && { initialState: state.value }) };
}

/** A caller's token is not put away: whoever goes on with the run brings their own. */
function contextData(context: RequestContext): Readonly<Record<string, unknown>> {
  const { mastra__authToken: _token, ...values } = context.toJSON();
  return values;
}

/** Makes a run that waits for its start. An id that is there already is left as it is. */
export async function createPendingRun(host: WorkflowHost, workflow: WorkflowDefinition, runId: string, resourceId: string | undefined): Promise<void> {
  const { worker } = host;
  const { graphHash, id } = workflow;
  const { run, lease } = await worker.log.runs.create({ id: runId, kind: WORKFLOW_KIND, name: id, resourceId, graphHash, workerId: worker.id });
  if (run.name !== id) throw begun(runId);
  if (lease) await worker.log.work.settle(lease, { status: "suspended", output: { status: "pending", next: 0 } satisfies RunEnding });
}

/** The run of this workflow, as its record stands. @throws FermataError `CONFLICT` when the id belongs to another workflow's run. */
async function ownRun(host: WorkflowHost, workflow: WorkflowDefinition, runId: string): Promise<RunRecord | undefined> {
  const run = await host.worker.log.runs.get(runId);
  if (run && (run.kind !== WORKFLOW_KIND || run.name !== workflow.id)) throw new FermataError("CONFLICT", `Run ${runId} belongs to something else.`);
  return run;
}

export function runNotFound(): FermataError {
  return new FermataError("NOT_FOUND", "Workflow run not found");
}

/** A run of this workflow with its events. @throws FermataError `NOT_FOUND` */
export async function findRun(host: WorkflowHost, workflow: WorkflowDefinition, runId: string): Promise<RunState> {
  const state = await loadRun(host.worker, runId);
  if (!state || state.record.kind !== WORKFLOW_KIND || state.record.name !== workflow.id) throw runNotFound();
  return state;
}

/** Cancels a run, whatever it is at; one that has ended stays as it is. @throws FermataError `NOT_FOUND` */
export async function cancelRun(host: WorkflowHost, workflow: WorkflowDefinition, runId: string): Promise<void> {
  const run = await host.worker.log.runs.get(runId);
  if (!run || run.kind !== WORKFLOW_KIND || run.name !== workflow.id) throw runNotFound();
  await host.worker.cancel(runId);
}

/** Deletes a run with its log. One that is at work is cancelled first; an unknown one is gone already. */
export async function deleteRun(host: WorkflowHost, workflow: WorkflowDefinition, runId: string): Promise<void> {
  const run = await host.worker.log.runs.get(runId);
  if (!run || run.kind !== WORKFLOW_KIND || run.name !== workflow.id) return;
  if (run.status === "running" || run.status === "ready") {
    await host.worker.cancel(runId);
    await host.worker.settled(runId).catch(() => undefined);
  }
  await host.worker.log.edits.remove(runId);
}
