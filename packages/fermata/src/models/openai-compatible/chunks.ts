/** From the chunks of a chat-completions stream to stream parts. */
import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart, LanguageModelV4Usage } from "@ai-sdk/provider";
import type { WireAnswer, WireContent, WireMessage, WireToolCall, WireUsage } from "./wire.ts";

type Emit = (part: LanguageModelV4StreamPart) => void;

interface OpenCall {
  readonly id: string;
  readonly name: string;
  input: string;
}

/** Holds what is open (a text, a reasoning, tool calls by index) between the chunks of one answer. A whole answer is one chunk. */
export class ChunkReader {
  readonly #emit: Emit;
  #open: { readonly type: "text" | "reasoning"; readonly id: string } | undefined;
  #nextId = 0;
  /** In the order in which they began. */
  readonly #calls = new Map<number, OpenCall>();
  /** Pieces of a call whose name has not come yet. */
  readonly #nameless = new Map<number, { id: string | undefined; input: string }>();
  #lastIndex = -1;
  #callCount = 0;
  #hasMetadata = false;
  #finishReason: string | undefined;
  #usage: WireUsage | undefined;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** Whether the provider has said why it stopped: without it the answer is not whole. */
  get isComplete(): boolean {
    return this.#finishReason !== undefined;
  }

  read(chunk: WireAnswer): void {
    if (!this.#hasMetadata) this.#metadata(chunk);
    this.#usage = chunk.usage ?? chunk.x_groq?.usage ?? this.#usage;
    // Only the first answer is asked for; a usage chunk has none.
    const choice = chunk.choices?.[0];
    if (choice === undefined || choice === null) return;
    const message = choice.delta ?? choice.message;
    if (message !== undefined && message !== null) this.#message(message);
    if (typeof choice.finish_reason === "string" && choice.finish_reason !== "") this.#finishReason = choice.finish_reason;
  }

  /** Closes everything that is open and emits `finish`; with `failed`, half-built tool calls are dropped. */
  finish(failed = false): void {
    this.#close();
    if (!failed) for (const index of [...this.#calls.keys()]) this.#closeCall(index);
    this.#emit({
      type: "finish",
      finishReason: failed ? { unified: "error", raw: this.#finishReason } : this.#reason(),
      usage: toUsage(this.#usage),
    });
  }

  #metadata(chunk: WireAnswer): void {
    const { id, model, created } = chunk;
    if (!id && !model) return;
    this.#hasMetadata = true;
    this.#emit({
      type: "response-metadata",
      ...(id && { id }),
      ...(model && { modelId: model }),
      ...(typeof created === "number" && created > 0 && { timestamp: new Date(created * 1000) }),
    });
  }

