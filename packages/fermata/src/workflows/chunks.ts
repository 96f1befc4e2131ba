/** The events of a workflow's run, in the form that the wire knows them (`wire.md` section 7). */
import type { DataChunk } from "../tools/tool-writer.ts";

export type WorkflowStatus = "pending" | "running" | "waiting" | "suspended" | "paused" | "success" | "failed" | "canceled" | "tripwire";
export type StepStatus = "running" | "waiting" | "suspended" | "success" | "failed";

/** A failure as it is kept and shown. `code` is there when it is part of the contract; without one the message is for the operator alone. */
export interface StepError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly details?: unknown;
}

export interface WorkflowUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheCreationInputTokens: number;
  readonly reasoningTokens: number;
}

interface Chunk<Type extends string, Payload, From extends string = "WORKFLOW"> {
  readonly type: Type;
  readonly runId: string;
  readonly from: From;
  readonly payload: Payload;
}

interface StepId {
  readonly stepName: string;
  /** With the ids of the workflows around it: `outer.inner`. */
  readonly id: string;
}

export interface StepTimes {
  readonly payload?: unknown;
  /** Epoch milliseconds, as all times here. */
  readonly startedAt?: number;
  readonly resumePayload?: unknown;
  readonly resumedAt?: number;
}

interface Called extends StepId, StepTimes {
  /** One id for the start and the end of a step; iterations of a `foreach` have none. */
  readonly stepCallId?: string;
}

export type StepResultPayload = Called & {
  readonly status: "success" | "failed";
  readonly output?: unknown;
  readonly error?: StepError;
  readonly endedAt: number;
};

export type WorkflowChunk =
  | Chunk<"workflow-start", { readonly workflowId: string }>
  | Chunk<"workflow-step-start", Called & { readonly status: "running" }>
  | Chunk<"workflow-step-result", StepResultPayload>
  | Chunk<
      "workflow-step-suspended",
      Called & { readonly status: "suspended"; readonly suspendPayload: unknown; readonly suspendedAt: number }
    >
  | Chunk<"workflow-step-waiting", StepId & { readonly payload: unknown; readonly startedAt: number; readonly status: "waiting" }>
  | Chunk<
      "workflow-step-progress",
      StepId & {
        readonly completedCount: number;
        readonly totalCount: number;
        readonly currentIndex: number;
        readonly iterationStatus: "success" | "failed" | "suspended";
        readonly iterationOutput?: unknown;
      }
    >
  | Chunk<"workflow-step-output", { readonly stepName: string; readonly output: unknown; readonly runId: string }, "USER">
  | Chunk<"workflow-canceled", Record<string, never>>
  | Chunk<"workflow-paused", Record<string, never>>
  | Chunk<
      "workflow-finish",
      {
        readonly workflowStatus: WorkflowStatus;
        readonly metadata: { readonly error?: StepError; readonly errorMessage?: string };
        readonly output: { readonly usage: WorkflowUsage };
        readonly finalWorkflowResult?: unknown;
      }
    >
  | DataChunk;

export const NO_USAGE: WorkflowUsage = {
  inputTokens: 0,
  outputTokens: 0,
  totalTokens: 0,
  cachedInputTokens: 0,
  cacheCreationInputTokens: 0,
  reasoningTokens: 0,
};
