/**
 * The events of an agent run, in the form that the wire knows them (`wire.md` section 5). A run is this sequence and nothing else:
 * streams show it, `generate` collects it.
 */
import type { FinishReason, ModelUsage } from "../models/types.ts";

/** Who a chunk speaks for. */
export type ChunkSource = "AGENT" | "USER" | "SYSTEM";

/** A chunk with the envelope that nearly all of them have. */
export interface EnvelopeChunk<Type extends string, Payload> {
  readonly type: Type;
  readonly runId: string;
  readonly from: ChunkSource;
  readonly payload: Payload;
}

export interface ToolCallPayload {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly args: unknown;
  readonly providerExecuted?: boolean;
  readonly providerMetadata?: unknown;
  readonly dynamic?: boolean;
}

export interface ToolResultPayload extends ToolCallPayload {
  readonly result: unknown;
  readonly isError?: boolean;
}

/** A failure as it stands in a chunk. `message` is fit for every audience; `cause` is for the operator alone. */
export interface ChunkError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly id?: string;
  readonly details?: unknown;
  readonly cause?: unknown;
}

export interface ModelMetadata {
  readonly modelId: string;
  readonly modelVersion: string;
  readonly modelProvider: string;
}

/** Filled in as the answer tells it, hence not read-only. */
export interface StepMetadata {
  providerMetadata?: unknown;
  id: string;
  /** ISO 8601. */
  timestamp: string;
  modelId: string;
  headers?: Readonly<Record<string, string>> | undefined;
  modelMetadata: ModelMetadata;
  readonly request?: unknown;
}

/** Why a step or a run ended. */
export type RunFinishReason = FinishReason | "suspended" | "tripwire";

export interface StepResult {
  readonly reason: RunFinishReason;
  readonly isContinued: boolean;
  readonly messageId?: string;
  readonly rawReason?: string | undefined;
  readonly warnings?: readonly unknown[];
}

export interface FinishPayload {
  readonly messageId: string;
  readonly stepResult: StepResult;
  readonly metadata: StepMetadata;
  readonly output: {
    readonly text: string;
    readonly toolCalls: readonly ToolCallPayload[];
    readonly usage: ModelUsage;
    readonly steps: readonly unknown[];
    readonly object?: unknown;
  };
  readonly messages: { readonly all: readonly unknown[]; readonly user: readonly unknown[]; readonly nonUser: readonly unknown[] };
  readonly processorRetryCount: number;
  readonly response?: unknown;
}

interface Id {
  readonly id: string;
  readonly providerMetadata?: unknown;
}

interface Approval {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly args: unknown;
  /** JSON text of a JSON Schema. */
  readonly resumeSchema: string;
}

/** Every chunk of an agent run. */
export type AgentChunk =
  | EnvelopeChunk<"start", { readonly id: string; readonly messageId: string }>
  | EnvelopeChunk<
      "step-start",
      { readonly warnings: readonly unknown[]; readonly messageId: string; readonly startedAt: number; readonly request: unknown }
    >
  | EnvelopeChunk<"text-start", Id>
  | EnvelopeChunk<"text-delta", { readonly id: string; readonly text: string; readonly providerMetadata?: unknown }>
  | EnvelopeChunk<"text-end", Id & { readonly type: "text-end" }>
  | EnvelopeChunk<"reasoning-start", Id>
  | EnvelopeChunk<"reasoning-delta", { readonly id: string; readonly text: string; readonly providerMetadata?: unknown }>
  | EnvelopeChunk<"reasoning-end", Id>
  | EnvelopeChunk<
      "source",
      Id & {
        readonly sourceType: string;
        readonly title?: string;
        readonly url?: string;
        readonly mimeType?: string;
        readonly filename?: string;
      }
    >
  | EnvelopeChunk<
      "file",
      { readonly data: string; readonly base64: string; readonly mimeType: string; readonly providerMetadata?: unknown }
    >
  | EnvelopeChunk<
      "tool-call-input-streaming-start",
      { readonly toolCallId: string; readonly toolName: string; readonly providerExecuted?: boolean; readonly dynamic?: boolean }
    >
  | EnvelopeChunk<"tool-call-delta", { readonly argsTextDelta: string; readonly toolCallId: string; readonly toolName: string }>
  | EnvelopeChunk<"tool-call-input-streaming-end", { readonly toolCallId: string }>
  | EnvelopeChunk<"tool-call", ToolCallPayload>
  | EnvelopeChunk<"tool-result", ToolResultPayload>
  | EnvelopeChunk<"tool-error", ToolCallPayload & { readonly error: ChunkError }>
  | EnvelopeChunk<"tool-output", { readonly output: unknown; readonly toolCallId: string; readonly toolName: string }>
  | EnvelopeChunk<"tool-call-approval", Approval>
  | EnvelopeChunk<"tool-call-suspended", Approval & { readonly suspendPayload: unknown }>
  | EnvelopeChunk<
      "tool-output-denied",
      {
        readonly toolCallId: string;
        readonly toolName: string;
        readonly args: unknown;
        readonly approval: { readonly id: string; readonly approved: false; readonly reason?: string };
      }
    >
  | { readonly type: "object" | "object-result"; readonly runId: string; readonly from: ChunkSource; readonly object: unknown }
  | EnvelopeChunk<"error", { readonly type: "error"; readonly error: ChunkError }>
  | EnvelopeChunk<"abort", { readonly reason?: string }>
  | EnvelopeChunk<
      "tripwire",
      { readonly reason: string; readonly retry?: boolean; readonly metadata?: unknown; readonly processorId?: string }
    >
  | EnvelopeChunk<"raw", unknown>
  | EnvelopeChunk<"step-finish", FinishPayload>
  | EnvelopeChunk<"finish", FinishPayload>
  | {
      readonly type: `data-${string}`;
      readonly data: unknown;
      readonly id?: string;
      readonly transient?: boolean;
      readonly runId?: string;
    };

/** A reader of a run. `push` may hand back a promise: the run waits for it, which is how a slow reader slows the model down. */
export interface ChunkSink {
  /** `seq` is the chunk's number in the log, where the run is kept. */
  push(chunk: AgentChunk, seq?: number): void | Promise<void>;
  /** The run has been cancelled: whoever waits in `push` need not wait any longer. */
  release?(): void;
}
