/**
 * The answer side of the OpenAI chat-completions wire format, as far as it is read. Providers leave members out, send null
 * and add their own, so everything is optional.
 */

export interface WireUsage {
  readonly prompt_tokens?: number | null;
  readonly completion_tokens?: number | null;
  readonly total_tokens?: number | null;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number | null } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number | null } | null;
  /** DeepSeek's name of the cached tokens. */
  readonly prompt_cache_hit_tokens?: number | null;
}

export interface WireToolCall {
  readonly index?: number | null;
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null;
}

/** Text, or parts (Mistral): text and thinking. */
export type WireContent =
  | string
  | readonly { readonly type?: string; readonly text?: string; readonly thinking?: string | readonly { readonly text?: string }[] }[]
  | null;

export interface WireMessage {
  readonly content?: WireContent;
  readonly refusal?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: unknown;
  readonly tool_calls?: readonly WireToolCall[] | null;
  readonly annotations?:
    | readonly { readonly type?: string; readonly url_citation?: { readonly url?: string; readonly title?: string } }[]
    | null;
}

/** A chunk of a stream (`delta`) or a whole answer (`message`). */
export interface WireAnswer {
  readonly id?: string | null;
  readonly created?: number | null;
  readonly model?: string | null;
  readonly choices?:
    | readonly {
        readonly index?: number;
        readonly delta?: WireMessage | null;
        readonly message?: WireMessage | null;
        readonly finish_reason?: string | null;
      }[]
    | null;
  readonly usage?: WireUsage | null;
  /** Groq reports the usage of a stream here. */
  readonly x_groq?: { readonly usage?: WireUsage | null } | null;
  readonly error?: unknown;
}

/** Whether parsed JSON can be an answer at all; its members are checked where they are used. */
export function isWireAnswer(value: unknown): value is WireAnswer {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
