import type { LiveRun } from "../runs/live-run.ts";
import type { ScopedRuns } from "../runs/scoped-runs.ts";
import type { RunRecord } from "../storage/runs.ts";
import type { StepError } from "./chunks.ts";
import type { StartData } from "./drive.ts";
import { endingOf, statusOf, toSteps, viewOf, type RunView, type StepView } from "./run-view.ts";

interface Base<In> {
  readonly runId: string;
  readonly input: In;
  /** Steps of the outermost workflow by id, and under `input` what the run was given. */
  readonly steps: Readonly<Record<string, StepView>> & { readonly input?: unknown };
  readonly stepExecutionPath: readonly string[];
  /** The labels under which the run can be resumed. */
  readonly resumeLabels: ResumeLabels;
  /** The shared state, when it was asked for. */
  readonly state?: unknown;
}

/** How a run came out, or what it waits for. */
export type WorkflowResult<Out = unknown, In = unknown> = Base<In> &
  (
    | { readonly status: "success"; readonly result: Out }
    | { readonly status: "failed" | "tripwire"; readonly error: StepError }
    | {
        readonly status: "suspended";
        /** The paths of ids under which the run can be resumed. */
        readonly suspended: readonly (readonly string[])[];
        /** What each waiting step of the outermost workflow has said. */
        readonly suspendPayload: Readonly<Record<string, unknown>>;
      }
    | { readonly status: "canceled" | "paused" | "pending" | "running" | "waiting" }
  );

export type ResumeLabels = Readonly<Record<string, { readonly stepId: string; readonly forEachIndex?: number }>>;

/** The record and the events of a run together. */
export interface RunState {
  readonly record: RunRecord;
  readonly view: RunView;
  readonly lastSeq: number;
  readonly start: StartData;
}

/** The state of a run that this process has brought to its end; `undefined` when somebody may have gone on with it. */
export function stateOf({ record, end, knowledge, lastSeq }: LiveRun): RunState | undefined {
  if (!end || end.status === "ready" || end.status === "suspended") return undefined;
  const view = knowledge as RunView; // set by the driver of workflows
  const { status, output } = end;
  return { record: { ...record, status, output }, view, lastSeq, start: view.start ?? record.input ?? {} }; // as below
}

export async function loadRun(runs: ScopedRuns, record: RunRecord): Promise<RunState> {
  const events = await runs.events(record);
  const view = viewOf(events);
  return { record, view, lastSeq: events.at(-1)?.seq ?? 0, start: view.start ?? record.input ?? {} }; // written by `startRun`
}

export function resultOf({ record, view, start }: RunState): WorkflowResult {
  const status = statusOf(record, view);
  const input = start.inputData;
  const base: Base<unknown> = {
    runId: record.id,
    input,
    steps: { ...(input !== undefined && { input }), ...toSteps(view.steps) } as Base<unknown>["steps"], // `input` stands beside the steps
    stepExecutionPath: view.executionPath,
    resumeLabels: labelsOf(view),
  };
  const ending = endingOf(record);
  switch (status) {
    case "success":
      return { status, ...base, result: ending?.result };
    case "failed":
    case "tripwire":
      return { status, ...base, error: ending?.error ?? { name: "Error", message: "The run failed." } };
    case "suspended":
      return { status, ...base, suspended: suspendedPaths(view), suspendPayload: suspendPayloads(view) };
    default:
      return { status, ...base };
  }
}

/** Each path once: items of a `foreach` share one. */
function suspendedPaths(view: RunView): (readonly string[])[] {
  const paths = new Map([...view.waits.values()].map(({ path }) => [path.join("\n"), path]));
  return [...paths.values()];
}

function suspendPayloads(view: RunView): Record<string, unknown> {
  const payloads: Record<string, unknown> = {};
  for (const { path, payload } of view.waits.values()) {
    const [id] = path;
    if (id !== undefined && !Object.hasOwn(payloads, id)) payloads[id] = payload;
  }
  return payloads;
}

export function labelsOf(view: RunView): ResumeLabels {
  const entries = [...view.waits.values()].flatMap(({ labels, path, index }) =>
    labels.map((label) => [label, { stepId: path.join("."), ...(index !== undefined && { forEachIndex: index }) }] as const),
  );
  return Object.fromEntries(entries);
}
