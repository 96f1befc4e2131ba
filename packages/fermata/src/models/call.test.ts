import { getEventListeners } from "node:events";
import { createOpenAI } from "@ai-sdk/openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ASK, candidate, joined, only, readAll } from "../../test/support/call-parts.ts";
import { chunk, completion, startWireServer, textChunks, toolDelta } from "../../test/support/openai-wire-server.ts";
import type { Step, WireServer } from "../../test/support/openai-wire-server.ts";
import { apiError, scriptedModel, textParts } from "../../test/support/scripted-model.ts";
import { callModel } from "./call.ts";
import { createOpenAiCompatibleModel } from "./openai-compatible/model.ts";
import type { LanguageModel, ModelRequest } from "./types.ts";

const STREAM: ModelRequest = { mode: "stream", options: ASK };
const GENERATE: ModelRequest = { mode: "generate", options: ASK };
const AT_ONCE = { "retry-after-ms": "0" };
const failure = (status: number, headers: Record<string, string> = AT_ONCE): Step => ({
  json: { error: { message: "secret" } },
  status,
  headers,
});

const clients: Record<string, (baseUrl: string) => LanguageModel> = {
  "the built-in provider": (baseUrl) => createOpenAiCompatibleModel({ provider: "test", modelId: "x", baseUrl, apiKey: "k" }),
  "@ai-sdk/openai": (baseUrl) => createOpenAI({ baseURL: baseUrl, apiKey: "k" }).chat("x"),
};

