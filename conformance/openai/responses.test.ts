/** Responses through OpenAI's own client. */
import { zodTextFormat } from "openai/helpers/zod";
import type { ResponseInputItem, ResponseStreamEvent } from "openai/resources/responses/responses";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { isPeer, startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { all, connect, failureOf, getTime, PIXEL } from "./connect.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

const typesOf = (events: readonly ResponseStreamEvent[]): string[] =>
  events.map(({ type }) => type).filter((type, index, list) => type !== list[index - 1]);

test.skipIf(isPeer)("a model that names an agent answers", async () => {
  const response = await connect(server.url).responses.create({ model: "plainAgent", input: "hello" });
  expect(response).toMatchObject({
    object: "response",
    status: "completed",
    model: "plainAgent",
    error: null,
    incomplete_details: null,
    output_text: "Echo: hello",
  });
  expect(response.usage).toMatchObject({
    input_tokens: 10,
    output_tokens: 2,
    total_tokens: 12,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  });
});

test.skipIf(isPeer)("the parameters that were given come back", async () => {
  const given = {
    temperature: 0.1,
    top_p: 0.5,
    max_output_tokens: 50,
    metadata: { a: "b" },
    user: "u",
    instructions: "Be brief.",
    tool_choice: "auto",
    parallel_tool_calls: false,
  } as const;
  const response = await connect(server.url).responses.create({ model: "plainAgent", input: "hello", ...given });
  expect(response).toMatchObject(given);
});

test.skipIf(isPeer)("a plain text format is taken", async () => {
  const response = await connect(server.url).responses.create({
    model: "plainAgent",
    input: "hello",
    text: { format: { type: "text" }, verbosity: "low" },
  });
  expect(response.text).toEqual({ format: { type: "text" }, verbosity: "low" });
});

test.skipIf(isPeer)("a stream has its events in order, numbered one by one", async () => {
  const events = await all(await connect(server.url).responses.create({ model: "plainAgent", input: "hello world", stream: true }));
  expect(typesOf(events)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index + 1));
});

test.skipIf(isPeer)("the stream helper builds the final response", async () => {
  const stream = connect(server.url).responses.stream({ model: "toolAgent", input: "weather" });
  const response = await stream.finalResponse();
  expect(response.output_text).toBe('Tool weatherTool said {"city":"Paris","tempC":21}');
  expect(response.output).toMatchObject([
    { type: "mcp_call", name: "weatherTool", output: '{"city":"Paris","tempC":21}', status: "completed" },
    { type: "message" },
  ]);
});

test.skipIf(isPeer)("parse reads structured output", async () => {
  const response = await connect(server.url).responses.parse({
    model: "plainAgent",
    input: "give",
    text: { format: zodTextFormat(z.object({ name: z.string(), age: z.number() }), "person") },
  });
  expect(response.output_parsed).toEqual({ name: "mock-name", age: 7 });
});

test.skipIf(isPeer)("the caller's function is called, run by the caller, and its output heard", async () => {
  const openai = connect(server.url);
  const input: ResponseInputItem[] = [{ role: "user", content: "client time" }];
  const first = await openai.responses.create({ model: "plainAgent", input, tools: [getTime] });
  expect(first).toMatchObject({
    status: "completed",
    output: [{ type: "function_call", name: "getTime", arguments: '{"zone":"UTC"}', status: "completed" }],
    tools: [getTime],
  });
  const [call] = first.output;
  if (call?.type !== "function_call") throw new Error("there is no call");
  const second = await openai.responses.create({
    model: "plainAgent",
    input: [...input, call, { type: "function_call_output", call_id: call.call_id, output: "12:00" }],
    tools: [getTime],
  });
  expect(second.output_text).toBe('Tool getTime said "12:00"');
});

test.skipIf(isPeer)("reasoning is an item of its own, streamed before the message", async () => {
  const events = await all(await connect(server.url).responses.create({ model: "plainAgent", input: "think", stream: true }));
  const last = events.at(-1);
  if (last?.type !== "response.completed") throw new Error("it did not complete");
  expect(last.response.output).toMatchObject([
    { type: "reasoning", summary: [{ type: "summary_text", text: "I should answer." }] },
    { type: "message" },
  ]);
  expect(typesOf(events)).toEqual(
    expect.arrayContaining([
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
    ]),
  );
});

