/** A model whose answers a test writes as parts: the same parts whether it is asked for a stream or for the whole answer. */
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4Content, LanguageModelV4StreamPart } from "@ai-sdk/provider";

export type Part = LanguageModelV4StreamPart;

export const NO_USAGE = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

/** The parts of an answer that is this text. */
export function textParts(...deltas: string[]): Part[] {
  return [
    { type: "stream-start", warnings: [] },
    { type: "text-start", id: "1" },
    ...deltas.map((delta) => ({ type: "text-delta" as const, id: "1", delta })),
    { type: "text-end", id: "1" },
    { type: "finish", finishReason: { unified: "stop", raw: "stop" }, usage: NO_USAGE },
  ];
}

/** What a call is answered with: parts, or a stream of the test's own. */
export type PartAnswer = readonly Part[] | ReadableStream<Part>;

export interface PartModelExtras {
  readonly request?: { readonly body?: unknown };
  readonly responseHeaders?: Record<string, string>;
}

/** Each call takes the answer that `answer` gives for its options; a rejection is the call's failure. */
export function partModel(
  answer: (options: LanguageModelV4CallOptions, call: number) => PartAnswer | Promise<PartAnswer>,
  extras: PartModelExtras = {},
): LanguageModelV4 {
  let calls = 0;
  const around = {
    ...(extras.request && { request: extras.request }),
    ...(extras.responseHeaders && { response: { headers: extras.responseHeaders } }),
  };
  return {
    specificationVersion: "v4",
    provider: "test",
    modelId: "parts",
    supportedUrls: {},
    async doGenerate(options) {
      const parts = await all(await answer(options, calls++));
      const failure = parts.find((part) => part.type === "error");
      if (failure) throw failure.error;
      const finish = parts.find((part) => part.type === "finish");
      return {
        content: toContent(parts),
        finishReason: finish?.finishReason ?? { unified: "other", raw: undefined },
        usage: finish?.usage ?? NO_USAGE,
        warnings: [],
        ...around,
      };
    },
    async doStream(options) {
      const given = await answer(options, calls++);
      return { stream: given instanceof ReadableStream ? given : streamOf(given), ...around };
    },
  };
}

/** Answers every call with this text. */
export function textModel(text: string): LanguageModelV4 {
  return partModel(() => textParts(text));
}

/** Says what the last message of the prompt says. */
export function echoModel(): LanguageModelV4 {
  return partModel(({ prompt }) => textParts(lastText(prompt)));
}

/** Calls the tool when the conversation does not end with a tool's result, and says `done` when it does. */
export function toolModel(toolName: string, args: unknown = {}): LanguageModelV4 {
  return partModel(({ prompt }) => (prompt.at(-1)?.role === "tool" ? textParts("done") : toolCallParts(toolName, args)));
}

/** The parts of an answer that is one tool call. */
export function toolCallParts(toolName: string, args: unknown, toolCallId = "call-1"): Part[] {
  const input = typeof args === "string" ? args : JSON.stringify(args);
  return [
    { type: "stream-start", warnings: [] },
    { type: "tool-input-start", id: toolCallId, toolName },
    { type: "tool-input-delta", id: toolCallId, delta: input },
    { type: "tool-input-end", id: toolCallId },
    { type: "tool-call", toolCallId, toolName, input },
    { type: "finish", finishReason: { unified: "tool-calls", raw: "tool_calls" }, usage: NO_USAGE },
  ];
}

export function lastText(prompt: LanguageModelV4CallOptions["prompt"]): string {
  const last = prompt.at(-1);
  if (last === undefined) return "";
  if (typeof last.content === "string") return last.content;
  return last.content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** These parts, then the end. */
export function streamOf(parts: Iterable<Part>): ReadableStream<Part> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}

async function all(answer: PartAnswer): Promise<readonly Part[]> {
  return answer instanceof ReadableStream ? Array.fromAsync(answer) : answer;
}

function toContent(parts: readonly Part[]): LanguageModelV4Content[] {
  const texts = new Map<string, { type: "text" | "reasoning"; text: string }>();
  const content: LanguageModelV4Content[] = [];
  for (const part of parts) {
    switch (part.type) {
      case "text-delta":
      case "reasoning-delta": {
        const key = `${part.type}:${part.id}`;
        const open = texts.get(key);
        if (open) open.text += part.delta;
        else {
          const made = { type: part.type === "text-delta" ? ("text" as const) : ("reasoning" as const), text: part.delta };
          texts.set(key, made);
          content.push(made);
        }
        break;
      }
      case "tool-call":
      case "tool-result":
      case "source":
      case "file":
        content.push(part);
        break;
      default:
        break;
    }
  }
  return content;
}
