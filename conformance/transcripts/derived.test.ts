/**
 * Requests for which no transcript is given: what has to come back is taken from the description of the wire. Sent without a client, so that
 * framing and headers are seen as well.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPeer, startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { suspensionOf } from "./carried.ts";
import { chunkTypes } from "./compare.ts";
import { framesOf, memberOf, record, toJson } from "./transcript.ts";
import type { Json, RecordedRequest, Transcript } from "./transcript.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

const JSON_TYPE = { "content-type": "application/json" };
const get = (name: string, path: string): Promise<Transcript> =>
  record(server.url, name, { method: "GET", path: `/api${path}`, headers: {} });
const send = (name: string, path: string, rest: Partial<RecordedRequest>): Promise<Transcript> =>
  record(server.url, name, { method: "POST", path: `/api${path}`, headers: JSON_TYPE, ...rest });
const post = (name: string, path: string, body: Json): Promise<Transcript> => send(name, path, { body });

function bodyOf({ response }: Transcript): Json {
  if (!("body" in response)) throw new Error(`The reply is not JSON: ${JSON.stringify(response).slice(0, 600)}`);
  return response.body;
}

function chunksOf({ response }: Transcript): readonly Json[] {
  const frames = framesOf(response);
  if (!frames) throw new Error(`The reply is not a stream: ${JSON.stringify(response).slice(0, 600)}`);
  return frames;
}

/** A schema of a described tool, read from its text. */
function schemaOf(tool: Json, key: string): Json {
  const text = memberOf(tool, key);
  if (typeof text !== "string") throw new Error(`${key} is not a string`);
  return toJson(text);
}

/** The payload of the first chunk of a type. */
function payloadOf(chunks: readonly Json[], type: string): Json | undefined {
  return memberOf(
    chunks.find((chunk) => memberOf(chunk, "type") === type),
    "payload",
  );
}

const CALL = ["tool-call-input-streaming-start", "tool-call-delta", "tool-call-input-streaming-end", "tool-call"];
const TEXT_STEP = ["step-start", "text-start", "text-delta", "text-end", "step-finish"];
const END = ["finish", "[DONE]"];
const WEATHER = { city: "Paris", tempC: 21 };
const CLIENT_TOOLS = {
  getTime: {
    id: "getTime",
    description: "time",
    inputSchema: { type: "object", properties: { zone: { type: "string" } }, required: ["zone"] },
  },
};

