/** A plan in the provider interface's form, at once or as a stream. */
import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4Prompt,
  LanguageModelV4ResponseMetadata,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4Warning,
} from "@ai-sdk/provider";
import type { Plan } from "./plan.ts";

export interface Reply {
  readonly content: LanguageModelV4Content[];
  readonly finishReason: LanguageModelV4FinishReason;
  readonly usage: LanguageModelV4Usage;
  readonly warnings: SharedV4Warning[];
  readonly response: LanguageModelV4ResponseMetadata;
}

const WARNING: SharedV4Warning = {
  type: "other",
  message: "The offline model answered. It is a deterministic router of requests to tools, not a language model.",
};

export function createReply(plan: Plan, prompt: LanguageModelV4Prompt, timestamp: Date, modelId: string): Reply {
  const content: LanguageModelV4Content[] =
    plan.kind === "text"
      ? [{ type: "text", text: plan.text }]
      : plan.calls.map((call) => ({
          type: "tool-call",
          toolCallId: `call-${crypto.randomUUID()}`,
          toolName: call.tool.name,
          input: JSON.stringify(call.input),
        }));
  const reason = plan.kind === "text" ? "stop" : "tool-calls";
  const input = promptTokens(prompt);
  const output = tokens(
    content.reduce(
      (length, part) =>
        length + (part.type === "text" ? part.text.length : part.type === "tool-call" ? part.input.length + part.toolName.length : 0),
      0,
    ),
  );
  return {
    content,
    finishReason: { unified: reason, raw: reason },
    usage: {
      inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: output, text: output, reasoning: 0 },
    },
    warnings: [WARNING],
    response: { id: `offline-${crypto.randomUUID()}`, timestamp, modelId },
  };
}

/** About four characters to a token: the usual rule of thumb for English. */
function tokens(characters: number): number {
  return Math.ceil(characters / 4);
}

function promptTokens(prompt: LanguageModelV4Prompt): number {
  let characters = 0;
  for (const message of prompt) {
    if (message.role === "system") characters += message.content.length;
    else
      for (const part of message.content) {
        if (part.type === "text" || part.type === "reasoning") characters += part.text.length;
        else if (part.type === "tool-call") characters += lengthOf(part.input);
        else if (part.type === "tool-result") characters += "value" in part.output ? lengthOf(part.output.value) : 0;
      }
  }
  return tokens(characters);
}

function lengthOf(value: unknown): number {
  return typeof value === "string" ? value.length : (JSON.stringify(value)?.length ?? 0);
}

/** The parts that a streaming model would send: text word by word, each call's input before the call. */
export function* partsOf(reply: Reply): Generator<LanguageModelV4StreamPart> {
  yield { type: "stream-start", warnings: reply.warnings };
  yield { type: "response-metadata", ...reply.response };
  for (const [index, part] of reply.content.entries()) {
    if (part.type === "text") yield* textParts(`text-${index}`, part.text);
    if (part.type === "tool-call") {
      yield { type: "tool-input-start", id: part.toolCallId, toolName: part.toolName };
      for (const delta of pieces(part.input)) yield { type: "tool-input-delta", id: part.toolCallId, delta };
      yield { type: "tool-input-end", id: part.toolCallId };
      yield part;
    }
  }
  yield { type: "finish", finishReason: reply.finishReason, usage: reply.usage };
}

function* textParts(id: string, text: string): Generator<LanguageModelV4StreamPart> {
  yield { type: "text-start", id };
  for (const delta of pieces(text)) yield { type: "text-delta", id, delta };
  yield { type: "text-end", id };
}

/** Words with the white space before them; a "word" without end is cut, by whole characters. */
function pieces(text: string): string[] {
  return text.match(/\s*\S{1,40}(?![\uDC00-\uDFFF])|\s+$/g) ?? [];
}

/** Hands out a part for each pull, and errors with the signal's reason as soon as it fires. */
export function toStream(
  parts: Iterator<LanguageModelV4StreamPart>,
  signal: AbortSignal | undefined,
): ReadableStream<LanguageModelV4StreamPart> {
  let onAbort: (() => void) | undefined;
  const release = (): void => {
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
  };
  return new ReadableStream<LanguageModelV4StreamPart>({
    start(controller) {
      onAbort = () => controller.error(signal?.reason);
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener("abort", onAbort, { once: true });
    },
    pull(controller) {
      const next = parts.next();
      if (next.done !== true) return controller.enqueue(next.value);
      release();
      controller.close();
    },
    cancel: release,
  });
}
