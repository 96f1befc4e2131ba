import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ASK, candidate, joined, only, readAll } from "../../../test/support/call-parts.ts";
import {
  chunk,
  completion,
  startWireServer,
  textChunks,
  toolDelta,
  toSse,
  usageChunk,
  USAGE,
} from "../../../test/support/openai-wire-server.ts";
import type { Step, WireServer } from "../../../test/support/openai-wire-server.ts";
import { callModel } from "../call.ts";
import type { ModelPart } from "../types.ts";
import { createOpenAiCompatibleModel } from "./model.ts";

type Schema = NonNullable<Extract<LanguageModelV4CallOptions["responseFormat"], { type: "json" }>["schema"]>;

let server: WireServer;
let model: LanguageModelV4;
beforeAll(async () => {
  server = await startWireServer();
  model = createOpenAiCompatibleModel({
    provider: "test",
    modelId: "m",
    baseUrl: server.baseUrl,
    apiKey: "key-1",
    headers: { "x-app": "a" },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

async function streamParts(step: Step, options: LanguageModelV4CallOptions = ASK): Promise<ModelPart[]> {
  server.script(step);
  return readAll(await callModel([candidate(model)], { mode: "stream", options }));
}
/** The body that the server gets for these options. */
async function sentBody(options: Partial<LanguageModelV4CallOptions>): Promise<Record<string, unknown>> {
  await streamParts({ stream: textChunks("ok") }, { ...ASK, ...options });
  return server.requests.at(-1)?.body ?? {};
}
async function sentMessages(prompt: LanguageModelV4CallOptions["prompt"]): Promise<unknown> {
  return (await sentBody({ prompt })).messages;
}
const typesOf = (parts: readonly ModelPart[]): string[] => parts.map((part) => part.type);

describe("an answer as a stream", () => {
  test("text comes as start, deltas, end and finish with usage", async () => {
    const parts = await streamParts({ stream: textChunks("Hel", "lo") });
    expect(typesOf(parts)).toEqual(["stream-start", "response-metadata", "text-start", "text-delta", "text-delta", "text-end", "finish"]);
    expect(only(parts, "response-metadata")).toMatchObject({
      id: "chatcmpl-1",
      modelId: "scripted",
      timestamp: new Date(1_700_000_000_000),
    });
    expect(only(parts, "finish")).toEqual({
      type: "finish",
      finishReason: "stop",
      rawFinishReason: "stop",
      usage: { inputTokens: 20, outputTokens: 7, totalTokens: 27, reasoningTokens: 2, cachedInputTokens: 4, raw: USAGE },
    });
  });
  test("is the same when every byte comes alone, with CRLF", async () => {
    const parts = await streamParts({ stream: textChunks("Grüße ", "😀"), cutBytes: 1, lineEnd: "\r\n" });
    expect(joined(parts)).toBe("Grüße 😀");
  });
  test.each(["reasoning_content", "reasoning"])("reasoning in %s comes before the text, as its own block", async (member) => {
    const parts = await streamParts({ stream: [chunk({ [member]: "Hmm" }), chunk({ [member]: "." }), ...textChunks("Yes")] });
    expect(typesOf(parts).slice(2)).toEqual([
      "reasoning-start",
      "reasoning-delta",
      "reasoning-delta",
      "reasoning-end",
      "text-start",
      "text-delta",
      "text-end",
      "finish",
    ]);
    expect(joined(parts, "reasoning-delta")).toBe("Hmm.");
  });
  test("content as a list of text and thinking is read", async () => {
    const content = [
      { type: "thinking", thinking: [{ type: "text", text: "Hmm" }] },
      { type: "text", text: "Yes" },
    ];
    const parts = await streamParts({ stream: [chunk({ content }), chunk({}, "stop")] });
    expect([joined(parts, "reasoning-delta"), joined(parts)]).toEqual(["Hmm", "Yes"]);
  });
  test("several tool calls whose pieces are mixed are put together by index", async () => {
    const stream = [
      toolDelta(0, { id: "a", name: "weather", arguments: "" }),
      toolDelta(1, { id: "b", name: "time", arguments: '{"z":' }),
      toolDelta(0, { arguments: '{"city":' }),
      toolDelta(1, { arguments: "1}" }),
      toolDelta(0, { arguments: '"Rome"}' }),
      chunk({}, "tool_calls"),
    ];
    const parts = await streamParts({ stream });
    expect(parts.filter((part) => part.type === "tool-call")).toEqual([
      { type: "tool-call", toolCallId: "a", toolName: "weather", input: '{"city":"Rome"}' },
      { type: "tool-call", toolCallId: "b", toolName: "time", input: '{"z":1}' },
    ]);
    expect(typesOf(parts).filter((type) => type.startsWith("tool-input"))).toEqual([
      "tool-input-start", "tool-input-start", "tool-input-delta", "tool-input-delta", "tool-input-delta", "tool-input-delta", "tool-input-end", "tool-input-end",
    ]); // prettier-ignore
    expect(only(parts, "finish").finishReason).toBe("tool-calls");
  });
  test("whole calls under one index are separate calls", async () => {
    const stream = [
      toolDelta(0, { id: "a", name: "x", arguments: '{"n":1}' }),
      toolDelta(0, { id: "b", name: "x", arguments: '{"n":2}' }),
      chunk({}, "stop"),
    ];
    const parts = await streamParts({ stream });
    expect(parts.flatMap((part) => (part.type === "tool-call" ? [[part.toolCallId, part.input]] : []))).toEqual([
      ["a", '{"n":1}'],
      ["b", '{"n":2}'],
    ]);
    expect(only(parts, "finish")).toMatchObject({ finishReason: "tool-calls", rawFinishReason: "stop" });
  });
  test("calls without index and id, with arguments as an object, get ids of their own", async () => {
    const calls = [{ function: { name: "x", arguments: { n: 1 } } }, { function: { name: "y", arguments: {} } }];
    const parts = await streamParts({ stream: [chunk({ tool_calls: calls }), chunk({}, "tool_calls")] });
    const found = parts.filter((part) => part.type === "tool-call");
    expect(found.map(({ toolName, input }) => [toolName, input])).toEqual([
      ["x", '{"n":1}'],
      ["y", "{}"],
    ]);
    expect(new Set(found.map((part) => part.toolCallId)).size).toBe(2);
  });
  test("a name that comes after the first piece of the arguments loses nothing", async () => {
    const stream = [toolDelta(0, { id: "a", arguments: '{"n"' }), toolDelta(0, { name: "x", arguments: ":1}" }), chunk({}, "tool_calls")];
    expect(only(await streamParts({ stream }), "tool-call")).toEqual({
      type: "tool-call",
      toolCallId: "a",
      toolName: "x",
      input: '{"n":1}',
    });
  });
  test("a call without arguments has the empty object as its input", async () => {
    const parts = await streamParts({ stream: [toolDelta(0, { id: "a", name: "now" }), chunk({}, "tool_calls")] });
    expect(only(parts, "tool-call").input).toBe("{}");
  });
  test("citations come as sources", async () => {
    const annotations = [{ type: "url_citation", url_citation: { url: "https://example.org/", title: "E" } }];
    const parts = await streamParts({ stream: [chunk({ content: "x", annotations }), chunk({}, "stop")] });
    expect(only(parts, "source")).toMatchObject({ sourceType: "url", url: "https://example.org/", title: "E" });
  });
  test.each([
    ["length", "length"],
    ["content_filter", "content-filter"],
    ["tool_calls", "tool-calls"],
    ["something", "other"],
  ])("the reason %s is reported as %s", async (raw, unified) => {
    expect(only(await streamParts({ stream: [chunk({ content: "x" }), chunk({}, raw)] }), "finish")).toMatchObject({
      finishReason: unified,
      rawFinishReason: raw,
    });
  });
  test("an answer without [DONE] is whole when its reason has come", async () => {
    const parts = await streamParts({ stream: textChunks("ok"), done: false });
    expect(only(parts, "finish").finishReason).toBe("stop");
  });
  test.each(["end", "cut"] as const)("a connection that ends (%s) before the reason is an error, and its text is kept", async (after) => {
    const parts = await streamParts({ stream: [chunk({ content: "half" })], done: false, after });
    expect(joined(parts)).toBe("half");
    expect(only(parts, "error").error).toMatchObject({ name: "AI_APICallError", isRetryable: true });
    expect(only(parts, "finish").finishReason).toBe("error");
  });
  test("a tool call that was cut off is not reported as a call", async () => {
    const parts = await streamParts({ stream: [toolDelta(0, { id: "a", name: "x", arguments: '{"n' })], done: false });
    expect(typesOf(parts)).not.toContain("tool-call");
  });
  test("an error object inside the stream ends it with that error", async () => {
    const parts = await streamParts({ stream: [chunk({ content: "x" }), { error: { message: "overloaded", code: 503 } }] });
    expect(only(parts, "error").error).toMatchObject({ message: "overloaded", isRetryable: true });
    expect(typesOf(parts).slice(-2)).toEqual(["text-end", "finish"]);
  });
  test("a chunk that is not JSON ends the stream with an error", async () => {
    const parts = await streamParts({ writes: ["data: {oops\n\n", toSse(textChunks("never"))] });
    expect(only(parts, "error").error).toMatchObject({ isRetryable: false });
    expect(joined(parts)).toBe("");
  });
  test("usage that comes with the reason or under x_groq is found", async () => {
    const parts = await streamParts({ stream: [chunk({ content: "x" }), { ...chunk({}, "stop"), x_groq: { usage: USAGE } }] });
    expect(only(parts, "finish").usage.totalTokens).toBe(27);
  });
  test("a server that answers without streaming gives the same parts", async () => {
    const parts = await streamParts({ json: completion({ content: "Hello" }) });
    expect(typesOf(parts)).toEqual(["stream-start", "response-metadata", "text-start", "text-delta", "text-end", "finish"]);
  });
  test("raw chunks are handed on when they are asked for", async () => {
    const parts = await streamParts({ stream: textChunks("ok") }, { ...ASK, includeRawChunks: true });
    expect(parts.filter((part) => part.type === "raw")).toHaveLength(4);
  });
});

describe("an answer at once", () => {
  async function generate(step: Step): Promise<readonly ModelPart[]> {
    server.script(step);
    const reply = await callModel([candidate(model)], { mode: "generate", options: ASK });
    expect(reply.parts.ready).toBeDefined();
    return readAll(reply);
  }
  test("has the parts that the stream would have had", async () => {
    const message = {
      reasoning_content: "Hmm",
      content: "Hi",
      tool_calls: [{ id: "a", type: "function", function: { name: "x", arguments: '{"n":1}' } }],
    };
    const parts = await generate({ json: completion(message, "tool_calls") });
    expect(typesOf(parts)).toEqual([
      "stream-start", "response-metadata", "reasoning-start", "reasoning-delta", "reasoning-end", "text-start", "text-delta", "text-end",
      "tool-input-start", "tool-input-delta", "tool-input-end", "tool-call", "finish",
    ]); // prettier-ignore
    expect(only(parts, "finish").usage).toMatchObject({ inputTokens: 20, cachedInputTokens: 4, reasoningTokens: 2 });
    expect(server.requests.at(-1)?.body.stream).toBeUndefined();
  });
  test("an error object with status 200 is a failure", async () => {
    await expect(generate({ json: { error: { message: "no" } } })).rejects.toMatchObject({
      code: "MODEL_FAILED",
      message: "The model failed.",
    });
  });
});

test("the body of a failure is read up to a limit, and the prompt is not among the error's visible members", async () => {
  server.script({ status: 500, writes: ["x".repeat(100_000)], after: "hang" });
  const error: unknown = await model.doStream(ASK).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: "AI_APICallError", statusCode: 500, isRetryable: true, responseBody: "x".repeat(65_536) });
  expect(JSON.stringify(error)).not.toContain("Hello");
  await server.requests.at(-1)?.aborted;
});

describe("the request", () => {
  test("goes to /chat/completions with the key, the app's headers and those of the call", async () => {
    await sentBody({ headers: { "x-call": "b" } });
    const { path, headers } = server.requests.at(-1)!;
    expect(path).toBe("/v1/chat/completions");
    expect(headers).toMatchObject({ authorization: "Bearer key-1", "x-app": "a", "x-call": "b" });
  });
  test("carries the settings under their wire names and asks for usage", async () => {
    const settings = {
      temperature: 0.5,
      maxOutputTokens: 9,
      topP: 0.8,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      stopSequences: ["x"],
      seed: 3,
    };
    expect(await sentBody(settings)).toMatchObject({
      model: "m", temperature: 0.5, max_tokens: 9, top_p: 0.8, presence_penalty: 0.1, frequency_penalty: 0.2, stop: ["x"], seed: 3, stream: true, stream_options: { include_usage: true },
    }); // prettier-ignore
  });
  test("what it cannot say is left out and warned of", async () => {
    const parts = await streamParts(
      { stream: textChunks("ok") },
      { ...ASK, topK: 3, tools: [{ type: "provider", id: "a.b", name: "b", args: {} }] },
    );
    expect(only(parts, "stream-start").warnings).toEqual([
      { type: "unsupported", feature: "topK" },
      { type: "unsupported", feature: "provider tool a.b" },
    ]);
    expect(server.requests.at(-1)?.body).not.toHaveProperty("tools");
  });
  test("carries tools and the choice among them", async () => {
    const inputSchema = { type: "object", properties: {} } as const;
    const body = await sentBody({
      tools: [{ type: "function", name: "x", description: "d", inputSchema }],
      toolChoice: { type: "tool", toolName: "x" },
    });
    expect(body.tools).toEqual([{ type: "function", function: { name: "x", description: "d", parameters: inputSchema } }]);
    expect(body.tool_choice).toEqual({ type: "function", function: { name: "x" } });
  });
  test("asks for JSON, with a schema in strict mode only when the schema fits it", async () => {
    const closed: Schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };
    const open: Schema = { type: "object", properties: { a: { type: "string" } } };
    expect((await sentBody({ responseFormat: { type: "json" } })).response_format).toEqual({ type: "json_object" });
    expect((await sentBody({ responseFormat: { type: "json", schema: closed } })).response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "response", schema: closed, strict: true },
    });
    expect((await sentBody({ responseFormat: { type: "json", schema: open, name: "n" } })).response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "n", schema: open },
    });
  });
  test("adds the provider's own options under wire names, without replacing the model", async () => {
    expect(
      await sentBody({ providerOptions: { test: { reasoningEffort: "low", user: "u", model: "other" }, other: { x: 1 } } }),
    ).toMatchObject({ reasoning_effort: "low", user: "u", model: "m" });
  });
  test("writes a conversation with tool calls and their results", async () => {
    const messages = await sentMessages([
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "Hi" }] },
      { role: "assistant", content: [{ type: "reasoning", text: "Hmm" }, { type: "text", text: "One moment." }, { type: "tool-call", toolCallId: "a", toolName: "x", input: { n: 1 } }, { type: "tool-call", toolCallId: "b", toolName: "y", input: {} }] },
      { role: "tool", content: [
        { type: "tool-result", toolCallId: "a", toolName: "x", output: { type: "json", value: { ok: true } } },
        { type: "tool-result", toolCallId: "b", toolName: "y", output: { type: "execution-denied", reason: "No." } },
      ] },
      { role: "assistant", content: [{ type: "tool-call", toolCallId: "c", toolName: "x", input: { n: 2 } }] },
      { role: "tool", content: [{ type: "tool-result", toolCallId: "c", toolName: "x", output: { type: "error-text", value: "It broke." } }] },
    ]); // prettier-ignore
    const call = (id: string, name: string, text: string): object => ({ id, type: "function", function: { name, arguments: text } });
    expect(messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
      { role: "assistant", content: "One moment.", tool_calls: [call("a", "x", '{"n":1}'), call("b", "y", "{}")] },
      { role: "tool", tool_call_id: "a", content: '{"ok":true}' },
      { role: "tool", tool_call_id: "b", content: "No." },
      { role: "assistant", content: null, tool_calls: [call("c", "x", '{"n":2}')] },
      { role: "tool", tool_call_id: "c", content: "It broke." },
    ]);
  });
  test("writes images, audio, documents and texts of the user", async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const messages = await sentMessages([
      { role: "user", content: [
        { type: "text", text: "See" },
        { type: "file", mediaType: "image/png", data: { type: "data", data: bytes } },
        { type: "file", mediaType: "image/*", data: { type: "url", url: new URL("https://example.org/a.png") } },
        { type: "file", mediaType: "audio/wav", data: { type: "data", data: "AQID" } },
        { type: "file", mediaType: "application/pdf", filename: "a.pdf", data: { type: "data", data: bytes } },
        { type: "file", mediaType: "text/plain", data: { type: "data", data: new TextEncoder().encode("grün") } },
      ] },
    ]); // prettier-ignore
    expect(messages).toEqual([
      { role: "user", content: [
        { type: "text", text: "See" },
        { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
        { type: "image_url", image_url: { url: "https://example.org/a.png" } },
        { type: "input_audio", input_audio: { data: "AQID", format: "wav" } },
        { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AQID" } },
        { type: "text", text: "grün" },
      ] },
    ]); // prettier-ignore
  });
  test("a file that the format cannot carry is refused before anything is sent", async () => {
    const before = server.requests.length;
    const prompt: LanguageModelV4CallOptions["prompt"] = [
      { role: "user", content: [{ type: "file", mediaType: "video/mp4", data: { type: "data", data: "AQID" } }] },
    ];
    await expect(callModel([candidate(model)], { mode: "stream", options: { prompt } })).rejects.toMatchObject({ code: "UNPROCESSABLE" });
    expect(server.requests.length).toBe(before);
  });
  test("counts that the server does not send stay absent", async () => {
    expect(only(await streamParts({ stream: [chunk({ content: "x" }), chunk({}, "stop"), usageChunk({})] }), "finish").usage).toEqual({
      raw: {},
    });
  });
});

