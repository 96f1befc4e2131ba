/** What a client does against a live server. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createClient, createClientTool, FermataClientError, type Client, type Observation } from "../../src/client/index.ts";
import { startHono, type TestServer } from "../support/test-server.ts";
import { createApp, Journal, type App } from "./app.ts";

const journal = new Journal();
let server: TestServer;
let client: Client<App>;
beforeAll(async () => {
  server = await startHono(createApp(journal));
  client = createClient<App>({ baseUrl: server.origin });
});
afterAll(() => server?.[Symbol.asyncDispose]());

async function textOf(parts: AsyncIterable<{ readonly type: string }>): Promise<string> {
  let text = "";
  for await (const part of parts)
    if (part.type === "text-delta") text += (part as unknown as { readonly payload: { readonly text: string } }).payload.text; // the type says so
  return text;
}

const getTime = createClientTool({
  description: "The time",
  inputSchema: z.object({ zone: z.string() }),
  outputSchema: z.object({ time: z.string() }),
  execute: ({ zone }) => ({ time: `noon in ${zone}` }),
});

test("an answer is waited for", async () => {
  expect(await client.agent("guide").generate("hello there")).toMatchObject({ text: "hello there", finishReason: "stop" });
});

test("an agent is known by its id as well", async () => {
  expect((await client.agent("plain-agent").generate("hello")).text).toBe("hello");
});

test("a stream is an async iterable of its events", async () => {
  const types = [];
  for await (const part of await client.agent("guide").stream("hello there")) types.push(part.type);
  expect(types).toEqual(["start", "step-start", "text-start", "text-delta", "text-delta", "text-end", "step-finish", "finish"]);
});

test("a stream is processed chunk by chunk, each after the one before", async () => {
  const order: string[] = [];
  const stream = await client.agent("guide").stream("a b");
  await stream.processDataStream({
    onChunk: async (part) => {
      order.push(`> ${part.type}`);
      await Promise.resolve();
      order.push(`< ${part.type}`);
    },
  });
  expect(order.slice(0, 4)).toEqual(["> start", "< start", "> step-start", "< step-start"]);
});

test("the body of a stream can be handed on, and is read as the server's own", async () => {
  const stream = await client.agent("guide").stream("hello there");
  const text = await new Response(stream.body).text();
  expect(text).toMatch(/^data: \{"type":"start"/);
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
});

test("a stream tells its run", async () => {
  const stream = await client.agent("guide").stream("hello");
  const parts = await Array.fromAsync(stream);
  expect(parts[0]).toMatchObject({ type: "start", runId: stream.runId });
});

test("structured output is the data that the schema asks for", async () => {
  const schema = z.object({ city: z.string(), tempC: z.number() });
  expect((await client.agent("plain").generate("json", { structuredOutput: { schema } })).object).toEqual({ city: "Paris", tempC: 21 });
});

test("a client tool runs here, and the answer goes on with its result", async () => {
  const answer = await client.agent("plain").generate('call getTime {"zone":"UTC"}', { clientTools: { getTime } });
  expect(answer.text).toBe('told [{"time":"noon in UTC"}]');
});

test("a client tool of a stream runs here, and its continuation comes in the same stream", async () => {
  const stream = await client.agent("plain").stream('call getTime {"zone":"UTC"}', { clientTools: { getTime } });
  const types: string[] = [];
  let text = "";
  for await (const part of stream) {
    types.push(part.type);
    if (part.type === "text-delta") text += part.payload.text;
  }
  expect(text).toBe('told [{"time":"noon in UTC"}]');
  expect(types.filter((type) => type === "start" || type === "finish")).toEqual(["start", "finish", "start", "finish"]);
});

test("the observers of a client tool are told in their order", async () => {
  const told: unknown[] = [];
  const observed = { ...getTime, ...observers(told) };
  await textOf(await client.agent("plain").stream('call getTime {"zone":"UTC"}', { clientTools: { getTime: observed } }));
  expect(told).toEqual(["start", '{"zone":"UTC"}', { zone: "UTC" }, { time: "noon in UTC" }]);
});

function observers(told: unknown[]): object {
  return {
    onInputStart: () => told.push("start"),
    onInputDelta: ({ inputTextDelta }: { inputTextDelta: string }) => told.push(inputTextDelta),
    onInputAvailable: ({ input }: { input: unknown }) => told.push(input),
    onOutput: ({ output }: { output: unknown }) => told.push(output),
  };
}

test("what a client tool notes with observe reaches the app", async () => {
  const notes: Observation[] = [];
  const tool = createClientTool({
    description: "Looks",
    execute: async (_input, { observe }) => {
      observe.log("info", "looking", { far: true });
      return observe.span("look", () => "seen", { distance: 3 });
    },
  });
  await client.agent("plain").generate("call look", { clientTools: { look: tool }, onObserve: (note) => notes.push(note) });
  expect(notes).toMatchObject([
    { kind: "log", toolName: "look", level: "info", message: "looking", data: { far: true } },
    { kind: "span", toolName: "look", name: "look", failed: false, attributes: { distance: 3 } },
  ]);
});

test("a client tool that throws is told to the model", async () => {
  const broken = createClientTool({
    execute: () => {
      throw new Error("no clock");
    },
  });
  expect((await client.agent("plain").generate("call broken", { clientTools: { broken } })).text).toContain("no clock");
});

test("toModelOutput decides what the model is told of a result", async () => {
  const terse = createClientTool({ execute: () => ({ long: "x".repeat(100) }), toModelOutput: () => "short" });
  expect((await client.agent("plain").generate("call terse", { clientTools: { terse } })).text).toBe('told ["short"]');
});

test("a client tool without execute is left to the app", async () => {
  const answer = await client
    .agent("plain")
    .generate('call getTime {"zone":"UTC"}', { clientTools: { getTime: { description: "The time" } } });
  expect([answer.finishReason, answer.text]).toEqual(["tool-calls", ""]);
});

test("a model that never stops to call a client tool is stopped after maxToolRounds", async () => {
  let runs = 0;
  const again = createClientTool({ execute: () => void runs++ });
  const keeps = client.agent("plain").generate("call again", { clientTools: { again }, maxToolRounds: 0 });
  expect([(await keeps).finishReason, runs]).toEqual(["tool-calls", 0]);
});

test("on a thread a client tool's result is told without the history", async () => {
  const memory = { thread: "client-tools", resource: "user-1" };
  const keeper = client.agent("keeper");
  await keeper.generate("hello", { memory });
  expect((await keeper.generate('call getTime {"zone":"UTC"}', { memory, clientTools: { getTime } })).text).toBe(
    'told [{"time":"noon in UTC"}]',
  );
  expect((await keeper.generate("how many messages", { memory })).text).toBe("3");
});

test("a call that waits for approval goes on when it is approved", async () => {
  const guide = client.agent("guide");
  const waiting = await guide.generate('call refund {"order":"A-1"}');
  expect(waiting.finishReason).toBe("suspended");
  expect(await textOf(await guide.approveToolCall({ runId: waiting.runId }))).toBe('told [{"refunded":"A-1"}]');
});

test("a call that is declined goes on with the reason", async () => {
  const guide = client.agent("guide");
  const { runId } = await guide.generate('call refund {"order":"A-1"}');
  expect((await guide.declineToolCallGenerate({ runId, reason: "too late" })).text).toContain("too late");
});

test("a tool that suspended is answered with resumeStream", async () => {
  const guide = client.agent("guide");
  const { runId } = await guide.generate('call ask {"question":"Which colour?"}');
  expect((await guide.listSuspendedRuns()).runs.map((run) => run.runId)).toContain(runId);
  expect(await textOf(await guide.resumeStream({ answer: "blue" }, { runId }))).toBe('told [{"answer":"blue"}]');
});

test("tools run by themselves", async () => {
  expect(await client.tool("weather").execute({ city: "Oslo" })).toEqual({ city: "Oslo", tempC: 21 });
  expect(await client.agent("guide").executeTool("weather", { city: "Rome" })).toEqual({ city: "Rome", tempC: 21 });
});

test("a run of a workflow is started, waits, is resumed and ends", async () => {
  const run = await client.workflow("article").createRun();
  expect(await run.startAsync({ inputData: { text: "post" } })).toMatchObject({
    status: "suspended",
    suspendPayload: { review: { question: 'Publish "post"?' } },
  });
  expect(await run.resumeAsync({ step: "review", resumeData: { ok: true } })).toMatchObject({
    status: "success",
    result: { published: "post" },
  });
  expect(await run.get({ fields: "result" })).toMatchObject({ status: "success", result: { published: "post" } });
});

test("a run of a workflow is streamed, and observed afterwards", async () => {
  const run = await client.workflow("doubling").createRun();
  const types: string[] = [];
  for await (const { type } of await run.stream({ inputData: { n: 2 } })) types.push(type);
  expect(types).toEqual(["workflow-start", "workflow-step-start", "workflow-step-result", "workflow-finish"]);
  const seen = await Array.fromAsync(await client.workflow("doubling").run(run.runId).observe());
  expect(seen.map(({ type }) => type)).toEqual(types);
});

test("a thread is changed, listed, copied, handed over and deleted", async () => {
  await client.memory.createThread({ query: { agentId: "keeper" }, body: { threadId: "t-1", resourceId: "user-2", title: "One" } });
  const thread = client.thread("t-1", { agentId: "keeper", resourceId: "user-2" });
  expect(await thread.update({ title: "Two" })).toMatchObject({ id: "t-1", title: "Two" });
  await client.agent("keeper").generate("hello", { memory: { thread: "t-1", resource: "user-2" } });
  const { messages } = await thread.listMessages({ orderBy: { direction: "DESC" }, perPage: 1 });
  expect(messages.map(({ role }) => role)).toEqual(["assistant"]);
  expect((await thread.clone({ title: "Copy" })).clonedMessages).toHaveLength(2);
  expect(await client.thread("t-1", { agentId: "keeper" }).transfer("user-3")).toMatchObject({ resourceId: "user-3" });
  expect(await client.thread("t-1", { agentId: "keeper", resourceId: "user-3" }).delete()).toEqual({ result: "Thread deleted" });
});

test("vectors, responses and the system are reached by group and name", async () => {
  const params = { vectorName: "notes" };
  await client.vectors.createIndex({ params, body: { indexName: "i", dimension: 2 } });
  await client.vectors.upsert({ params, body: { indexName: "i", vectors: [[1, 0]], ids: ["a"] } });
  expect(await client.vectors.query({ params, body: { indexName: "i", queryVector: [1, 0] } })).toMatchObject([{ id: "a" }]);
  expect(await client.responses.create({ body: { agent_id: "plain", input: "hello" } })).toMatchObject({ status: "completed" });
  const types = [];
  for await (const event of await client.responses.create({ body: { agent_id: "plain", input: "hello", stream: true } }))
    types.push((event as { type: string }).type);
  expect([types[0], types.at(-1)]).toEqual(["response.created", "response.completed"]);
  expect(await client.system.packages()).toHaveProperty("packages");
});

async function failureOf(call: Promise<unknown>): Promise<FermataClientError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (FermataClientError.is(error)) return error;
  throw new Error("The call did not fail as it should have", { cause: error });
}

test("a failure carries the server's code, status, message and request id", async () => {
  const failure = await failureOf(createClient({ baseUrl: server.origin }).agent("nobody").generate("hello"));
  expect(failure).toMatchObject({ code: "NOT_FOUND", status: 404, message: "Agent with id nobody not found" });
  expect(failure.requestId).toMatch(/^[\w-]{36}$/);
});

test("a stream that cannot begin rejects before it is read", async () => {
  expect(await failureOf(createClient({ baseUrl: server.origin }).agent("nobody").stream("hello"))).toMatchObject({ code: "NOT_FOUND" });
});

test("a request that does not fit says what is wrong, field by field", async () => {
  const failure = await failureOf(client.agents.generate({ params: { agentId: "guide" }, body: { messages: "x", maxSteps: 0 } }));
  expect([failure.code, failure.issues]).toEqual(["VALIDATION_FAILED", [{ field: "maxSteps", message: expect.any(String) }]]);
});

test("a missing parameter of a path is refused before anything is sent", async () => {
  const failure = await failureOf(client.agents.get({ params: { agentId: "" } }));
  expect(failure).toMatchObject({ code: "VALIDATION_FAILED", status: 0 });
});

test("an abort rejects with the signal's own reason", async () => {
  const reason = new Error("enough");
  await expect(client.agent("plain").generate("hello", { abortSignal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