test.skipIf(isPeer)("images and files are taken", async () => {
  const response = await connect(server.url).responses.create({
    model: "plainAgent",
    input: [
      {
        role: "user",
        content: [
          { type: "input_text", text: "look" },
          { type: "input_image", image_url: PIXEL, detail: "auto" },
          { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" },
        ],
      },
    ],
  });
  expect(response.output_text).toBe("Echo: look");
});

test.skipIf(isPeer)("an approval request can be answered", async () => {
  const openai = connect(server.url);
  const first = await openai.responses.create({ model: "toolAgent", input: "delete it" });
  expect(first).toMatchObject({ status: "incomplete", incomplete_details: { reason: "approval_required" } });
  const request = first.output.find((item) => item.type === "mcp_approval_request");
  if (!request) throw new Error("there is no request");
  expect(request).toMatchObject({ name: "deleteFile", arguments: '{"path":"notes/a.txt"}' });
  const answer: ResponseInputItem = { type: "mcp_approval_response", approval_request_id: request.id, approve: true };
  const second = await openai.responses.create({ model: "toolAgent", input: [answer] });
  expect(second).toMatchObject({ status: "completed", output_text: 'Tool deleteFile said {"deleted":true}' });
  expect(await failureOf(openai.responses.create({ model: "toolAgent", input: [answer] }))).toMatchObject({ status: 409 });
});

test.skipIf(isPeer)("a refused approval is told to the model", async () => {
  const openai = connect(server.url);
  const events = await all(await openai.responses.create({ model: "toolAgent", input: "delete it", stream: true }));
  const last = events.at(-1);
  if (last?.type !== "response.incomplete") throw new Error("it is not incomplete");
  const request = last.response.output.find((item) => item.type === "mcp_approval_request");
  const second = await openai.responses.create({
    model: "toolAgent",
    input: [{ type: "mcp_approval_response", approval_request_id: request?.id ?? "", approve: false, reason: "not today" }],
  });
  expect(second.output_text).toContain("not today");
});

test.skipIf(isPeer)("an answer that was cut off is incomplete", async () => {
  const openai = connect(server.url);
  expect(await openai.responses.create({ model: "plainAgent", input: "long" })).toMatchObject({
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
  });
  const events = await all(await openai.responses.create({ model: "plainAgent", input: "long", stream: true }));
  expect(events.at(-1)).toMatchObject({ type: "response.incomplete", response: { status: "incomplete" } });
});

test.skipIf(isPeer)("a model that fails in a stream ends it with response.failed", async () => {
  const events = await all(await connect(server.url).responses.create({ model: "plainAgent", input: "errorpart", stream: true }));
  expect(events.at(-1)).toMatchObject({
    type: "response.failed",
    response: { status: "failed", error: { code: "server_error", message: expect.any(String) } },
  });
});

test.skipIf(isPeer).each<[name: string, body: object, param: string | null, status: number]>([
  ["an unknown model", { model: "nobody" }, "model", 404],
  ["a tool that does not run here", { tools: [{ type: "web_search" }] }, "tools[0].type", 400],
  ["two tools of one name", { tools: [getTime, getTime] }, "tools[1].name", 400],
  ["an item of an unknown kind", { input: [{ type: "computer_call" }] }, "input[0].type", 400],
  ["an output without its call", { input: [{ type: "function_call_output", call_id: "c", output: "x" }] }, "input[0].call_id", 400],
  [
    "a call without its output",
    { input: [{ type: "function_call", call_id: "c", name: "getTime", arguments: "{}" }] },
    "input[0].call_id",
    400,
  ],
  [
    "an image that is no address",
    { input: [{ role: "user", content: [{ type: "input_image", image_url: "file:///etc/passwd" }] }] },
    "input[0].content[0].image_url",
    400,
  ],
  [
    "an image that is no base64",
    { input: [{ role: "user", content: [{ type: "input_image", image_url: "data:image/png;base64,%%" }] }] },
    "input[0].content[0].image_url",
    400,
  ],
  [
    "an image that is stored elsewhere",
    { input: [{ role: "user", content: [{ type: "input_image", file_id: "f" }] }] },
    "input[0].content[0].file_id",
    400,
  ],
  ["a tool choice that names nothing", { tool_choice: { type: "function", name: "x" } }, "tool_choice", 400],
  ["an unknown parameter", { wishes: 3 }, "wishes", 400],
  ["truncation", { truncation: "auto" }, "truncation", 400],
  ["log probabilities", { top_logprobs: 3 }, "top_logprobs", 400],
  ["a prompt template", { prompt: { id: "p" } }, "prompt", 400],
  ["a format without a schema", { text: { format: { type: "json_schema", name: "x" } } }, "text.format.schema", 400],
  ["a broken schema", { text: { format: { type: "json_schema", name: "x", schema: { type: "banana" } } } }, "text.format.schema.type", 400],
  ["a temperature that is none", { temperature: 9 }, "temperature", 400],
  [
    "an answer to no approval request",
    { input: [{ type: "mcp_approval_response", approval_request_id: "x", approve: true }] },
    "input[0].approval_request_id",
    400,
  ],
])("%s is refused", async (_name, body, param, status) => {
  const openai = connect(server.url);
  const failure = await failureOf(
    openai.responses.create({ model: "plainAgent", input: "x", ...body } as Parameters<typeof openai.responses.create>[0]),
  );
  expect({ status: failure.status, param: failure.param, type: failure.type }).toEqual({ status, param, type: "invalid_request_error" });
  expect(failure.code).toEqual(expect.any(String));
});

test.skipIf(isPeer)("an image that is too large is a 413", async () => {
  const image_url = `data:image/png;base64,${"A".repeat(300 * 1024)}`;
  const failure = await failureOf(
    connect(server.url).responses.create({
      model: "plainAgent",
      input: [{ role: "user", content: [{ type: "input_image", image_url, detail: "auto" }] }],
    }),
  );
  expect(failure).toMatchObject({ status: 413, type: "invalid_request_error" });
});

test.skipIf(isPeer)("an image that is too large is refused, in the form of the API", async () => {
  const openai = connect(server.url);
  const image = {
    type: "input_image" as const,
    image_url: `data:image/png;base64,${"A".repeat(5 * 1024 * 1024)}`,
    detail: "auto" as const,
  };
  const input = [{ role: "user" as const, content: [image] }];
  const failure = await failureOf(openai.responses.create({ model: "plainAgent", input }));
  expect(failure).toMatchObject({ status: 413, type: "invalid_request_error", param: null });
});