describe.each(Object.entries(clients))("over HTTP with %s", (_, create) => {
  let server: WireServer;
  let model: LanguageModel;
  beforeAll(async () => {
    server = await startWireServer();
    model = create(server.baseUrl);
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const sent = (): number => server.requests.length;

  test.each([undefined, 1, 7])("streams text (writes of %s bytes)", async (cutBytes) => {
    server.script({ stream: textChunks("Grüße ", "aus ", "東京"), ...(cutBytes !== undefined && { cutBytes }) });
    const parts = await readAll(await callModel([candidate(model, 2)], STREAM));
    expect(joined(parts)).toBe("Grüße aus 東京");
    expect(only(parts, "finish")).toMatchObject({
      finishReason: "stop",
      usage: { inputTokens: 20, outputTokens: 7, cachedInputTokens: 4, reasoningTokens: 2 },
    });
  });
  test("streams two mixed tool calls", async () => {
    server.script({
      stream: [
        toolDelta(0, { id: "a", name: "x", arguments: '{"n"' }),
        toolDelta(1, { id: "b", name: "y", arguments: "{}" }),
        toolDelta(0, { arguments: ":1}" }),
        chunk({}, "tool_calls"),
      ],
    });
    const parts = await readAll(await callModel([candidate(model, 2)], STREAM));
    const calls = parts.flatMap((part) => (part.type === "tool-call" ? [`${part.toolCallId} ${part.toolName} ${part.input}`] : []));
    expect(calls.sort()).toEqual(['a x {"n":1}', "b y {}"]);
    expect(only(parts, "finish").finishReason).toBe("tool-calls");
  });
  test("gives a whole answer as parts that are ready", async () => {
    server.script({
      json: completion(
        { content: "Hi", tool_calls: [{ id: "a", type: "function", function: { name: "x", arguments: "{}" } }] },
        "tool_calls",
      ),
    });
    const { parts } = await callModel([candidate(model)], GENERATE);
    const types = parts.ready?.map((part) => part.type);
    expect(types).toEqual([
      "stream-start",
      "response-metadata",
      "text-start",
      "text-delta",
      "text-end",
      "tool-input-start",
      "tool-input-delta",
      "tool-input-end",
      "tool-call",
      "finish",
    ]);
  });
  test.each([429, 408, 409, 500, 503])("repeats after HTTP %i and gives the answer of the repeat", async (status) => {
    const before = sent();
    server.script(failure(status), { stream: textChunks("ok") });
    expect(joined(await readAll(await callModel([candidate(model, 2)], STREAM)))).toBe("ok");
    expect(sent() - before).toBe(2);
  });
  test("a 429 that stays is RATE_LIMITED after all repeats, with the wait in seconds and nothing of the provider's text", async () => {
    const before = sent();
    for (let n = 0; n < 3; n++) server.script(failure(429));
    const error: unknown = await callModel([candidate(model, 2)], GENERATE).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "RATE_LIMITED",
      message: "The model provider answered with HTTP 429.",
      details: { retryAfterSeconds: 0 },
    });
    expect(sent() - before).toBe(3);
  });
  test.each([
    [400, "MODEL_FAILED"],
    [401, "MISCONFIGURED"],
    [403, "MISCONFIGURED"],
    [404, "MODEL_FAILED"],
  ])("does not repeat after HTTP %i, which is %s", async (status, code) => {
    const before = sent();
    server.script(failure(status));
    await expect(callModel([candidate(model, 2)], STREAM)).rejects.toMatchObject({ code });
    expect(sent() - before).toBe(1);
  });
  test("asks the next candidate when the first has failed for good", async () => {
    const other = clients["the built-in provider"]?.(`${server.origin}/other`);
    server.script(failure(401), { stream: textChunks("from the other") });
    const reply = await callModel([candidate(model, 2), candidate(other!)], STREAM);
    expect(joined(await readAll(reply))).toBe("from the other");
    expect(reply.model).toBe(other);
    expect(server.requests.at(-1)?.path).toBe("/other/chat/completions");
  });
  test("a provider that cannot be reached is UPSTREAM_FAILED", async () => {
    const gone = await startWireServer();
    await gone[Symbol.asyncDispose]();
    await expect(callModel([candidate(create(gone.baseUrl))], STREAM)).rejects.toMatchObject({ code: "UPSTREAM_FAILED" });
  });
  test("a connection that is cut before the first word is tried again", async () => {
    const before = sent();
    server.script({ writes: [], after: "cut" }, { stream: textChunks("ok") });
    const reply = callModel([candidate(model, 1)], STREAM);
    expect(joined(await readAll(await reply))).toBe("ok");
    expect(sent() - before).toBe(2);
  });
  test("a slow first byte is UPSTREAM_TIMEOUT under firstChunkMs, and the connection is closed", async () => {
    server.script({ writes: [], after: "hang" });
    const reply = callModel([candidate(model, 2)], { ...STREAM, timeouts: { firstChunkMs: 30 } });
    await expect(reply).rejects.toMatchObject({ code: "UPSTREAM_TIMEOUT" });
    await server.requests.at(-1)?.aborted;
  });
  test("after a slow first byte the next candidate is asked, without repeats of the first", async () => {
    const before = sent();
    server.script({ hang: true }, { stream: textChunks("ok") });
    const reply = await callModel([candidate(model, 2, { modelSettings: { timeout: { firstChunkMs: 30 } } }), candidate(model)], STREAM);
    expect(joined(await readAll(reply))).toBe("ok");
    expect(sent() - before).toBe(2);
  });
  test("an answer that stops in the middle is UPSTREAM_TIMEOUT under stepMs", async () => {
    server.script({ stream: [chunk({ content: "half" })], done: false, after: "hang" });
    const reply = await callModel([candidate(model)], { ...STREAM, timeouts: { stepMs: 150 } });
    await expect(readAll(reply)).rejects.toMatchObject({
      code: "UPSTREAM_TIMEOUT",
      message: "The model did not finish its answer within 150 ms.",
    });
    await server.requests.at(-1)?.aborted;
  });
  test("an answer that never begins is UPSTREAM_TIMEOUT under stepMs when asked for at once", async () => {
    server.script({ hang: true });
    await expect(callModel([candidate(model, 2)], { ...GENERATE, timeouts: { stepMs: 30, firstChunkMs: 1 } })).rejects.toMatchObject({
      code: "UPSTREAM_TIMEOUT",
    });
    await server.requests.at(-1)?.aborted;
  });
  test("abort before the answer rejects with the reason and closes the connection", async () => {
    const before = sent();
    server.script({ hang: true });
    const abort = new AbortController();
    const reply = callModel([candidate(model, 2), candidate(model, 2)], { mode: "stream", options: { ...ASK, abortSignal: abort.signal } });
    await expect.poll(sent).toBe(before + 1);
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(reply).rejects.toBe(reason);
    await server.requests.at(-1)?.aborted;
    expect(sent()).toBe(before + 1);
  });
});

