/** What is known of a run, put together from its events: the same for the process that works on it and for any other. */
import type { RunEvent, RunRecord } from "../storage/runs.ts";
import {
  NO_USAGE,
  type StepError,
  type StepStatus,
  type StepTimes,
  type WorkflowChunk,
  type WorkflowStatus,
  type WorkflowUsage,
} from "./chunks.ts";

/** A step as a run shows it. */
export interface StepView extends StepTimes {
  readonly status: StepStatus;
  readonly output?: unknown;
  readonly error?: StepError;
  readonly endedAt?: number;
  readonly suspendPayload?: unknown;
  readonly suspendedAt?: number;
}

/** A step as its newest chunk says it. */
export type NamedStep = StepView & { readonly id: string; readonly stepName: string; readonly stepCallId?: string };

/** A place where a run waits for somebody. */
export interface Wait {
  /** The name that it is answered under: the key of its place and a number. */
  readonly name: string;
  /** The ids of the step and of the workflows around it. */
  readonly path: readonly string[];
  readonly labels: readonly string[];
  /** Which item of the outermost `foreach` around. */
  readonly index?: number;
  readonly payload: unknown;
}

/** Something that belongs to the log and to no stream. */
export type Note =
  /** What a run was started with that had been made before. */
  | { readonly kind: "start"; readonly start: Readonly<Record<string, unknown>> }
  | { readonly kind: "wait"; readonly wait: Wait }
  | { readonly kind: "answered"; readonly name: string }
  /** The waits of a run that was taken back to an earlier place are forgotten. */
  | { readonly kind: "rewound" };

/** What an event of a workflow's run holds. `inner` marks the steps of a workflow inside. */
export interface EventData {
  readonly chunk?: WorkflowChunk;
  readonly inner?: true;
  readonly note?: Note;
}

export interface RunView {
  readonly steps: Map<string, NamedStep>;
  /** Steps of workflows inside, by their path with dots between the ids. */
  readonly innerSteps: Map<string, NamedStep>;
  readonly executionPath: string[];
  readonly waits: Map<string, Wait>;
  usage: WorkflowUsage;
  /** Whether a stretch of work has begun and was not ended: it goes on after a sleep, or after its process was gone. */
  isAtWork: boolean;
  /** What the run was started with, when its record does not say it. */
  start: Readonly<Record<string, unknown>> | undefined;
}

export function emptyView(): RunView {
  return {
    steps: new Map(),
    innerSteps: new Map(),
    executionPath: [],
    waits: new Map(),
    usage: NO_USAGE,
    isAtWork: false,
    start: undefined,
  };
}

export function viewOf(events: readonly Pick<RunEvent, "data">[]): RunView {
  const view = emptyView();
  for (const { data } of events) addToView(view, data as EventData); // written by the interpreter
  return view;
}

/** The steps that the stretch of work under way has shown as begun, and not as ended, by id. */
export function openSteps(view: RunView): Map<string, NamedStep> {
  if (!view.isAtWork) return new Map();
  return new Map([...view.steps, ...view.innerSteps].filter(([, { status }]) => status === "running"));
}

export function addToView(view: RunView, { chunk, inner, note }: EventData): void {
  if (note) addNote(view, note);
  if (!chunk) return;
  if (chunk.type === "workflow-start") view.isAtWork = true;
  else if (chunk.type === "workflow-finish") view.isAtWork = false;
  else if (chunk.type === "workflow-step-output") view.usage = addUsage(view.usage, chunk);
  else if (inner) addStep(view.innerSteps, undefined, chunk);
  else addStep(view.steps, view.executionPath, chunk);
}

function addNote(view: RunView, note: Note): void {
  if (note.kind === "wait") view.waits.set(note.wait.name, note.wait);
  else if (note.kind === "answered") view.waits.delete(note.name);
  else if (note.kind === "rewound") view.waits.clear();
  else view.start = note.start;
}

function addStep(steps: Map<string, NamedStep>, executionPath: string[] | undefined, chunk: WorkflowChunk): void {
  switch (chunk.type) {
    case "workflow-step-start":
    case "workflow-step-suspended":
    case "workflow-step-waiting":
      steps.set(chunk.payload.id, chunk.payload);
      return;
    case "workflow-step-result": {
      const { payload: ended } = chunk;
      steps.set(ended.id, "payload" in ended ? ended : { ...begunWith(steps.get(ended.id)), ...ended });
      executionPath?.push(ended.id);
      return;
    }
    default:
  }
}

function begunWith({ payload, startedAt }: Partial<NamedStep> = {}): StepTimes {
  return { ...(payload !== undefined && { payload }), ...(startedAt !== undefined && { startedAt }) };
}

/** The step without what it is called. */
export function toStep({ id: _id, stepName: _stepName, stepCallId: _stepCallId, ...step }: NamedStep): StepView {
  return step;
}

/** Steps by id. */
export function toSteps(steps: ReadonlyMap<string, NamedStep>): Record<string, StepView> {
  return Object.fromEntries([...steps].map(([id, step]) => [id, toStep(step)]));
}

/** The tokens of an agent that a step lets its stream be seen of. */
function addUsage(usage: WorkflowUsage, chunk: Extract<WorkflowChunk, { readonly type: "workflow-step-output" }>): WorkflowUsage {
  const { output } = chunk.payload;
  if (typeof output !== "object" || output === null || !("type" in output) || output.type !== "finish" || !("payload" in output))
    return usage;
  const used = (output.payload as { output?: { usage?: Partial<Record<keyof WorkflowUsage, unknown>> } } | undefined)?.output?.usage;
  if (!used) return usage;
  const sum = (key: keyof WorkflowUsage): number => usage[key] + (typeof used[key] === "number" ? used[key] : 0);
  return {
    inputTokens: sum("inputTokens"),
    outputTokens: sum("outputTokens"),
    totalTokens: sum("totalTokens"),
    cachedInputTokens: sum("cachedInputTokens"),
    cacheCreationInputTokens: sum("cacheCreationInputTokens"),
    reasoningTokens: sum("reasoningTokens"),
  };
}

/** How a run has ended, or that it waits. Kept as the output of its record. */
export interface RunEnding {
  readonly status: WorkflowStatus;
  readonly result?: unknown;
  readonly error?: StepError;
  /** The number of the signal that a run waits for that has not begun, or that was paused. */
  readonly next?: number;
}

export function endingOf(record: RunRecord): RunEnding | undefined {
  return record.output as RunEnding | undefined; // written by the driver of workflows
}

/** The status as the wire knows it. */
export function statusOf(record: RunRecord, view?: RunView): WorkflowStatus {
  if (record.status === "ready" || record.status === "running") {
    const waiting = view && [...view.steps.values()].some(({ status }) => status === "waiting");
    return waiting ? "waiting" : "running";
  }
  return (
    endingOf(record)?.status ??
    (record.status === "done"
      ? "success"
      : record.status === "cancelled"
        ? "canceled"
        : record.status === "suspended"
          ? "suspended"
          : "failed")
  );
}
