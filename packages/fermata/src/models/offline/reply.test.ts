import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { expect, test } from "vitest";
import { createOfflineModel } from "./index.ts";
import { ask, NOW, user, weather } from "./scenario.ts";

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

async function partsOf(text: string): Promise<LanguageModelV4StreamPart[]> {
  const { stream } = await createOfflineModel({ now: () => NOW }).doStream({ prompt: [user(text)], tools: [weather] });
  return collect(stream);
}

test("text arrives word by word and adds up to what generate gives", async () => {
  const deltas = (await partsOf("hello")).flatMap((part) => (part.type === "text-delta" ? [part.delta] : []));
  expect({ text: deltas.join(""), isWordSized: deltas.every((delta) => delta.trim().split(/\s+/).length === 1) }).toEqual({
    text: (await ask("hello", { tools: [weather] })).text,
    isWordSized: true,
  });
});

test("a call's input is streamed before the call", async () => {
  const kinds = (await partsOf("weather in Paris")).map((part) => part.type);
  expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual([
    "stream-start",
    "response-metadata",
    "tool-input-start",
    "tool-input-delta",
    "tool-input-end",
    "tool-call",
    "finish",
  ]);
});

test("the finish says why it stopped and counts tokens", async () => {
  const finish = (await partsOf("weather in Paris")).at(-1);
  expect(finish).toMatchObject({
    type: "finish",
    finishReason: { unified: "tool-calls" },
    usage: { inputTokens: { total: 4 }, outputTokens: { total: expect.any(Number) } },
  });
});

test("a call whose signal has fired rejects with its reason", async () => {
  const reason = new Error("stopped");
  await expect(createOfflineModel().doStream({ prompt: [user("hello")], abortSignal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("a signal that fires midway ends the stream with its reason", async () => {
  const abort = new AbortController();
  const { stream } = await createOfflineModel().doStream({ prompt: [user("hello")], abortSignal: abort.signal });
  const reader = stream.getReader();
  await reader.read();
  abort.abort(new Error("stopped"));
  reader.releaseLock();
  await expect(collect(stream)).rejects.toThrow("stopped");
});