describe("with any model", () => {
  test("no candidate at all is MISCONFIGURED", async () => {
    await expect(callModel([], STREAM)).rejects.toMatchObject({ code: "MISCONFIGURED" });
  });
  test("without time-outs the model gets the very options of the request", async () => {
    const model = scriptedModel(textParts("ok"));
    const options = { ...ASK, abortSignal: new AbortController().signal };
    await readAll(await callModel([candidate(model)], { mode: "stream", options }));
    expect(model.calls[0]).toBe(options);
  });
  test("an error part before any content is a failed try when it may pass", async () => {
    const broken = [
      { type: "stream-start" as const, warnings: [] },
      { type: "error" as const, error: apiError(503) },
    ];
    const model = scriptedModel(broken, textParts("ok"));
    const parts = await readAll(await callModel([candidate(model, 1)], STREAM));
    expect(parts.map((part) => part.type)).toEqual(["stream-start", "text-start", "text-delta", "text-end", "finish"]);
  });
  test("an error part between the start of a text and its first word is a failed try", async () => {
    const model = scriptedModel([...textParts().slice(0, 2), { type: "error", error: apiError(503) }], textParts("ok"));
    expect(joined(await readAll(await callModel([candidate(model, 1)], STREAM)))).toBe("ok");
  });
  test("an error part before any content is handed on when a repeat cannot help", async () => {
    const model = scriptedModel([{ type: "error", error: apiError(400) }]);
    const parts = await readAll(await callModel([candidate(model, 2)], STREAM));
    expect(parts).toMatchObject([{ type: "error", error: { statusCode: 400 } }]);
  });
  test("an error part after content is handed on and nothing is repeated", async () => {
    const model = scriptedModel([...textParts("x").slice(0, 3), { type: "error", error: apiError(503) }], textParts("never"));
    const parts = await readAll(await callModel([candidate(model, 2)], STREAM));
    expect(parts.at(-1)).toMatchObject({ type: "error" });
    expect(model.calls).toHaveLength(1);
  });
  test("a stream without any part is a failed try", async () => {
    const model = scriptedModel([], textParts("ok"));
    expect(joined(await readAll(await callModel([candidate(model), candidate(model)], STREAM)))).toBe("ok");
  });
  test("the last failure is the one that is reported, with the original as its cause", async () => {
    const last = apiError(404);
    const models = [candidate(scriptedModel({ reject: apiError(401) })), candidate(scriptedModel({ reject: last }))];
    await expect(callModel(models, GENERATE)).rejects.toMatchObject({ code: "MODEL_FAILED", cause: last });
  });
  test("a candidate's own settings lie under those of the request", async () => {
    const model = scriptedModel(textParts("ok"));
    const own = candidate(model, 0, {
      modelSettings: { temperature: 0.1, topP: 0.5, headers: { "x-a": "1" } },
      providerOptions: { p: { a: 1, b: 1 }, q: { c: 1 } },
      headers: { "x-b": "1", "x-c": "1" },
    });
    const options = { ...ASK, temperature: 0.9, headers: { "x-c": "2" }, providerOptions: { p: { b: 2 } } };
    await callModel([own], { mode: "stream", options });
    expect(model.calls[0]).toMatchObject({
      temperature: 0.9, topP: 0.5, headers: { "x-a": "1", "x-b": "1", "x-c": "2" }, providerOptions: { p: { a: 1, b: 2 }, q: { c: 1 } },
    }); // prettier-ignore
    expect(options.headers).toEqual({ "x-c": "2" });
  });
  test("an abort that happened before rejects at once and asks nobody", async () => {
    const model = scriptedModel();
    const reason = new Error("enough");
    await expect(
      callModel([candidate(model)], { mode: "stream", options: { ...ASK, abortSignal: AbortSignal.abort(reason) } }),
    ).rejects.toBe(reason);
    expect(model.calls).toHaveLength(0);
  });
  test("abort during the wait before a repeat rejects at once", async () => {
    const model = scriptedModel({ reject: apiError(429, { "retry-after": "60" }) });
    const abort = new AbortController();
    const reply = callModel([candidate(model, 2)], { mode: "stream", options: { ...ASK, abortSignal: abort.signal } });
    await expect.poll(() => model.calls.length).toBe(1);
    abort.abort(new Error("enough"));
    await expect(reply).rejects.toThrow("enough");
    expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
  });
  test.each(["stream", "generate"] as const)("abort ends a %s call although the model does not mind its signal", async (mode) => {
    const abort = new AbortController();
    const reply = callModel([candidate(scriptedModel("never"))], { mode, options: { ...ASK, abortSignal: abort.signal } });
    abort.abort(new Error("enough"));
    await expect(reply).rejects.toThrow("enough");
  });
  test("abort ends the reading of a stream although the model does not mind its signal", async () => {
    const abort = new AbortController();
    const model = scriptedModel([...textParts("x").slice(0, 3), "open"]);
    const reply = await callModel([candidate(model, 2)], { mode: "stream", options: { ...ASK, abortSignal: abort.signal } });
    const rest = readAll(reply);
    abort.abort(new Error("enough"));
    await expect(rest).rejects.toThrow("enough");
  });
  test("a wait that would outlast stepMs is not begun", async () => {
    const model = scriptedModel({ reject: apiError(429, { "retry-after": "60" }) });
    await expect(callModel([candidate(model, 2)], { ...STREAM, timeouts: { stepMs: 5000 } })).rejects.toMatchObject({
      code: "RATE_LIMITED",
      details: { retryAfterSeconds: 60 },
    });
  });
});

