/** What the interpreter carries along while it walks. */
import type { RequestContext } from "../context/request-context.ts";
import type { Engine } from "./engine.ts";
import type { LiveRun } from "../runs/live-run.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { StepError, WorkflowChunk } from "./chunks.ts";
import type { AnyStep } from "./graph.ts";
import { addToView, type EventData, type NamedStep, type Note, type RunView } from "./run-view.ts";
import type { SharedState } from "./state.ts";
import type { StepMastra } from "./step.ts";

/** One stretch of work on a run, from a start or a resume to the next end or wait. */
export interface Execution {
  readonly live: LiveRun;
  readonly engine: Engine;
  readonly workflowId: string;
  readonly requestContext: RequestContext;
  readonly resourceId: string | undefined;
  readonly mastra: StepMastra;
  readonly logger: Logger;
  readonly view: RunView;
  /** What this stretch of work had shown as begun before its process went away, or it slept. */
  readonly open: Map<string, NamedStep>;
  /** Stop after the next step of the outermost workflow that really runs. */
  readonly perStep: boolean;
  /** Whether anything has really run. */
  hasWorked: boolean;
  readonly callIds: CallIds;
}

/** Ids of calls in the form of a UUID. One part of it is random per stretch of work and the rest is counted: a random one costs as much as a step. */
export class CallIds {
  #prefix: string | undefined;
  #count = 0;

  next(): string {
    this.#prefix ??= crypto.randomUUID().slice(0, 24);
    return this.#prefix + (++this.#count).toString(16).padStart(12, "0");
  }
}

/** One workflow on the way: the outermost, or one inside another. */
export interface Scope {
  readonly execution: Execution;
  readonly workflow: Pick<AnyStep, "id" | "options" | "retryConfig">;
  /** The ids of the workflows around the steps, without the outermost. */
  readonly path: readonly string[];
  /** Which items of the lists around, from the outermost inwards. */
  readonly items: readonly number[];
  readonly init: unknown;
  /** Outputs of the steps that have succeeded, by id. */
  readonly results: Map<string, unknown>;
  readonly state: SharedState;
  /** Steps that have no result are passed over: a run goes on from a later place. */
  readonly replayOnly: boolean;
  /** After this step the run ends, if it succeeds. */
  readonly isLast: boolean;
  /** Shows that the workflow around these steps is at work; called before the first of them runs. */
  readonly announce: () => void;
}

/** How a step, a node or a workflow came out. */
export type Outcome =
  | { readonly status: "success"; readonly output: unknown }
  | { readonly status: "bailed"; readonly output: unknown }
  | { readonly status: "failed"; readonly error: StepError }
  | { readonly status: "suspended"; readonly payload: unknown }
  /** Gives the run back: any process goes on with it from `wakeAt` (epoch milliseconds) on. */
  | { readonly status: "asleep"; readonly wakeAt: number }
  | { readonly status: "canceled" }
  | { readonly status: "paused" };

/** What the journal holds of a finished step. Its input is not in it: the steps before it give that again. */
export interface StepRecord {
  readonly status: "success" | "failed" | "bailed";
  readonly output?: unknown;
  readonly error?: StepError;
  readonly startedAt: number;
  readonly endedAt: number;
  /** What the step changed of the shared state. */
  readonly state?: Readonly<Record<string, unknown>>;
}

/** What was shown of a step that holds others when this stretch of work came here before; `undefined` when it is new, or has ended. */
export function takeOpen({ execution: { open, engine }, path }: Scope, stepId: string, key: string): NamedStep | undefined {
  if (open.size === 0) return undefined;
  const id = [...path, stepId].join(".");
  const found = open.get(id);
  // Of a loop's rounds one is under way; the condition after each says that it is over.
  if (!found || engine.has(`${key}/c`)) return undefined;
  open.delete(id);
  return found;
}

export const CANCELED: Outcome = { status: "canceled" };

export function succeeded(output: unknown): Outcome {
  return { status: "success", output };
}

export function fromRecord(record: StepRecord): Outcome {
  if (record.status === "failed") return { status: "failed", error: record.error ?? { name: "Error", message: "The step failed." } };
  return { status: record.status, output: record.output };
}

export function show(scope: Scope, chunk: WorkflowChunk): void {
  send(scope.execution, scope.path.length > 0 ? { chunk, inner: true } : { chunk }, chunk.type);
}

/** What is known of a step before it ends. */
export interface Seen {
  readonly stepName: string;
  readonly id: string;
  readonly stepCallId?: string;
  readonly payload: unknown;
  readonly startedAt: number;
}

/** Shows how a step that holds others ended. Ends that belong to the whole run are shown there. */
export function showEnd(scope: Scope, seen: Seen, outcome: Outcome): void {
  const envelope = { runId: scope.execution.live.id, from: "WORKFLOW" } as const;
  if (outcome.status === "success") {
    const payload = { ...seen, status: "success" as const, output: outcome.output, endedAt: Date.now() };
    show(scope, { type: "workflow-step-result", ...envelope, payload });
  } else if (outcome.status === "failed") {
    const payload = { ...seen, status: "failed" as const, error: outcome.error, endedAt: Date.now() };
    show(scope, { type: "workflow-step-result", ...envelope, payload });
  } else if (outcome.status === "suspended") {
    const payload = { ...seen, status: "suspended" as const, suspendPayload: outcome.payload, suspendedAt: Date.now() };
    show(scope, { type: "workflow-step-suspended", ...envelope, payload });
  }
}

export function note(execution: Execution, value: Note): void {
  send(execution, { note: value }, `~${value.kind}`);
}

function send({ view, live }: Execution, data: EventData, type: string): void {
  addToView(view, data);
  live.emit(type, data);
}

/** The id of a step as streams show it. */
export function shownId(scope: Scope, id: string): { stepName: string; id: string } {
  return scope.path.length === 0 ? { stepName: id, id } : { stepName: id, id: [...scope.path, id].join(".") };
}

const GRAVITY: readonly Outcome["status"][] = ["canceled", "failed", "bailed", "asleep", "suspended", "paused"];

/** What outcomes of several branches come to, when not all of them succeeded. */
export function worst(outcomes: readonly Outcome[]): Outcome | undefined {
  for (const status of GRAVITY) {
    const found = outcomes.filter((outcome) => outcome.status === status);
    if (found.length > 1 && status === "asleep") return earliest(found);
    if (found[0]) return found[0];
  }
  return undefined;
}

function earliest(outcomes: readonly Outcome[]): Outcome {
  return { status: "asleep", wakeAt: Math.min(...outcomes.map((outcome) => (outcome.status === "asleep" ? outcome.wakeAt : Infinity))) };
}
