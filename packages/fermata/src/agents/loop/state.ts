import type { ModelMessage, ModelUsage } from "../../models/types.ts";
import type { RunFinishReason, StepMetadata, ToolCallPayload, ToolResultPayload } from "../chunks.ts";

/** What one model call, with the tools it called, brought. */
export interface StepRecord {
  /** Counts from 0. */
  readonly stepNumber: number;
  /** All text of the step. */
  text: string;
  reasoningText: string;
  readonly toolCalls: ToolCallPayload[];
  readonly toolResults: ToolResultPayload[];
  readonly sources: SourcePayload[];
  readonly files: FilePayload[];
  finishReason: RunFinishReason;
  rawFinishReason: string | undefined;
  usage: ModelUsage;
  warnings: readonly unknown[];
  metadata: StepMetadata;
  /** What was sent to the provider. For the operator alone. */
  request: unknown;
  /** What the step adds to the conversation. */
  readonly messages: ModelMessage[];
  /** Whether another step follows. */
  isContinued: boolean;
  object?: unknown;
}

export interface SourcePayload {
  readonly id: string;
  readonly sourceType: string;
  readonly title?: string;
  readonly url?: string;
  readonly mimeType?: string;
  readonly filename?: string;
}

export interface FilePayload {
  /** Base64. */
  readonly data: string;
  readonly base64: string;
  readonly mimeType: string;
}

/** A part of an assistant message, in the model's own form. */
export type AssistantPart = Extract<ModelMessage, { role: "assistant" }>["content"][number];
export type ToolResultPart = Extract<Extract<ModelMessage, { role: "tool" }>["content"][number], { type: "tool-result" }>;
export type ToolOutput = ToolResultPart["output"];

/** How a tool call of the step was settled. */
export interface SettledCall {
  readonly call: ToolCallPayload;
  /** The step of the call: providers may use an id again in a later step. */
  readonly stepNumber: number;
  /** The result, as a message holds it. */
  readonly output: ToolOutput;
  /** What the model is told of it, where that is something else. */
  readonly modelOutput?: ToolOutput;
  readonly state: "result" | "output-error" | "output-denied";
  readonly result?: unknown;
  readonly errorText?: string;
  readonly approval?: { readonly id: string; readonly approved: boolean; readonly reason?: string };
}

/** A tool call that waits for somebody. */
export interface PendingCall {
  readonly call: ToolCallPayload;
  readonly kind: "approval" | "suspended";
  readonly suspendPayload?: unknown;
  /** JSON text of a JSON Schema. */
  readonly resumeSchema: string;
  /** The run of another agent that waits behind this call. */
  readonly nested?: NestedSuspension;
}

export interface NestedSuspension {
  readonly agentKey: string;
  readonly runId: string;
  readonly toolCallId: string;
  readonly toolName: string;
  readonly args: unknown;
}

/** A conversation that stands for the one that the run was given and the first messages that it added. */
export interface ConversationView {
  readonly messages: readonly ModelMessage[];
  readonly upTo: number;
}

/** How a run ended. */
export type RunStatus = "running" | "finished" | "failed" | "suspended" | "aborted" | "tripwire";

export interface TripwireInfo {
  readonly reason: string;
  readonly retry: boolean;
  readonly metadata: unknown;
  readonly processorId: string;
}

/** Something that was said to the run after it had said the first `after` messages. */
export interface Heard {
  readonly after: number;
  readonly messages: readonly ModelMessage[];
}
