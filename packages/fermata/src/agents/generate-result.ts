/** The answer of `generate`: everything that a stream of the same run would have shown, at once (`wire.md` section 4.2). */
import type { ModelMessage, ModelUsage } from "../models/types.ts";
import type { EnvelopeChunk, RunFinishReason, StepMetadata, ToolCallPayload, ToolResultPayload } from "./chunks.ts";
import type { FilePayload, SourcePayload, TripwireInfo } from "./loop/state.ts";
import type { StoredMessage } from "./messages/stored.ts";
import type { UiMessage } from "./messages/to-ui.ts";

export type Chunk<T extends string, P> = EnvelopeChunk<T, P>;
type ToolCallChunk = Chunk<"tool-call", ToolCallPayload>;
type ToolResultChunk = Chunk<"tool-result", ToolResultPayload>;
type SourceChunk = Chunk<"source", SourcePayload>;
type FileChunk = Chunk<"file", FilePayload>;
export type ReasoningChunk = Chunk<"reasoning", { readonly text: string }>;

/** One model call of a run, as `generate` reports it. */
export interface StepSummary {
  readonly stepType: "initial" | "tool-result";
  readonly sources: readonly SourceChunk[];
  readonly files: readonly FileChunk[];
  readonly toolCalls: readonly ToolCallChunk[];
  readonly toolResults: readonly ToolResultChunk[];
  readonly content: readonly unknown[];
  readonly text: string;
  readonly reasoningText: string;
  readonly reasoning: readonly ReasoningChunk[];
  readonly staticToolCalls: readonly unknown[];
  readonly dynamicToolCalls: readonly unknown[];
  readonly staticToolResults: readonly unknown[];
  readonly dynamicToolResults: readonly unknown[];
  readonly finishReason: RunFinishReason;
  readonly usage: ModelUsage;
  readonly warnings: readonly unknown[];
  readonly request: unknown;
  readonly response: Omit<StepMetadata, "providerMetadata" | "request"> & { readonly messages: readonly ModelMessage[] };
  readonly providerMetadata?: unknown;
}

export interface GenerateResult<T = unknown> {
  readonly text: string;
  readonly usage: ModelUsage;
  readonly steps: readonly StepSummary[];
  readonly finishReason: RunFinishReason;
  readonly warnings: readonly unknown[];
  readonly providerMetadata?: unknown;
  readonly request: unknown;
  readonly reasoning: readonly ReasoningChunk[];
  readonly reasoningText: string;
  readonly toolCalls: readonly ToolCallChunk[];
  readonly toolResults: readonly ToolResultChunk[];
  readonly sources: readonly SourceChunk[];
  readonly files: readonly FileChunk[];
  readonly response: Partial<Omit<StepMetadata, "providerMetadata" | "request">> & {
    readonly messages?: readonly ModelMessage[];
    readonly uiMessages?: readonly UiMessage[];
    readonly dbMessages: readonly StoredMessage[];
  };
  /** The same as `usage`; the reference has both. */
  readonly totalUsage: ModelUsage;
  /** The data, when structured output was asked for. */
  readonly object?: T;
  readonly usedFallbackValue: boolean;
  readonly runId: string;
  /** What the run waits for, when `finishReason` is `suspended`. */
  readonly suspendPayload?: unknown;
  readonly resumeSchema?: string;
  readonly tripwire?: TripwireInfo;
  /** The conversation of this run in its stored form. */
  readonly messages: readonly StoredMessage[];
  readonly rememberedMessages: readonly StoredMessage[];
}
