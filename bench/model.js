/**
 * The model every server of the bench runs on: it answers at once, so what is measured is the server.
 * It speaks version 2 of the AI SDK provider interface. Plain JavaScript, like the servers, so that no
 * type stripping is counted in their start-up time and memory.
 *
 * @import { LanguageModelV2, LanguageModelV2CallOptions, LanguageModelV2Content, LanguageModelV2FinishReason, LanguageModelV2StreamPart } from '@ai-sdk/provider'
 */

export const GENERATED_TEXT = "A short answer from the model.";
export const TOOL_NAME = "weather";
export const TOOL_CITY = "Paris";
/** What the model streams when it was asked for no tool: 200 deltas. */
export const STREAMED_DELTAS = Array.from({ length: 200 }, (_, i) => `word${i} `);
/** What the model streams after a tool result: 20 deltas. */
export const AFTER_TOOL_DELTAS = Array.from({ length: 20 }, (_, i) => `part${i} `);
export const AFTER_TOOL_TEXT = AFTER_TOOL_DELTAS.join("");

const usage = { inputTokens: 10, outputTokens: 20, totalTokens: 30 };
const toolInput = JSON.stringify({ city: TOOL_CITY });
let calls = 0;

/** @type {LanguageModelV2} */
export const model = {
  specificationVersion: "v2",
  provider: "bench",
  modelId: "bench-1",
  supportedUrls: {},
  async doGenerate({ prompt }) {
    const next = plan(prompt);
    /** @type {{ content: LanguageModelV2Content[], finishReason: LanguageModelV2FinishReason }} */
    const reply =
      next === "tool"
        ? {
            content: [{ type: "tool-call", toolCallId: `call-${++calls}`, toolName: TOOL_NAME, input: toolInput }],
            finishReason: "tool-calls",
          }
        : { content: [{ type: "text", text: next === "after-tool" ? AFTER_TOOL_TEXT : GENERATED_TEXT }], finishReason: "stop" };
    return { ...reply, usage: { ...usage }, warnings: [] };
  },
  async doStream({ prompt }) {
    const next = plan(prompt);
    const parts = next === "tool" ? toolParts() : textParts(next === "after-tool" ? AFTER_TOOL_DELTAS : STREAMED_DELTAS);
    return {
      stream: new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(part);
          controller.close();
        },
      }),
    };
  },
};

/**
 * A user message that contains the word "tool" gets a tool call first, and text after its result.
 *
 * @param {LanguageModelV2CallOptions['prompt']} prompt
 * @returns {'text' | 'tool' | 'after-tool'}
 */
function plan(prompt) {
  const last = prompt.at(-1);
  if (last?.role === "tool") return "after-tool";
  if (last?.role !== "user") return "text";
  return last.content.some((part) => part.type === "text" && part.text.includes("tool")) ? "tool" : "text";
}

/**
 * @param {readonly string[]} deltas
 * @returns {LanguageModelV2StreamPart[]}
 */
function textParts(deltas) {
  const id = "text-1";
  return [
    { type: "stream-start", warnings: [] },
    { type: "text-start", id },
    ...deltas.map((delta) => /** @type {const} */ ({ type: "text-delta", id, delta })),
    { type: "text-end", id },
    { type: "finish", finishReason: "stop", usage: { ...usage } },
  ];
}

/** @returns {LanguageModelV2StreamPart[]} */
function toolParts() {
  const id = `call-${++calls}`;
  return [
    { type: "stream-start", warnings: [] },
    { type: "tool-input-start", id, toolName: TOOL_NAME },
    { type: "tool-input-delta", id, delta: toolInput },
    { type: "tool-input-end", id },
    { type: "tool-call", toolCallId: id, toolName: TOOL_NAME, input: toolInput },
    { type: "finish", finishReason: "tool-calls", usage: { ...usage } },
  ];
}

export const SLOW_TOKENS = 60;
export const SLOW_PAUSE_MS = 250;

/**
 * Says a word every quarter of a second; each is the time at which it was said, in epoch milliseconds.
 *
 * @type {LanguageModelV2}
 */
export const slowModel = {
  ...model,
  modelId: "bench-slow",
  async doStream({ abortSignal }) {
    let said = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    let timer;
    const end = () => clearInterval(timer);
    abortSignal?.addEventListener("abort", end, { once: true });
    return {
      stream: new ReadableStream({
        start(controller) {
          controller.enqueue({ type: "stream-start", warnings: [] });
          controller.enqueue({ type: "text-start", id: "t" });
          timer = setInterval(() => {
            controller.enqueue({ type: "text-delta", id: "t", delta: `at ${Date.now()};` });
            if (++said < SLOW_TOKENS) return;
            end();
            controller.enqueue({ type: "text-end", id: "t" });
            controller.enqueue({ type: "finish", finishReason: "stop", usage: { ...usage } });
            controller.close();
          }, SLOW_PAUSE_MS);
        },
        cancel: end,
      }),
    };
  },
};
