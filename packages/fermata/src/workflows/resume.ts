/** Going on with a run: an answer to what it waits for, another try, or from an earlier place. */
import type { RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import { validate } from "../schema/schema.ts";
import type { WorkflowDefinition } from "./definition.ts";
import type { LocalValues } from "./drive.ts";
import { invalidData } from "./errors.ts";
import { locate, type Place } from "./graph.ts";
import type { WorkflowHost } from "./host.ts";
import { findRun, type Begun } from "./operations.ts";
import type { RunState } from "./result.ts";
import type { Wait } from "./run-view.ts";
import type { StepRecord } from "./execution.ts";
import type { StepAnswer } from "./run-step.ts";

/** A step by its id, by its path of ids (or those with dots between), or as itself. */
export type StepTarget = string | readonly string[] | { readonly id: string } | readonly { readonly id: string }[];

interface Continue {
  readonly runId: string;
  readonly requestContext?: RequestContext | undefined;
  readonly perStep?: boolean | undefined;
}

export interface ResumeRequest extends Continue {
  /** Needed when the run waits at several places. */
  readonly step?: StepTarget | undefined;
  readonly label?: string | undefined;
  /** One item of a `foreach`. Default: all items that wait. */
  readonly forEachIndex?: number | undefined;
  readonly resumeData?: unknown;
}

/**
 * Answers what a run waits for.
 * @throws FermataError `NOT_FOUND` for an unknown run or step, `CONFLICT` when the run does not wait or somebody has answered already,
 * `VALIDATION_FAILED` for data that does not fit or when it is not clear what is meant.
 */
export async function resumeRun(host: WorkflowHost, workflow: WorkflowDefinition, request: ResumeRequest): Promise<Begun> {
  const { runId, resumeData, requestContext, perStep } = request;
  const state = await findRun(host, workflow, runId);
  assertSameGraph(state, workflow);
  const waits = chosen(state, request);
  const data = await checkAnswer(workflow, waits, resumeData);
  const answer: StepAnswer & { perStep?: boolean; requestContext?: unknown } = {
    data,
    at: Date.now(),
    ...(perStep === true && { perStep }),
    ...(requestContext && { requestContext: requestContext.toSaved() }),
  };
  const answers = await Promise.all(waits.map(({ name }) => host.runs.store.signal(runId, name, answer)));
  if (!answers.includes("accepted")) throw new FermataError("CONFLICT", "This workflow run has been resumed already.");
  return goOn(host, state, requestContext);
}

/** Lets a run go on that has become ready. */
async function goOn({ runs }: WorkflowHost, { record, lastSeq }: RunState, requestContext: RequestContext | undefined): Promise<Begun> {
  await runs.wake(record, requestContext && ({ requestContext } satisfies LocalValues));
  return { id: record.id, resourceId: record.resourceId, after: lastSeq, live: runs.live(record) };
}

function assertSameGraph({ record }: RunState, workflow: WorkflowDefinition): void {
  if (record.graphHash === undefined || record.graphHash === workflow.graphHash) return;
  throw new FermataError("CONFLICT", `Workflow "${workflow.id}" has changed since run ${record.id} began: start a new one.`);
}

/** The places that an answer is for. */
function chosen({ record, view }: RunState, { step, label, forEachIndex }: ResumeRequest): readonly Wait[] {
  const open = [...view.waits.values()];
  if (open.length === 0) throw new FermataError("CONFLICT", "This workflow run was not suspended");
  let found: readonly Wait[] = open;
  if (label !== undefined) found = found.filter(({ labels }) => labels.includes(label));
  if (step !== undefined) found = meant(found, pathOf(step).join("."));
  if (forEachIndex !== undefined) found = found.filter(({ index }) => index === forEachIndex);
  if (found.length === 0)
    throw new FermataError("NOT_FOUND", `Run ${record.id} does not wait there. It waits for: ${open.map(nameOf).join(", ")}.`);
  const [first] = found;
  const places = new Set(found.map(({ path }) => path.join(".")));
  if (first && (places.size > 1 || (found.length > 1 && first.index === undefined))) {
    throw new FermataError(
      "VALIDATION_FAILED",
      `Run ${record.id} waits at several places; say with step which one is meant: ${found.map(nameOf).join(", ")}.`,
    );
  }
  return found;
}

function nameOf({ path, index }: Wait): string {
  return index === undefined ? `"${path.join(".")}"` : `"${path.join(".")}" (forEachIndex ${index})`;
}

/** Those with this path; when there are none, those whose path begins or ends with it. */
function meant(waits: readonly Wait[], given: string): readonly Wait[] {
  const exact = waits.filter(({ path }) => path.join(".") === given);
  if (exact.length > 0) return exact;
  return waits.filter(({ path }) => `${path.join(".")}.`.startsWith(`${given}.`) || `.${path.join(".")}`.endsWith(`.${given}`));
}

export function pathOf(step: StepTarget): readonly string[] {
  const parts: readonly (string | { readonly id: string })[] = Array.isArray(step)
    ? (step as readonly (string | { readonly id: string })[])
    : [step as string | { readonly id: string }];
  return parts.map((part) => (typeof part === "string" ? part : part.id));
}

async function checkAnswer(workflow: WorkflowDefinition, [wait]: readonly Wait[], data: unknown): Promise<unknown> {
  const place = wait && locate(workflow.graph, wait.path)?.at(-1);
  const schema = place?.step?.resumeSchema;
  if (!schema) return data;
  const checked = await validate(schema, data);
  if (!checked.ok) throw invalidData("resume", checked.issues);
  return checked.value;
}

/** Tries again what did not end well, and goes on from there. Results that are there are not worked out again. */
export async function restartRun(host: WorkflowHost, workflow: WorkflowDefinition, request: Continue): Promise<Begun> {
  const { runId, requestContext } = request;
  const state = await findRun(host, workflow, runId);
  const { record, view } = state;
  assertSameGraph(state, workflow);
  if (record.status === "suspended" && view.waits.size > 0)
    throw new FermataError("CONFLICT", `Run ${runId} waits for an answer: resume it.`);
  const reopened = await host.runs.store.reopen(runId, (journal) => new Map([...journal].filter(([, value]) => !isFailure(value))));
  if (reopened !== "reopened") throw new FermataError("CONFLICT", `Run ${runId} is at work.`);
  return goOn(host, state, requestContext);
}

function isFailure(value: unknown): boolean {
  return typeof value === "object" && value !== null && "status" in value && value.status === "failed" && "startedAt" in value;
}

export interface TimeTravelRequest extends Continue {
  /** Where to go on from. */
  readonly step: StepTarget;
  /** What the step gets. Default: what it got before. */
  readonly inputData?: unknown;
  /** An answer for the step, as if it had waited. */
  readonly resumeData?: unknown;
  readonly initialState?: unknown;
  /** Results of steps before it, by id, in place of their own. */
  readonly context?: Readonly<Record<string, unknown>> | undefined;
  /** The same for workflows inside, by their id. */
  readonly nestedStepsContext?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

/** Takes a run back to a step and goes on from there. @throws FermataError `NOT_FOUND`, `CONFLICT` while the run is at work. */
export async function timeTravelRun(host: WorkflowHost, workflow: WorkflowDefinition, request: TimeTravelRequest): Promise<Begun> {
  const { runId, requestContext } = request;
  const state = await findRun(host, workflow, runId);
  assertSameGraph(state, workflow);
  const ids = pathOf(request.step).flatMap((id) =>
    workflow.graph.some((node) => "step" in node && node.step.id === id) ? [id] : id.split("."),
  );
  const places = locate(workflow.graph, ids);
  if (!places || places.length === 0) throw new FermataError("NOT_FOUND", `Workflow "${workflow.id}" has no step "${ids.join(".")}".`);
  const reopened = await host.runs.store.reopen(runId, (journal) => takenBack(workflow, journal, places, request));
  if (reopened !== "reopened") throw new FermataError("CONFLICT", `Run ${runId} is at work.`);
  return goOn(host, state, requestContext);
}

/** The journal up to the place, with what the request puts in. */
function takenBack(
  workflow: WorkflowDefinition,
  journal: ReadonlyMap<string, unknown>,
  places: readonly Place[],
  request: TimeTravelRequest,
): Map<string, unknown> {
  const kept = new Map([...journal].filter(([key]) => isBefore(key, places)));
  const now = Date.now();
  giveResults(kept, workflow.graph, "", request.context ?? {}, places[0]?.index, now);
  let base = "";
  for (const place of places) {
    kept.set(`from:${base}`, place.index);
    if (place.arm !== undefined) kept.set(`${place.nodeKey}/c`, place.arm);
    const nested = place.step?.graph && request.nestedStepsContext?.[place.step.id];
    if (place.step?.graph && nested) giveResults(kept, place.step.graph, place.key, nested, undefined, now);
    base = place.key;
  }
  const target = places.at(-1);
  if (target) {
    if (request.inputData !== undefined) kept.set(`in:${target.key}`, request.inputData);
    if (request.resumeData !== undefined) {
      kept.set(`${target.key}#0`, { payload: undefined, startedAt: now });
      kept.set(`signal:${target.key}#0`, { data: request.resumeData, at: now } satisfies StepAnswer);
    }
  }
  if (request.initialState !== undefined) kept.set("state", request.initialState);
  if (request.perStep === true) kept.set("signal:again", { perStep: true });
  return kept.set("rewound", true);
}

/** Whether what is under the key happened before the place that a run is taken back to. */
function isBefore(key: string, places: readonly Place[]): boolean {
  if (key === "onStart" || key === "state" || key.startsWith("signal:go#")) return true;
  const at = key.replace(/^(?:in:|from:|signal:)/, "");
  if (key.startsWith("from:") || key === "rewound" || key === "signal:again") return false;
  let base = "";
  for (const place of places) {
    if (!at.startsWith(`${base}/`)) return false;
    const index = Number.parseInt(at.slice(base.length + 1), 10);
    if (index !== place.index) return index < place.index;
    // Beside the place: the other branches of the same node stay.
    const within = at === place.key || at.startsWith(`${place.key}/`) || at.startsWith(`${place.key}#`) || at.startsWith(`${place.key}!`);
    if (!within) return place.node.type === "parallel";
    base = place.key;
  }
  return false;
}

function giveResults(
  journal: Map<string, unknown>,
  graph: WorkflowDefinition["graph"],
  base: string,
  context: Readonly<Record<string, unknown>>,
  before: number | undefined,
  now: number,
): void {
  for (const [id, given] of Object.entries(context)) {
    const place = locate(graph, [id], base)?.[0];
    if (!place || (before !== undefined && place.index >= before) || typeof given !== "object" || given === null || !("status" in given))
      continue;
    if (given.status !== "success") continue;
    const { output } = given as { output?: unknown };
    journal.set(place.key, { status: "success", output, startedAt: now, endedAt: now } satisfies StepRecord);
    if (place.arm !== undefined) journal.set(`${place.nodeKey}/c`, place.arm);
  }
}
