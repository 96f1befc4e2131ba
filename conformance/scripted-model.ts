/**
 * A language model without a network: a word in the last user message picks what it does. The words are those of the application behind the
 * recorded transcripts, so that the same request means the same thing on either server. It keeps a log of its calls, which is how a test
 * outside the process learns that an abort reached the model.
 */
import { setTimeout } from "node:timers/promises";
import type {
  LanguageModelV2,
  LanguageModelV2CallOptions,
  LanguageModelV2Content,
  LanguageModelV2StreamPart,
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3StreamPart,
} from "@ai-sdk/provider";
import { chooseReply } from "./scripted-replies.ts";
import type { Reply } from "./scripted-replies.ts";

type Prompt = LanguageModelV2CallOptions["prompt"] | LanguageModelV3CallOptions["prompt"];

/** One call of the model. */
export interface ModelCall {
  readonly text: string;
  readonly tools: readonly string[];
  /** Becomes true when the signal that came with the call fires. */
  aborted: boolean;
}

/** Every call since the process began, oldest first. */
export const modelCalls: ModelCall[] = [];

let toolCallCount = 0;
const SOURCE = { type: "source", sourceType: "url", id: "src-1", url: "https://example.com/doc", title: "Doc" } as const;
const HEADERS = { "x-mock": "1" };
const PROVIDER_METADATA = { mock: { region: "local" } };

/** What the provider is asked and what must never leave the server: the prompt and a key. */
function requestOf(modelId: string, prompt: Prompt): { body: unknown } {
  return { body: { model: modelId, SECRET_SYSTEM_PROMPT: prompt, apiKey: "sk-secret" } };
}

function metadataOf(modelId: string): { id: string; modelId: string; timestamp: Date } {
  return { id: "resp-mock", modelId, timestamp: new Date("2025-01-01T00:00:00.000Z") };
}

function open(options: LanguageModelV2CallOptions | LanguageModelV3CallOptions): Reply {
  const { reply, text } = chooseReply(options);
  const call: ModelCall = { text, tools: (options.tools ?? []).map((tool) => tool.name), aborted: options.abortSignal?.aborted ?? false };
  modelCalls.push(call);
  options.abortSignal?.addEventListener("abort", () => (call.aborted = true), { once: true });
  return reply;
}

function reasonOf(reply: Reply): "stop" | "length" | "tool-calls" | "error" {
  if (reply.kind === "tools") return "tool-calls";
  if (reply.kind === "failure") return "error";
  return reply.kind === "text" && reply.cutOff ? "length" : "stop";
}

function countTokens(reply: Reply): { input: number; output: number } {
  return { input: 10, output: reply.kind === "text" ? Math.max(1, reply.text.split(" ").length) : 1 };
}

function usageV2(reply: Reply): { inputTokens: number; outputTokens: number; totalTokens: number } {
  const { input, output } = countTokens(reply);
  return { inputTokens: input, outputTokens: output, totalTokens: input + output };
}

function usageV3(reply: Reply): Awaited<ReturnType<LanguageModelV3["doGenerate"]>>["usage"] {
  const { input, output } = countTokens(reply);
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
  };
}

type CommonContent = Extract<LanguageModelV2Content, { type: "text" | "reasoning" | "source" | "tool-call" }>;

/** The whole answer; the parts are the same in both versions of the interface. */
function contentOf(reply: Exclude<Reply, { kind: "throw" | "failure" }>): CommonContent[] {
  if (reply.kind === "tools")
    return reply.calls.map((call) => ({
      type: "tool-call",
      toolCallId: `call-${++toolCallCount}`,
      toolName: call.toolName,
      input: JSON.stringify(call.input),
    }));
  const before: CommonContent[] = [];
  if (reply.reasoning) before.push({ type: "reasoning", text: reply.reasoning.join("") });
  if (reply.source) before.push(SOURCE);
  return [...before, { type: "text", text: reply.text }];
}

type CommonPart = Extract<
  LanguageModelV2StreamPart,
  { type: `${"text" | "reasoning" | "tool-input"}-${string}` | "source" | "tool-call" | "error" }
>;

function* toolCallParts(calls: Extract<Reply, { kind: "tools" }>["calls"]): Generator<CommonPart> {
  for (const call of calls) {
    const id = `call-${++toolCallCount}`;
    const input = JSON.stringify(call.input);
    const middle = Math.ceil(input.length / 2);
    yield { type: "tool-input-start", id, toolName: call.toolName };
    for (const delta of [input.slice(0, middle), input.slice(middle)]) if (delta) yield { type: "tool-input-delta", id, delta };
    yield { type: "tool-input-end", id };
    yield { type: "tool-call", toolCallId: id, toolName: call.toolName, input };
  }
}

