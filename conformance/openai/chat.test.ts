/** Chat Completions through OpenAI's own client. */
import { zodResponseFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { isPeer, startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { all, connect, failureOf, PIXEL } from "./connect.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

const getTime = {
  type: "function",
  function: {
    name: "getTime",
    description: "The time",
    parameters: { type: "object", properties: { zone: { type: "string" } }, required: ["zone"] },
  },
};

const parseZone = (text: string): string => z.object({ zone: z.string() }).parse(JSON.parse(text)).zone;

test.skipIf(isPeer)("models are the agents", async () => {
  const openai = connect(server.url);
  const ids = (await all(openai.models.list())).map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(["plainAgent", "toolAgent"]));
  expect(await openai.models.retrieve("plainAgent")).toMatchObject({ id: "plainAgent", object: "model" });
  expect(await failureOf(openai.models.retrieve("nobody"))).toMatchObject({ status: 404, code: "model_not_found", param: "model" });
});

test.skipIf(isPeer)("an answer has its text, its end and its usage", async () => {
  const completion = await connect(server.url).chat.completions.create({
    model: "plainAgent",
    messages: [{ role: "user", content: "hello" }],
  });
  expect(completion).toMatchObject({
    object: "chat.completion",
    model: "plainAgent",
    choices: [{ index: 0, message: { role: "assistant", content: "Echo: hello" }, finish_reason: "stop" }],
  });
  expect(completion.usage).toMatchObject({
    prompt_tokens: 10,
    completion_tokens: 2,
    total_tokens: 12,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  });
});

test.skipIf(isPeer)("the prefix works as a base URL too", async () => {
  const completion = await connect(server.url, "/api/v1").chat.completions.create({
    model: "plainAgent",
    messages: [{ role: "user", content: "hello" }],
  });
  expect(completion.choices[0]?.message.content).toBe("Echo: hello");
});

test.skipIf(isPeer)("a stream brings the same text in pieces, and usage at the end when it is asked for", async () => {
  const stream = await connect(server.url).chat.completions.create({
    model: "plainAgent",
    messages: [{ role: "user", content: "hello world" }],
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = await all(stream);
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("Echo: hello world");
  expect(chunks.flatMap((chunk) => chunk.choices[0]?.finish_reason ?? [])).toEqual(["stop"]);
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 13 } });
  expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
});

test.skipIf(isPeer)("the agent's own tools run inside", async () => {
  const completion = await connect(server.url).chat.completions.create({
    model: "toolAgent",
    messages: [{ role: "user", content: "weather" }],
  });
  expect(completion.choices[0]).toMatchObject({
    finish_reason: "stop",
    message: { content: 'Tool weatherTool said {"city":"Paris","tempC":21}' },
  });
  expect(completion.choices[0]?.message.tool_calls).toBeUndefined();
});

test.skipIf(isPeer)("runTools runs the caller's function and hands its result back", async () => {
  const asked: unknown[] = [];
  const runner = connect(server.url).chat.completions.runTools({
    model: "plainAgent",
    messages: [{ role: "user", content: "client time" }],
    tools: [
      { type: "function", function: { ...getTime.function, parse: parseZone, function: (zone: string) => (asked.push(zone), "12:00") } },
    ],
  });
  expect(await runner.finalContent()).toBe('Tool getTime said "12:00"');
  expect(asked).toEqual(["UTC"]);
});

test.skipIf(isPeer)("runTools works on streams", async () => {
  const runner = connect(server.url).chat.completions.runTools({
    model: "plainAgent",
    stream: true,
    messages: [{ role: "user", content: "client time" }],
    tools: [{ type: "function", function: { ...getTime.function, parse: parseZone, function: () => "12:00" } }],
  });
  expect(await runner.finalContent()).toBe('Tool getTime said "12:00"');
  expect((await runner.finalChatCompletion()).choices[0]?.finish_reason).toBe("stop");
});

test.skipIf(isPeer)("parse reads structured output", async () => {
  const schema = z.object({ name: z.string(), age: z.number() });
  const completion = await connect(server.url).chat.completions.parse({
    model: "plainAgent",
    messages: [{ role: "user", content: "give" }],
    response_format: zodResponseFormat(schema, "person"),
  });
  expect(completion.choices[0]?.message.parsed).toEqual({ name: "mock-name", age: 7 });
});

test.skipIf(isPeer)("json_object gives an object", async () => {
  const completion = await connect(server.url).chat.completions.create({
    model: "plainAgent",
    messages: [{ role: "user", content: "give" }],
    response_format: { type: "json_object" },
  });
  expect(JSON.parse(completion.choices[0]?.message.content ?? "")).toEqual({});
});

test.skipIf(isPeer)("the stream helper tells content and the final completion", async () => {
  const stream = connect(server.url).chat.completions.stream({ model: "plainAgent", messages: [{ role: "user", content: "hello" }] });
  expect(await stream.finalContent()).toBe("Echo: hello");
});

test.skipIf(isPeer)("images are taken, as data and as an address", async () => {
  for (const url of [PIXEL, "https://example.com/a.png"]) {
    const completion = await connect(server.url).chat.completions.create({
      model: "plainAgent",
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            { type: "image_url", image_url: { url } },
          ],
        },
      ],
    });
    expect(completion.choices[0]?.message.content).toBe("Echo: look");
  }
});

test.skipIf(isPeer)("an answer that was cut off says so", async () => {
  const completion = await connect(server.url).chat.completions.create({
    model: "plainAgent",
    messages: [{ role: "user", content: "long" }],
  });
  expect(completion.choices[0]?.finish_reason).toBe("length");
});

test.skipIf(isPeer)("a model that fails is an error, before and in a stream", async () => {
  const openai = connect(server.url);
  const request = { model: "plainAgent", messages: [{ role: "user" as const, content: "errorpart" }] };
  expect((await failureOf(openai.chat.completions.create(request))).status).toBeGreaterThanOrEqual(400);
  const stream = await openai.chat.completions.create({ ...request, stream: true });
  expect(await failureOf(all(stream))).toMatchObject({ message: expect.any(String), type: expect.any(String) });
});

test.skipIf(isPeer)("what cannot be honoured is refused by its name", async () => {
  const openai = connect(server.url);
  const request = { model: "plainAgent", messages: [{ role: "user" as const, content: "x" }] };
  expect(await failureOf(openai.chat.completions.create({ ...request, n: 2 }))).toMatchObject({
    status: 400,
    param: "n",
    code: "unsupported_parameter",
    type: "invalid_request_error",
  });
  expect(await failureOf(openai.chat.completions.create({ ...request, audio: { format: "wav", voice: "alloy" } }))).toMatchObject({
    status: 400,
    param: "audio",
  });
  expect(await failureOf(openai.chat.completions.create({ ...request, model: "nobody" }))).toMatchObject({
    status: 404,
    code: "model_not_found",
    param: "model",
  });
  expect(await failureOf(openai.chat.completions.create({ ...request, tools: [{ type: "custom", custom: { name: "x" } }] }))).toMatchObject(
    { status: 400, param: "tools[0].type" },
  );
});