  #message(message: WireMessage): void {
    const reasoning = message.reasoning_content ?? message.reasoning;
    if (typeof reasoning === "string") this.#text("reasoning", reasoning);
    if (message.content) this.#content(message.content);
    if (message.refusal) this.#text("text", message.refusal);
    for (const { url_citation: citation } of message.annotations ?? []) {
      if (citation?.url === undefined) continue;
      const title = citation.title === undefined ? {} : { title: citation.title };
      this.#emit({ type: "source", sourceType: "url", id: `source-${this.#nextId++}`, url: citation.url, ...title });
    }
    if (message.tool_calls) for (const call of message.tool_calls) this.#toolCall(call);
  }

  #content(content: NonNullable<WireContent>): void {
    if (typeof content === "string") return this.#text("text", content);
    for (const part of content) {
      if (typeof part.text === "string") this.#text("text", part.text);
      if (part.thinking === undefined) continue;
      const thinking = typeof part.thinking === "string" ? part.thinking : part.thinking.map((piece) => piece.text ?? "").join("");
      this.#text("reasoning", thinking);
    }
  }

  #text(type: "text" | "reasoning", delta: string): void {
    if (delta === "") return;
    if (this.#open?.type !== type) {
      this.#close();
      this.#open = { type, id: `${type}-${this.#nextId++}` };
      this.#emit({ type: `${type}-start`, id: this.#open.id });
    }
    this.#emit({ type: `${type}-delta`, id: this.#open.id, delta });
  }

  #close(): void {
    if (this.#open !== undefined) this.#emit({ type: `${this.#open.type}-end`, id: this.#open.id });
    this.#open = undefined;
  }

  #toolCall(delta: WireToolCall): void {
    const name = delta.function?.name || undefined;
    const id = delta.id || undefined;
    const index = this.#indexOf(delta, id, name);
    this.#lastIndex = index;
    let open = this.#calls.get(index);
    if (open !== undefined && name !== undefined && id !== undefined && id !== open.id) {
      this.#closeCall(index); // some providers give every whole call the same index
      open = undefined;
    }
    const piece = argumentsText(delta.function?.arguments);
    if (open === undefined) {
      const waiting = this.#nameless.get(index);
      if (name === undefined) {
        this.#nameless.set(index, { id: id ?? waiting?.id, input: (waiting?.input ?? "") + piece });
        return;
      }
      this.#nameless.delete(index);
      this.#begin(index, { id: id ?? waiting?.id ?? `call_${crypto.randomUUID()}`, name, input: "" }, (waiting?.input ?? "") + piece);
    } else this.#input(open, piece);
  }

  #indexOf(delta: WireToolCall, id: string | undefined, name: string | undefined): number {
    if (typeof delta.index === "number") return delta.index;
    if (id !== undefined) for (const [index, call] of this.#calls) if (call.id === id) return index;
    // Without an index, a piece with a name begins a call and one without continues the last.
    return name !== undefined || this.#lastIndex === -1 ? this.#nextIndex() : this.#lastIndex;
  }

  #nextIndex(): number {
    return Math.max(-1, ...this.#calls.keys(), ...this.#nameless.keys(), this.#lastIndex) + 1;
  }

  #begin(index: number, call: OpenCall, input: string): void {
    this.#close();
    this.#calls.set(index, call);
    this.#callCount++;
    this.#emit({ type: "tool-input-start", id: call.id, toolName: call.name });
    this.#input(call, input);
  }

  #input(call: OpenCall, delta: string): void {
    if (delta === "") return;
    call.input += delta;
    this.#emit({ type: "tool-input-delta", id: call.id, delta });
  }

  #closeCall(index: number): void {
    const call = this.#calls.get(index);
    if (call === undefined) return;
    this.#calls.delete(index);
    this.#emit({ type: "tool-input-end", id: call.id });
    this.#emit({ type: "tool-call", toolCallId: call.id, toolName: call.name, input: call.input.trim() === "" ? "{}" : call.input });
  }

  #reason(): LanguageModelV4FinishReason {
    const raw = this.#finishReason;
    const unified = toReason(raw);
    // Some providers say "stop" although they call tools.
    return { unified: unified === "stop" && this.#callCount > 0 ? "tool-calls" : unified, raw };
  }
}

function argumentsText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

function toReason(word: string | undefined): LanguageModelV4FinishReason["unified"] {
  switch (word) {
    case "stop":
    case "eos":
      return "stop";
    case "length":
    case "max_tokens":
      return "length";
    case "content_filter":
      return "content-filter";
    case "tool_calls":
    case "function_call":
      return "tool-calls";
    case "error":
      return "error";
    default:
      return "other";
  }
}

function toUsage(usage: WireUsage | undefined): LanguageModelV4Usage {
  const input = usage?.prompt_tokens ?? undefined;
  const output = usage?.completion_tokens ?? undefined;
  const cacheRead = usage?.prompt_tokens_details?.cached_tokens ?? usage?.prompt_cache_hit_tokens ?? undefined;
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens ?? undefined;
  return {
    inputTokens: { total: input, noCache: difference(input, cacheRead), cacheRead, cacheWrite: undefined },
    outputTokens: { total: output, text: difference(output, reasoning), reasoning },
    ...(usage !== undefined && { raw: { ...usage } }),
  };
}

function difference(total: number | undefined, part: number | undefined): number | undefined {
  return total === undefined ? undefined : Math.max(0, total - (part ?? 0));
}