/** The answer in parts, the same in both versions of the interface; the end is left to the caller. */
async function* partsOf(reply: Reply, signal: AbortSignal | undefined): AsyncGenerator<CommonPart> {
  if (reply.kind === "throw") return;
  if (reply.kind === "failure") return yield { type: "error", error: new Error(reply.message) };
  if (reply.kind === "tools") return yield* toolCallParts(reply.calls);
  if (reply.reasoning) {
    yield { type: "reasoning-start", id: "r1" };
    for (const delta of reply.reasoning) yield { type: "reasoning-delta", id: "r1", delta };
    yield { type: "reasoning-end", id: "r1" };
  }
  if (reply.source) yield SOURCE;
  yield { type: "text-start", id: "t1" };
  for (const delta of reply.text.match(/\S+\s*/g) ?? []) {
    signal?.throwIfAborted();
    if (reply.delayMs) await setTimeout(reply.delayMs, undefined, signal ? { signal } : {});
    yield { type: "text-delta", id: "t1", delta };
  }
  yield { type: "text-end", id: "t1" };
}

/** A slow reply takes its time as a whole answer too. */
async function takeTime(reply: Reply, signal: AbortSignal | undefined): Promise<void> {
  if (reply.kind !== "text" || reply.delayMs === undefined) return;
  await setTimeout(reply.delayMs * reply.text.split(" ").length, undefined, signal ? { signal } : {});
}

/** A pull source of the head, the parts and the end, so that a reader who leaves stops the producer. */
function toStream<Part>(head: Part[], parts: AsyncGenerator<Part>, end: Part): ReadableStream<Part> {
  async function* all(): AsyncGenerator<Part> {
    yield* head;
    yield* parts;
    yield end;
  }
  const iterator = all();
  return new ReadableStream<Part>({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await iterator.return(undefined);
    },
  });
}

/** The scripted model behind version 2 of the provider interface. */
export function scriptedModel(modelId = "mock-1"): LanguageModelV2 {
  return {
    specificationVersion: "v2",
    provider: "mock.chat",
    modelId,
    supportedUrls: {},
    async doGenerate(options) {
      const reply = open(options);
      if (reply.kind === "throw" || reply.kind === "failure") throw new Error(reply.message);
      await takeTime(reply, options.abortSignal);
      return {
        content: contentOf(reply),
        finishReason: reasonOf(reply),
        usage: usageV2(reply),
        warnings: [],
        request: requestOf(modelId, options.prompt),
        response: { ...metadataOf(modelId), headers: HEADERS },
        providerMetadata: PROVIDER_METADATA,
      };
    },
    async doStream(options) {
      const reply = open(options);
      if (reply.kind === "throw") throw new Error(reply.message);
      return {
        stream: toStream<LanguageModelV2StreamPart>(
          [
            { type: "stream-start", warnings: [] },
            { type: "response-metadata", ...metadataOf(modelId) },
          ],
          partsOf(reply, options.abortSignal),
          { type: "finish", finishReason: reasonOf(reply), usage: usageV2(reply), providerMetadata: PROVIDER_METADATA },
        ),
        request: requestOf(modelId, options.prompt),
        response: { headers: HEADERS },
      };
    },
  };
}

/** The same behind version 3, which reports the provider's own finish reason and the kinds of tokens. */
export function scriptedModelV3(modelId = "mock-3"): LanguageModelV3 {
  return {
    specificationVersion: "v3",
    provider: "mock.chat",
    modelId,
    supportedUrls: {},
    async doGenerate(options) {
      const reply = open(options);
      if (reply.kind === "throw" || reply.kind === "failure") throw new Error(reply.message);
      await takeTime(reply, options.abortSignal);
      return {
        content: contentOf(reply),
        finishReason: { unified: reasonOf(reply), raw: reasonOf(reply) },
        usage: usageV3(reply),
        warnings: [],
        request: requestOf(modelId, options.prompt),
        response: { ...metadataOf(modelId), headers: HEADERS },
        providerMetadata: PROVIDER_METADATA,
      };
    },
    async doStream(options) {
      const reply = open(options);
      if (reply.kind === "throw") throw new Error(reply.message);
      const finishReason = { unified: reasonOf(reply), raw: reasonOf(reply) };
      return {
        stream: toStream<LanguageModelV3StreamPart>(
          [
            { type: "stream-start", warnings: [] },
            { type: "response-metadata", ...metadataOf(modelId) },
          ],
          partsOf(reply, options.abortSignal),
          { type: "finish", finishReason, usage: usageV3(reply), providerMetadata: PROVIDER_METADATA },
        ),
        request: requestOf(modelId, options.prompt),
        response: { headers: HEADERS },
      };
    },
  };
}
