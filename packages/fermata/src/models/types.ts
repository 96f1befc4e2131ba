/**
 * What the agent loop knows of a model. Any AI SDK model object of provider specification v2, v3 or v4 fits; the three differ in
 * how they report the end of an answer, and `PartReader` hands on one form.
 */
import type {
  LanguageModelV2,
  LanguageModelV2StreamPart,
  LanguageModelV3,
  LanguageModelV3StreamPart,
  LanguageModelV4,
  LanguageModelV4StreamPart,
  LanguageModelV4CallOptions,
} from "@ai-sdk/provider";

/** A model object of the AI SDK provider interface. */
export type LanguageModel = LanguageModelV2 | LanguageModelV3 | LanguageModelV4;

/** What a model is asked. Written in the newest form; the older ones accept it for everything that the loop sends. */
export type ModelCallOptions = LanguageModelV4CallOptions;
/** The messages of a call, in the provider interface's own form. */
export type ModelPrompt = LanguageModelV4CallOptions["prompt"];
export type ModelMessage = ModelPrompt[number];

type AnyStreamPart = LanguageModelV2StreamPart | LanguageModelV3StreamPart | LanguageModelV4StreamPart;

/** Why a model stopped. */
export type FinishReason = "stop" | "length" | "content-filter" | "tool-calls" | "error" | "other";

/** Tokens of one model call, or their sum over the calls of a run. A member is absent when the provider did not report it. */
export interface ModelUsage {
  inputTokens?: number;
  outputTokens?: number;
  totalTokens?: number;
  reasoningTokens?: number;
  cachedInputTokens?: number;
  cacheCreationInputTokens?: number;
  /** What the provider itself reported, as it came. */
  raw?: unknown;
}

/** The end of a model's answer, in one form for all specification versions. */
export interface FinishPart {
  readonly type: "finish";
  readonly finishReason: FinishReason;
  /** The provider's own word; only v3 and later report it. */
  readonly rawFinishReason?: string;
  readonly usage: ModelUsage;
  readonly providerMetadata?: Readonly<Record<string, unknown>>;
}

/** One part of a model's answer as it streams. Everything but `finish` is as the model gave it. */
export type ModelPart = Exclude<AnyStreamPart, { type: "finish" }> | FinishPart;

/** A pull source of parts. `read` resolves to `undefined` at the end; `cancel` lets go of the provider's connection. */
export interface PartReader {
  read(): Promise<ModelPart | undefined>;
  /** Parts that are already here, if all of them are: then nothing needs to be awaited. */
  readonly ready?: readonly ModelPart[];
  cancel(reason?: unknown): void;
}

/** A model with what belongs to its place in a fallback list. */
export interface ModelCandidate {
  readonly model: LanguageModel;
  /** Repeats after the first try, for failures that may pass (429, 5xx, network). */
  readonly maxRetries: number;
  readonly id?: string;
  readonly modelSettings?: ModelSettings;
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Limits of a run in milliseconds. */
export interface ModelTimeouts {
  /** The whole run, tools included. Kept by the agent loop. */
  readonly totalMs?: number;
  /** One model call, from the request to its last part. */
  readonly stepMs?: number;
  /** From the request to the first part of the answer. */
  readonly firstChunkMs?: number;
}

/** Sampling settings, named as in the AI SDK. */
export interface ModelSettings {
  readonly temperature?: number;
  readonly maxOutputTokens?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly stopSequences?: readonly string[];
  readonly seed?: number;
  /** Repeats per model for failures that may pass. Default 2. */
  readonly maxRetries?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeout?: ModelTimeouts;
}

/** One model call of the loop. */
export interface ModelRequest {
  /** `generate` asks for the whole answer at once, `stream` for its parts as they come. */
  readonly mode: "generate" | "stream";
  readonly options: ModelCallOptions;
  readonly timeouts?: ModelTimeouts | undefined;
}

/** The answer to a `ModelRequest`, from the first candidate that gave one. */
export interface ModelReply {
  readonly model: LanguageModel;
  readonly parts: PartReader;
  /** What was sent to the provider. Never leaves the server for a public audience. */
  readonly request?: { readonly body?: unknown };
  readonly response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** How an app names a model: `'provider/model'`, `'auto'`, a model object, or an OpenAI-compatible endpoint. */
export type ModelConfig = string | LanguageModel | EndpointConfig;

/** An OpenAI-compatible chat endpoint. */
export interface EndpointConfig {
  /** `'provider/model'`; with `url`, the part before the slash is only a label. */
  readonly id: string;
  /** Base URL, for example `http://localhost:11434/v1`. Without it the provider's own. */
  readonly url?: string;
  readonly apiKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An entry of a fallback list. */
export interface FallbackEntry {
  readonly model: ModelConfig;
  readonly id?: string;
  readonly maxRetries?: number;
  readonly enabled?: boolean;
  readonly modelSettings?: ModelSettings;
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly headers?: Readonly<Record<string, string>>;
}
