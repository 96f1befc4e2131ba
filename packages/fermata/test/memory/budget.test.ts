/** Conversations that are too long: what is left out, and how a provider's refusal is recognised. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { estimateTokens, fitIntoBudget } from "../../src/memory/budget.ts";
import { Memory } from "../../src/memory/memory.ts";
import { contextLimit, isContextOverflow } from "../../src/memory/overflow.ts";
import { FermataError } from "../../src/errors.ts";
import type { ModelMessage } from "../../src/models/types.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { partModel } from "../support/part-model.ts";
import { textParts } from "../support/scripted-model.ts";

const REFUSALS: readonly (readonly [string, number | undefined])[] = [
  ["This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", 8192],
  ["prompt is too long: 210000 tokens > 200000 maximum", 200000],
  ["The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1048576],
  ["Input is too long for requested model.", undefined],
  ["input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease input length", undefined],
  ["the request exceeds the available context size. try increasing the context size or enable context shift", undefined],
  ["Please reduce the length of the messages or completion.", undefined],
  ["This model's maximum prompt length is 131072 but the request contains 140000 tokens. too many tokens", undefined],
];

describe("a provider's refusal", () => {
  test.each(REFUSALS)("%s", (message, limit) => {
    const error = new FermataError("MODEL_FAILED", "The model provider answered with HTTP 400.", {
      cause: Object.assign(new Error("Bad Request"), { responseBody: JSON.stringify({ error: { message } }) }),
    });
    expect(isContextOverflow(error)).toBe(true);
    expect(contextLimit(error)).toBe(limit);
  });

  test.each(["Invalid API key", "The model is overloaded", "rate limit reached: too many requests", "max_tokens is too large: 99999"])(
    "%s is something else",
    (message) => {
      expect(isContextOverflow(new Error(message))).toBe(false);
    },
  );

  test.each(["context_length_exceeded", "request_too_large"])("the code %s is one", (code) => {
    expect(isContextOverflow(Object.assign(new Error("Bad Request"), { data: { error: { code } } }))).toBe(true);
  });
});

const user = (text: string): ModelMessage => ({ role: "user", content: [{ type: "text", text }] });
const said = (text: string): ModelMessage => ({ role: "assistant", content: [{ type: "text", text }] });
const called = (id: string): ModelMessage[] => [
  { role: "assistant", content: [{ type: "tool-call", toolCallId: id, toolName: "t", input: {} }] },
  { role: "tool", content: [{ type: "tool-result", toolCallId: id, toolName: "t", output: { type: "text", value: "x".repeat(100) } }] },
];

test("whatever the budget, a call stays with its result, the last question stays, and no answer stands first", () => {
  const turn = fc
    .tuple(fc.string({ maxLength: 200 }), fc.integer({ min: 0, max: 3 }))
    .map(([text, calls]) => [user(text), ...Array.from({ length: calls }, (_, index) => called(`${text}${index}`)).flat(), said(text)]);
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 2_000 }), (turns, budget) => {
      const messages = turns.flat();
      const kept = fitIntoBudget(messages, budget);
      expect(kept[0]?.role).toBe("user");
      expect(kept).toContain(messages[messages.findLastIndex(({ role }) => role === "user")]);
      expect(kept.at(-1)).toBe(messages.at(-1));
      for (const [index, message] of kept.entries()) {
        const isCall = message.role === "assistant" && message.content.some((part) => part.type === "tool-call");
        if (isCall) expect(kept[index + 1]?.role).toBe("tool");
        if (message.role === "tool") expect(kept[index - 1]).toBe(messages[messages.indexOf(message) - 1]);
      }
      // What is left out was old: what is kept of the turns before the last one stands at their end.
      if (estimateTokens(messages) <= budget) expect(kept).toEqual(messages);
    }),
  );
});

test("a thread of 10,000 messages goes on with a model that takes 8,000 tokens", async () => {
  const memory = new Memory({ storage: new MemoryStore(), options: { lastMessages: 10_000 } });
  await memory.createThread({ threadId: "t", resourceId: "r" });
  const messages = Array.from({ length: 10_000 }, (_, index) => ({
    role: index % 2 === 0 ? "user" : "assistant",
    content: `message ${index} ${"x".repeat(80)}`,
    threadId: "t",
    resourceId: "r",
  }));
  await memory.saveMessages({ messages });
  let refusals = 0;
  const model = partModel(({ prompt }) => {
    if (JSON.stringify(prompt).length / 4 <= 12_000) return textParts("fine");
    refusals++;
    throw Object.assign(new Error("This model's maximum context length is 8000 tokens."), {
      name: "AI_APICallError",
      statusCode: 400,
      isRetryable: false,
    });
  });
  const agent = new Agent({ id: "a", name: "A", instructions: "", model, memory });
  for (let turn = 0; turn < 5; turn++)
    expect((await agent.generate(`turn ${turn}`, { memory: { thread: "t", resource: "r" } })).text).toBe("fine");
  expect(refusals).toBe(5);
});