describe("nothing is left behind", () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const limits = { stepMs: 60_000, firstChunkMs: 60_000 };
  test.each([
    ["read to its end", textParts("ok")],
    ["cancelled", [...textParts("ok").slice(0, 3), "open"]],
    ["failed", { reject: apiError(400) }],
  ] as const)("a stream that was %s leaves no timer and no listener", async (how, answer) => {
    const before = timers();
    const { signal } = new AbortController();
    const call = callModel([candidate(scriptedModel(answer))], {
      mode: "stream",
      options: { ...ASK, abortSignal: signal },
      timeouts: limits,
    });
    if (how === "failed") await call.catch(() => undefined);
    else if (how === "cancelled") (await call).parts.cancel();
    else await readAll(await call);
    expect([getEventListeners(signal, "abort").length, timers() - before]).toEqual([0, 0]);
  });
  test("a repeat leaves no listener", async () => {
    const { signal } = new AbortController();
    const model = scriptedModel({ reject: apiError(503) }, textParts("ok"));
    await readAll(await callModel([candidate(model, 1)], { mode: "stream", options: { ...ASK, abortSignal: signal } }));
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
  test("a whole answer leaves no timer and no listener before it is read", async () => {
    const before = timers();
    const { signal } = new AbortController();
    await callModel([candidate(scriptedModel([]))], { mode: "generate", options: { ...ASK, abortSignal: signal }, timeouts: limits });
    expect([getEventListeners(signal, "abort").length, timers() - before]).toEqual([0, 0]);
  });
  test("a stream that comes after the abort is let go of", async () => {
    let isCancelled = false;
    const late = Promise.withResolvers<{ stream: ReadableStream<never> }>();
    const model = { ...scriptedModel(), doStream: () => late.promise };
    const abort = new AbortController();
    const call = callModel([candidate(model)], { mode: "stream", options: { ...ASK, abortSignal: abort.signal } });
    abort.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    late.resolve({ stream: new ReadableStream<never>({ cancel: () => void (isCancelled = true) }) });
    await expect.poll(() => isCancelled).toBe(true);
  });
});
