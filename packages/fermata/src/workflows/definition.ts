import type { Durability } from "../runs/run-log.ts";
import type { AnyStep, GraphNode } from "./graph.ts";
import type { StepError, WorkflowStatus } from "./chunks.ts";
import type { StepView } from "./run-view.ts";
import type { WorkflowSchedule } from "./schedule.ts";

/** What `onFinish` and `onError` are told. */
export interface WorkflowEnd {
  readonly runId: string;
  readonly workflowId: string;
  readonly status: WorkflowStatus;
  readonly result?: unknown;
  readonly error?: StepError;
  readonly steps: Readonly<Record<string, StepView>>;
}

export interface WorkflowOptions {
  /**
   * What a run leaves on disk, when there is a storage. `batched` (default): every result before anything follows from it, events together
   * with what comes soon. `full`: an event too is on disk before anybody sees it. `memory`: nothing; the run is gone with the process.
   */
  readonly durability?: Durability;
  /**
   * What becomes of a run whose process is gone. `continue` (default): another process goes on from what is recorded. `fail`: it ends as failed.
   * `wait`: it is paused until somebody starts or restarts it.
   */
  readonly recovery?: "continue" | "fail" | "wait";
  /** Check what each step gets against its `inputSchema`. Default true. */
  readonly validateInputs?: boolean;
  /** Called before the first step; what it throws ends the run as failed. */
  readonly onStart?: (start: { readonly runId: string; readonly workflowId: string; readonly inputData: unknown }) => void | Promise<void>;
  /** Called when a run has ended or waits. What these two throw is logged. */
  readonly onFinish?: (end: WorkflowEnd) => void | Promise<void>;
  /** Called when a run has failed. */
  readonly onError?: (end: WorkflowEnd) => void | Promise<void>;
}

/** A committed workflow as the runtime sees it. */
export interface WorkflowDefinition extends AnyStep {
  readonly options: WorkflowOptions;
  readonly graph: readonly GraphNode[];
  readonly graphHash: string;
  /** When it runs by itself. */
  readonly schedules?: readonly WorkflowSchedule[];
}
