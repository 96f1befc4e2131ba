import { expect, test } from "vitest";
import { addUsage, normalizeFinish, normalizeReason } from "./normalize.ts";

test("a v2 finish keeps its flat counts, and unknown becomes other", () => {
  const usage = { inputTokens: 3, outputTokens: 4, totalTokens: 9, reasoningTokens: 1, cachedInputTokens: 2 };
  expect(normalizeFinish({ finishReason: "unknown", usage })).toEqual({ type: "finish", finishReason: "other", usage });
});
test("a v2 finish without counts has none", () => {
  const usage = { inputTokens: undefined, outputTokens: undefined, totalTokens: undefined };
  expect(normalizeFinish({ finishReason: "stop", usage })).toEqual({ type: "finish", finishReason: "stop", usage: {} });
});
test("a v3 or v4 finish is flattened and keeps the provider's own word", () => {
  const usage = {
    inputTokens: { total: 10, noCache: 5, cacheRead: 3, cacheWrite: 2 },
    outputTokens: { total: 7, text: 4, reasoning: 3 },
    raw: { prompt: 10 },
  };
  const finish = normalizeFinish({ finishReason: { unified: "tool-calls", raw: "tool_use" }, usage, providerMetadata: { p: { a: 1 } } });
  expect(finish).toEqual({
    type: "finish",
    finishReason: "tool-calls",
    rawFinishReason: "tool_use",
    usage: {
      inputTokens: 10,
      outputTokens: 7,
      totalTokens: 17,
      reasoningTokens: 3,
      cachedInputTokens: 3,
      cacheCreationInputTokens: 2,
      raw: { prompt: 10 },
    },
    providerMetadata: { p: { a: 1 } },
  });
});
test("a v4 answer that was interrupted ended for another reason", () => {
  expect(normalizeReason({ unified: "interrupted", raw: undefined })).toBe("other");
});
test("usages add up count by count, and a count that neither has stays absent", () => {
  expect(addUsage({ inputTokens: 1, totalTokens: 1, raw: 1 }, { inputTokens: 2, reasoningTokens: 5 })).toEqual({
    inputTokens: 3,
    totalTokens: 1,
    reasoningTokens: 5,
  });
});