describe("abort", () => {
  test("while the answer streams closes the connection and rejects with the reason", async () => {
    server.script({ stream: [chunk({ content: "x" })], done: false, after: "hang" });
    const abort = new AbortController();
    const reply = await callModel([candidate(model)], { mode: "stream", options: { ...ASK, abortSignal: abort.signal } });
    const reason = new Error("enough");
    const rest = readAll(reply);
    abort.abort(reason);
    await expect(rest).rejects.toBe(reason);
    await server.requests.at(-1)?.aborted;
  });
  test("makes the model's own stream fail with the reason", async () => {
    server.script({ stream: [chunk({ content: "x" })], done: false, after: "hang" });
    const abort = new AbortController();
    const { stream } = await model.doStream({ ...ASK, abortSignal: abort.signal });
    const reason = new Error("enough");
    const rest = (async () => {
      for await (const part of stream) expect(part.type).not.toBe("error");
    })();
    abort.abort(reason);
    await expect(rest).rejects.toBe(reason);
  });
  test("a connection that stays open after [DONE] does not hold back the end of the answer and is closed", async () => {
    const parts = await streamParts({ stream: textChunks("ok"), after: "hang" });
    expect(only(parts, "finish").finishReason).toBe("stop");
    await server.requests.at(-1)?.aborted;
  });
  test("cancelling the answer closes the connection", async () => {
    server.script({ stream: [chunk({ content: "x" })], done: false, after: "hang" });
    const reply = await callModel([candidate(model)], { mode: "stream", options: ASK });
    await reply.parts.read();
    reply.parts.cancel();
    await server.requests.at(-1)?.aborted;
    expect(await reply.parts.read()).toBeUndefined();
  });
});