describe("agents", () => {
  const DESCRIBED = [
    ...["name", "description", "tools", "agents", "workflows", "skills", "workspaceTools", "browserTools", "hasBrowser", "inputProcessors"],
    ...["outputProcessors", "provider", "modelId", "modelVersion", "supportsMemory", "defaultOptions", "defaultGenerateOptionsLegacy"],
    ...["defaultStreamOptionsLegacy", "source"],
  ];

  test("agents-03: an agent is described by the documented keys", async () => {
    const agent = bodyOf(await get("agents-03-get", "/agents/toolAgent"));
    expect(Object.keys(agent ?? {})).toEqual(expect.arrayContaining(DESCRIBED));
    expect(agent).toMatchObject({
      name: "Tool Agent",
      skills: [],
      hasBrowser: false,
      provider: "mock.chat",
      modelVersion: "v2",
      source: "code",
    });
  });

  test("agents-06: a tool's schemas are strings that hold JSON Schema of draft 2020-12 in an envelope", async () => {
    const tool = bodyOf(await get("agents-06-get-tool", "/agents/toolAgent/tools/weatherTool"));
    expect(tool).toMatchObject({ id: "weatherTool", description: "Weather for a city", requireApproval: false });
    expect(schemaOf(tool, "inputSchema")).toMatchObject({
      json: { $schema: "https://json-schema.org/draft/2020-12/schema", type: "object", required: ["city"] },
    });
    expect(schemaOf(tool, "outputSchema")).toMatchObject({ json: { type: "object", required: ["city", "tempC"] } });
  });

  test("agents-09: input of a tool that does not fit is a 200 that says what is wrong", async () => {
    const reply = await post("agents-09-execute-tool-bad-input", "/agents/toolAgent/tools/weatherTool/execute", { data: { town: 1 } });
    expect(reply.response.status).toBe(200);
    expect(bodyOf(reply)).toMatchObject({
      error: true,
      message: expect.any(String),
      validationErrors: { errors: expect.any(Array), fields: { city: expect.anything() } },
    });
  });

  test("agents-12: generate with a tool has the documented keys, two steps and the tool's result", async () => {
    const answer = bodyOf(await post("agents-12-generate-tool", "/agents/toolAgent/generate", { messages: "weather please" }));
    expect(Object.keys(answer ?? {})).toEqual(
      expect.arrayContaining([
        ...["text", "usage", "steps", "finishReason", "warnings", "providerMetadata", "reasoning", "toolCalls", "toolResults", "sources"],
        ...["files", "response", "totalUsage", "usedFallbackValue", "runId", "messages", "rememberedMessages"],
      ]),
    );
    expect(answer).toMatchObject({
      text: `Tool weatherTool said ${JSON.stringify(WEATHER)}`,
      finishReason: "stop",
      toolResults: [{ type: "tool-result", from: "AGENT", payload: { toolName: "weatherTool", args: { city: "Paris" }, result: WEATHER } }],
      steps: [
        { stepType: "initial", finishReason: "tool-calls", toolCalls: [{ type: "tool-call" }] },
        { stepType: "tool-result", finishReason: "stop", toolCalls: [] },
      ],
    });
  });

  test("agents-12: the messages of an answer are in the stored form", async () => {
    const answer = bodyOf(await post("agents-12-generate-tool-messages", "/agents/toolAgent/generate", { messages: "weather please" }));
    expect(memberOf(answer, "messages")).toMatchObject([
      {
        id: expect.any(String),
        role: "user",
        createdAt: expect.stringMatching(/Z$/),
        content: { format: 2, parts: [{ type: "text", text: "weather please" }] },
      },
      {
        role: "assistant",
        content: {
          format: 2,
          parts: [
            {
              type: "tool-invocation",
              toolInvocation: { state: "result", toolName: "weatherTool", args: { city: "Paris" }, result: WEATHER },
            },
            { type: "step-start" },
            { type: "text" },
          ],
        },
      },
    ]);
  });

  test("agents-15: generate of an agent that nobody knows is a 404", async () => {
    const reply = await post("agents-15-generate-unknown-agent", "/agents/nope/generate", { messages: "x" });
    expect([reply.response.status, bodyOf(reply)]).toEqual([404, expect.objectContaining({ error: "Agent with id nope not found" })]);
  });

  test("agents-18: a body of another content type counts as absent", async () => {
    const reply = await send("agents-18-generate-no-content-type", "/agents/plainAgent/generate", {
      raw: "messages=hi",
      headers: { "content-type": "text/plain" },
    });
    expect(reply.response.status).toBe(400);
    expect(bodyOf(reply)).toMatchObject({
      error: "Invalid request body",
      issues: [{ field: expect.any(String), message: expect.any(String) }],
    });
  });

  test("agents-21: every field of the wrong type is named", async () => {
    const reply = await post("agents-21-generate-wrong-types", "/agents/plainAgent/generate", {
      messages: "x",
      maxSteps: "three",
      activeTools: 5,
    });
    expect(reply.response.status).toBe(400);
    expect(memberOf(bodyOf(reply), "issues")).toEqual(
      expect.arrayContaining([expect.objectContaining({ field: "maxSteps" }), expect.objectContaining({ field: "activeTools" })]),
    );
  });

  test("agents-24: a request context as JSON in the query is read on GET", async () => {
    const reply = await get(
      "agents-24-get-request-context-query-json",
      `/agents/tierAgent?requestContext=${encodeURIComponent('{"tier":"gold"}')}`,
    );
    expect(Object.keys(memberOf(bodyOf(reply), "tools") ?? {})).toEqual(["weatherTool"]);
  });

  test("agents-24: a request context that is no JSON is ignored", async () => {
    const reply = await get("agents-24-get-request-context-malformed", "/agents/tierAgent?requestContext=%7Bnope");
    expect([reply.response.status, memberOf(bodyOf(reply), "tools")]).toEqual([200, {}]);
  });

  test("agents-30: a model of the third provider interface reports its kinds of tokens", async () => {
    const answer = bodyOf(await post("agents-30-generate-v3-model", "/agents/v3Agent/generate", { messages: "weather" }));
    expect(answer).toMatchObject({
      text: `Tool weatherTool said ${JSON.stringify(WEATHER)}`,
      usage: { inputTokens: 20, outputTokens: 5, totalTokens: 25, reasoningTokens: 0, cachedInputTokens: 0, cacheCreationInputTokens: 0 },
    });
  });

  test("agents-33: a suspended generate says what it waits for", async () => {
    const answer = bodyOf(await post("agents-33-generate-approval-suspended-2", "/agents/toolAgent/generate", { messages: "delete it" }));
    expect(answer).toMatchObject({
      text: "",
      usage: {},
      finishReason: "suspended",
      toolCalls: [{ type: "tool-call", payload: { toolName: "deleteFile", args: { path: "notes/a.txt" } } }],
      toolResults: [],
      suspendPayload: { toolName: "deleteFile", args: { path: "notes/a.txt" }, resumeSchema: expect.any(String) },
      resumeSchema: expect.any(String),
    });
  });

  test("agents-36: with toolChoice none the model answers without a tool", async () => {
    const answer = bodyOf(
      await post("agents-36-generate-tool-choice-none", "/agents/toolAgent/generate", { messages: "weather", toolChoice: "none" }),
    );
    expect(answer).toMatchObject({
      text: "Echo: weather",
      finishReason: "stop",
      toolCalls: [],
      toolResults: [],
      steps: [{ stepType: "initial" }],
    });
  });

  test("agents-39: arguments that do not fit are a tool result that says so", async () => {
    const answer = bodyOf(await post("agents-39-generate-bad-tool-args", "/agents/toolAgent/generate", { messages: "badargs" }));
    expect(answer).toMatchObject({
      finishReason: "stop",
      toolResults: [{ type: "tool-result", payload: { toolName: "weatherTool", result: { error: true, message: expect.any(String) } } }],
    });
  });

  test("the older name of generate gives the same answer", async () => {
    const answer = bodyOf(await post("agents-generate-vnext", "/agents/plainAgent/generate/vnext", { messages: "hi" }));
    expect(answer).toMatchObject({ text: "Echo: hi", finishReason: "stop" });
  });

  // The other server asks its model nothing and takes the answer.
  test.skipIf(isPeer)("a list without messages is a 400", async () => {
    expect((await post("agents-generate-no-messages", "/agents/plainAgent/generate", { messages: [] })).response.status).toBe(400);
  });

  // The other server answers 500, which the official client repeats three times.
  test.skipIf(isPeer)("agents-48: a model whose provider has no key is a 4xx that names the environment variable", async () => {
    const reply = await post("agents-48-generate-model-override-object", "/agents/plainAgent/generate", {
      messages: "hi",
      model: "openai/gpt-4o",
    });
    expect(reply.response.status).toBe(422);
    expect(memberOf(bodyOf(reply), "error")).toEqual(expect.stringContaining("OPENAI_API_KEY"));
  });
});

