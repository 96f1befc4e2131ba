import type { RequestContext } from "../context/request-context.ts";
import type { MemoryConfig } from "../memory/options.ts";
import type { FallbackEntry, ModelConfig, ModelSettings } from "../models/types.ts";
import type { Durability } from "../runs/run-log.ts";
import type { Schema } from "../schema/schema.ts";
import type { Tools } from "../tools/tool.ts";
import type { AgentChunk } from "./chunks.ts";
import type { Processor } from "./processors.ts";
import type { StepRecord } from "./loop/state.ts";
import type { GenerateResult } from "./generate-result.ts";

/** A value, or a function of the request that gives it. */
export type Dynamic<T, M = unknown> =
  | T
  | ((args: { readonly requestContext: RequestContext; readonly mastra: M | undefined }) => T | Promise<T>);

/** System text: one string, several, or messages with provider options. */
export type Instructions = string | readonly string[] | SystemMessage | readonly SystemMessage[];

export interface SystemMessage {
  readonly role: "system";
  readonly content: string;
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What becomes of a run whose reader is gone: stop it, let it go on, or stop it when nobody has come back after `graceMs`. */
export type OnDisconnect = "cancel" | "continue" | { readonly graceMs: number };

/** What to talk about: a text, or messages in any of the forms that AI SDK and Mastra apps use. */
export type MessageInput = string | readonly unknown[];

export type ToolChoice = "auto" | "none" | "required" | { readonly type: "tool"; readonly toolName: string };

/** An answer that is data. */
export interface StructuredOutput<T = unknown> {
  readonly schema: Schema<T>;
  /** A second model that turns the first one's text into the data. Default: the agent's model writes the data itself. */
  readonly model?: ModelConfig;
  /** Tells the second model how. */
  readonly instructions?: string;
  /** Describe the schema in the prompt instead of asking the provider to keep to it. Default: only where the model cannot. */
  readonly jsonPromptInjection?: boolean | "system" | "inline" | "auto";
  /** When the answer does not fit: fail (default), log and go on without data, or use `fallbackValue`. */
  readonly errorStrategy?: "strict" | "warn" | "fallback";
  readonly fallbackValue?: T;
}

/** A tool that the caller runs. The model may call it; the run ends there and goes on with the caller's next request. */
export interface ClientTool {
  readonly id?: string;
  readonly description?: string;
  readonly inputSchema?: Schema;
  /** The name of `inputSchema` in older clients. */
  readonly parameters?: Schema;
  /** Hold the model to the schema, where its provider can. */
  readonly strict?: boolean;
}

/** Which conversation a run is a turn of. */
export interface MemoryOptions {
  readonly thread?: string | { readonly id: string; readonly title?: string; readonly metadata?: Readonly<Record<string, unknown>> };
  /** Whose it is. Needed with a thread. */
  readonly resource?: string;
  readonly readOnly?: boolean;
  /** Change those of the memory for this run. */
  readonly options?: MemoryConfig;
}

/** What `prepareStep` may change for the next model call. */
export interface PreparedStep {
  readonly model?: ModelConfig;
  readonly toolChoice?: ToolChoice;
  readonly activeTools?: readonly string[];
  readonly instructions?: Instructions;
  readonly modelSettings?: ModelSettings;
}

export type StopCondition = (state: { readonly steps: readonly StepRecord[] }) => boolean | Promise<boolean>;

/** Options of one `generate` or `stream`. */
export interface AgentOptions<T = unknown> {
  readonly runId?: string;
  readonly requestContext?: RequestContext;
  readonly abortSignal?: AbortSignal;
  /** Replaces the agent's instructions. */
  readonly instructions?: Instructions;
  /** Added after the instructions. */
  readonly system?: Instructions;
  /** Messages put before the conversation. */
  readonly context?: readonly unknown[];
  readonly memory?: MemoryOptions;
  /** Model calls at most. Default 5. */
  readonly maxSteps?: number;
  readonly stopWhen?: StopCondition | readonly StopCondition[];
  readonly prepareStep?: (args: {
    readonly stepNumber: number;
    readonly steps: readonly StepRecord[];
    readonly requestContext: RequestContext;
  }) => PreparedStep | undefined | Promise<PreparedStep | undefined>;
  readonly model?: ModelConfig | readonly FallbackEntry[];
  readonly modelSettings?: ModelSettings;
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly toolChoice?: ToolChoice;
  /** Names of the tools that the model may see. Default: all. */
  readonly activeTools?: readonly string[];
  /** More tools, by set and name. */
  readonly toolsets?: Readonly<Record<string, Tools>>;
  readonly clientTools?: Readonly<Record<string, ClientTool>>;
  /** Calls that run at the same time. Default 10; 1 while calls may need approval. */
  readonly toolCallConcurrency?: number;
  readonly requireToolApproval?: boolean | ((call: { readonly toolName: string; readonly args: unknown }) => boolean | Promise<boolean>);
  readonly structuredOutput?: StructuredOutput<T>;
  readonly inputProcessors?: readonly Processor[];
  readonly outputProcessors?: readonly Processor[];
  /** How often output processors may have the model asked again. Default 1. */
  readonly maxProcessorRetries?: number;
  readonly includeRawChunks?: boolean;
  /** What the run leaves in the app's `storage`. Default: as the agent says. */
  readonly durability?: Durability;
  // What these functions throw is logged and changes nothing.
  readonly onChunk?: (chunk: AgentChunk) => void | Promise<void>;
  readonly onStepFinish?: (step: StepRecord) => void | Promise<void>;
  /** A method, so that options for one kind of data are options for any. */
  onFinish?(result: GenerateResult<T>): void | Promise<void>;
  readonly onError?: (event: { readonly error: unknown }) => void | Promise<void>;
  readonly onAbort?: (event: { readonly reason: unknown }) => void | Promise<void>;
}