describe("streams", () => {
  test("a stream is one line of data per frame under the documented headers and ends with [DONE]", async () => {
    const { response } = await post("stream-01-text-framing", "/agents/plainAgent/stream", { messages: "hello world" });
    expect(response.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no" });
    const blocks = "lines" in response ? response.lines.join("\n").split("\n\n") : [];
    expect(blocks.slice(-2)).toEqual(["data: [DONE]", ""]);
    expect(blocks.slice(0, -1).filter((block) => !/^(data: [^\n\r]+|: ?[^\n\r]*)$/.test(block))).toEqual([]);
  });

  test("stream-03: two calls are streamed both before either result", async () => {
    const chunks = chunksOf(await post("stream-03-two-tools", "/agents/toolAgent/stream", { messages: "both" }));
    expect(chunkTypes(chunks)).toEqual(["start", "step-start", ...CALL, ...CALL, "tool-result", "step-finish", ...TEXT_STEP, ...END]);
    const results = chunks.filter((chunk) => memberOf(chunk, "type") === "tool-result");
    expect(results.map((chunk) => memberOf(chunk, "payload", "args", "city"))).toEqual(["Paris", "Rome"]);
  });

  test("stream-06: a source comes with its address and title", async () => {
    const chunks = chunksOf(await post("stream-06-source", "/agents/plainAgent/stream", { messages: "source" }));
    expect(chunkTypes(chunks)).toEqual(["start", "step-start", "source", ...TEXT_STEP.slice(1), ...END]);
    expect(payloadOf(chunks, "source")).toMatchObject({ id: "src-1", sourceType: "url", title: "Doc", url: "https://example.com/doc" });
  });

  test("stream-09: a failure in the model's stream is an error chunk and a finish with reason error", async () => {
    const chunks = chunksOf(await post("stream-09-model-error-part", "/agents/plainAgent/stream", { messages: "errorpart" }));
    expect(chunkTypes(chunks)).toEqual(["start", "step-start", "error", "step-finish", ...END]);
    expect(payloadOf(chunks, "error")).toMatchObject({ error: { message: expect.any(String), name: expect.any(String) } });
    expect(payloadOf(chunks, "finish")).toMatchObject({ stepResult: { reason: "error", isContinued: false } });
  });

  test("stream-12: a tool that does not exist is a tool error, and the run goes on", async () => {
    const chunks = chunksOf(await post("stream-12-unknown-tool", "/agents/toolAgent/stream", { messages: "unknowntool" }));
    expect(chunkTypes(chunks)).toEqual(["start", "step-start", ...CALL, "tool-error", "step-finish", ...TEXT_STEP, ...END]);
    expect(payloadOf(chunks, "tool-error")).toMatchObject({ toolName: "noSuchTool", args: { a: 1 }, error: { name: "ToolNotFoundError" } });
  });

  test("stream-15: a client tool ends the run after its call", async () => {
    const chunks = chunksOf(
      await post("stream-15-client-tool", "/agents/plainAgent/stream", { messages: "client time", clientTools: CLIENT_TOOLS }),
    );
    expect(chunkTypes(chunks)).toEqual(["start", "step-start", ...CALL, "step-finish", ...END]);
    expect(payloadOf(chunks, "finish")).toMatchObject({ stepResult: { reason: "tool-calls", isContinued: false } });
  });

  test("stream-18: a model of the third provider interface adds its own reason and its kinds of tokens", async () => {
    const chunks = chunksOf(await post("stream-18-v3-model-tool", "/agents/v3Agent/stream", { messages: "weather" }));
    expect(chunkTypes(chunks)).toEqual(["start", "step-start", ...CALL, "tool-result", "step-finish", ...TEXT_STEP, ...END]);
    expect(payloadOf(chunks, "finish")).toMatchObject({
      stepResult: { reason: "stop", rawReason: "stop" },
      output: { usage: { inputTokens: 20, outputTokens: 5, reasoningTokens: 0, cachedInputTokens: 0, cacheCreationInputTokens: 0 } },
    });
  });

  test("stream-21: a stream that waits for an approval ends without a finish", async () => {
    const chunks = chunksOf(await post("stream-21-tool-approval", "/agents/toolAgent/stream", { messages: "delete it" }));
    expect(chunkTypes(chunks)).toEqual(["start", "step-start", ...CALL, "tool-call-approval", "[DONE]"]);
    expect(payloadOf(chunks, "tool-call-approval")).toMatchObject({
      toolName: "deleteFile",
      args: { path: "notes/a.txt" },
      resumeSchema: expect.any(String),
    });
  });

  // The other server filters by thread only for an agent with a memory.
  test.skipIf(isPeer)("stream-24: a suspended run of a thread is found by its thread", async () => {
    const memory = { thread: "derived-thread", resource: "derived-resource" };
    const opening = await post("stream-24-tool-approval-2", "/agents/toolAgent/stream", { messages: "delete it", memory });
    const { runId, toolCallId } = suspensionOf(opening);
    const found = bodyOf(
      await get("stream-24-suspended-runs", "/agents/toolAgent/suspended-runs?threadId=derived-thread&resourceId=derived-resource"),
    );
    expect(found).toMatchObject({
      total: 1,
      runs: [
        {
          runId,
          status: "suspended",
          threadId: memory.thread,
          resourceId: memory.resource,
          toolCalls: [{ toolCallId, requiresApproval: true }],
        },
      ],
    });
  });

  test("stream-27: with requireToolApproval a tool without the mark waits too", async () => {
    const chunks = chunksOf(
      await post("stream-27-require-tool-approval-option", "/agents/toolAgent/stream", { messages: "weather", requireToolApproval: true }),
    );
    expect(chunkTypes(chunks)).toEqual(["start", "step-start", ...CALL, "tool-call-approval", "[DONE]"]);
    expect(payloadOf(chunks, "tool-call-approval")).toMatchObject({ toolName: "weatherTool", args: { city: "Paris" } });
  });

  // The other server answers 500, which the official client repeats three times.
  test.skipIf(isPeer)("stream-30: approving a run that nobody knows is a 404", async () => {
    const reply = await post("stream-30-approve-unknown-run", "/agents/toolAgent/approve-tool-call", { runId: "nope", toolCallId: "x" });
    expect([reply.response.status, memberOf(bodyOf(reply), "error")]).toEqual([404, expect.any(String)]);
  });

  test("stream-36: a reader who leaves aborts the model's call", async () => {
    const messages = "slow, and the reader of the raw stream leaves";
    const abort = new AbortController();
    // Where a turn is kept, it waits for its reader unless it is told otherwise.
    const body = JSON.stringify({ messages, onDisconnect: "cancel" });
    const request = { method: "POST", headers: JSON_TYPE, body, signal: abort.signal };
    const reply = await fetch(`${server.url}/api/agents/plainAgent/stream`, request);
    const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
    let seen = "";
    while (!seen.includes('"text-delta"')) seen += (await reader?.read())?.value ?? "";
    abort.abort();
    await expect
      .poll(
        async () => {
          const calls: { text: string; aborted: boolean }[] = await (await fetch(`${server.url}/scripted-model/calls`)).json();
          return calls.filter((call) => call.text === messages).map((call) => call.aborted);
        },
        { timeout: 5_000 },
      )
      .toEqual([true]);
  });
});

describe("tools and system", () => {
  test("tools-03: a tool that nobody knows is a 404", async () => {
    const reply = await get("tools-03-get-unknown", "/tools/nope");
    expect([reply.response.status, bodyOf(reply)]).toEqual([404, expect.objectContaining({ error: "Tool not found" })]);
  });

  test("tools-06: input that does not fit is a 200 that says what is wrong", async () => {
    const reply = await post("tools-06-execute-bad-input", "/tools/weatherTool/execute", { data: { town: 1 } });
    expect(reply.response.status).toBe(200);
    expect(bodyOf(reply)).toMatchObject({
      error: true,
      validationErrors: { errors: expect.any(Array), fields: { city: expect.anything() } },
    });
  });

  // The other server runs it without asking anybody.
  test.skipIf(isPeer)("tools-09: a tool that needs approval is refused when it is called without an agent", async () => {
    const paths = ["/tools/deleteFile/execute", "/agents/toolAgent/tools/deleteFile/execute"];
    const replies = await Promise.all(
      paths.map((path, index) => post(`tools-09-execute-approval-${index}`, path, { data: { path: "x" } })),
    );
    expect(replies.map(({ response }) => response.status)).toEqual([403, 403]);
  });

  test("system-03: the OpenAPI document is of version 3.1 and describes the agents' routes", async () => {
    const reply = await fetch(`${server.url}/api/openapi.json`);
    const document: Json = await reply.json();
    expect([reply.status, memberOf(document, "openapi")]).toEqual([200, "3.1.0"]);
    expect(
      Object.keys(memberOf(document, "paths") ?? {}).filter((path) => /\/agents\/\{agentId\}\/(generate|stream)$/.test(path)),
    ).toHaveLength(2);
  });

  test("a path with a slash at its end is not found", async () => {
    expect((await get("system-trailing-slash", "/agents/")).response).toMatchObject({
      status: 404,
      framing: "text",
      text: "404 Not Found",
    });
  });
});
