/** Stored responses and conversations through OpenAI's own client. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { isPeer, startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { all, connect, failureOf, getTime } from "./connect.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

test.skipIf(isPeer)("a stored response can be got again, with what it was given", async () => {
  const openai = connect(server.url);
  const created = await openai.responses.create({ model: "toolAgent", input: "hello", store: true, metadata: { a: "b" } });
  const { output_text: _text, _request_id: _id, ...value } = created;
  expect(await openai.responses.retrieve(created.id)).toMatchObject(value);
  const items = await all(openai.responses.inputItems.list(created.id));
  expect(items).toMatchObject([{ type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] }]);
});

test.skipIf(isPeer)("a streamed response is stored before it is said to be complete", async () => {
  const openai = connect(server.url);
  const stream = await openai.responses.create({ model: "toolAgent", input: "hello", store: true, stream: true });
  for await (const event of stream) {
    if (event.type !== "response.completed") continue;
    expect(await openai.responses.retrieve(event.response.id)).toMatchObject({ status: "completed", output: event.response.output });
  }
});

test.skipIf(isPeer)("a response follows on a stored one", async () => {
  const openai = connect(server.url);
  const first = await openai.responses.create({ model: "toolAgent", input: "hello", store: true });
  const second = await openai.responses.create({ model: "toolAgent", input: "history", previous_response_id: first.id, store: true });
  expect(second).toMatchObject({ output_text: "COUNT=2", previous_response_id: first.id, store: true });
  const third = await openai.responses.create({ model: "toolAgent", input: "history", previous_response_id: second.id });
  expect(third.output_text).toBe("COUNT=3");
});

test.skipIf(isPeer)("the output of a function follows on the response that called it", async () => {
  const openai = connect(server.url);
  const first = await openai.responses.create({ model: "toolAgent", input: "client time", tools: [getTime], store: true });
  const [call] = first.output;
  if (call?.type !== "function_call") throw new Error("there is no call");
  const output = { type: "function_call_output", call_id: call.call_id, output: "12:00" } as const;
  const second = await openai.responses.create({ model: "toolAgent", input: [output], tools: [getTime], previous_response_id: first.id });
  expect(second.output_text).toBe('Tool getTime said "12:00"');
});

test.skipIf(isPeer)("an approval follows on the response that asked for it, and both stay", async () => {
  const openai = connect(server.url);
  const first = await openai.responses.create({ model: "toolAgent", input: "delete it", store: true });
  const request = first.output.find((item) => item.type === "mcp_approval_request");
  const answer = { type: "mcp_approval_response", approval_request_id: request?.id ?? "", approve: true } as const;
  const second = await openai.responses.create({ model: "toolAgent", input: [answer], previous_response_id: first.id, store: true });
  expect(second).toMatchObject({ status: "completed", output_text: 'Tool deleteFile said {"deleted":true}' });
  expect(await openai.responses.retrieve(first.id)).toMatchObject({ status: "incomplete" });
  expect(await openai.responses.retrieve(second.id)).toMatchObject({ status: "completed" });
});

test.skipIf(isPeer)("items of stored responses can be referred to", async () => {
  const openai = connect(server.url);
  const first = await openai.responses.create({ model: "toolAgent", input: "client time", tools: [getTime], store: true });
  const [call] = first.output;
  if (call?.type !== "function_call") throw new Error("there is no call");
  const input = [
    { role: "user", content: "client time" } as const,
    { type: "item_reference", id: call.id ?? "" } as const,
    { type: "function_call_output", call_id: call.call_id, output: "12:00" } as const,
  ];
  expect((await openai.responses.create({ model: "toolAgent", input, tools: [getTime], store: false })).output_text).toBe(
    'Tool getTime said "12:00"',
  );
});

test.skipIf(isPeer)("a deleted response is gone, with the messages of its turn", async () => {
  const openai = connect(server.url);
  const conversation = await openai.conversations.create();
  const created = await openai.responses.create({ model: "toolAgent", input: "hello", store: true, conversation: conversation.id });
  expect(created.conversation).toEqual({ id: conversation.id });
  expect(await all(openai.conversations.items.list(conversation.id))).toHaveLength(2);
  await openai.responses.delete(created.id);
  expect(await failureOf(openai.responses.retrieve(created.id))).toMatchObject({ status: 404, code: "response_not_found" });
  expect(await failureOf(openai.responses.delete(created.id))).toMatchObject({ status: 404 });
  expect(await all(openai.conversations.items.list(conversation.id))).toEqual([]);
});

test.skipIf(isPeer)("a conversation is begun with items, changed, read and deleted", async () => {
  const openai = connect(server.url);
  const created = await openai.conversations.create({ metadata: { topic: "a" }, items: [{ role: "user", content: "hello" }] });
  expect(created).toMatchObject({ object: "conversation", metadata: { topic: "a" } });
  expect(await openai.conversations.update(created.id, { metadata: { topic: "b" } })).toMatchObject({ metadata: { topic: "b" } });
  expect(await openai.conversations.retrieve(created.id)).toMatchObject({ id: created.id, metadata: { topic: "b" } });
  const added = await openai.conversations.items.create(created.id, {
    items: [
      { role: "user", content: "one" },
      { role: "assistant", content: "two" },
    ],
  });
  expect(added.data).toMatchObject([{ role: "user" }, { role: "assistant", content: [{ type: "output_text", text: "two" }] }]);
  const response = await openai.responses.create({ model: "toolAgent", input: "history", conversation: created.id });
  expect(response.output_text).toBe("COUNT=3");
  expect(await openai.conversations.delete(created.id)).toEqual(expect.objectContaining({ id: created.id, deleted: true }));
  expect(await failureOf(openai.conversations.retrieve(created.id))).toMatchObject({ status: 404, code: "conversation_not_found" });
});

test.skipIf(isPeer)("items are listed page by page, in either order, got and deleted", async () => {
  const openai = connect(server.url);
  const { id } = await openai.conversations.create({
    items: ["one", "two", "three"].map((content) => ({ role: "user" as const, content })),
  });
  const texts = (items: readonly unknown[]): unknown[] => items.map((item) => (item as { content: { text: string }[] }).content[0]?.text);
  expect(texts(await all(openai.conversations.items.list(id, { limit: 2, order: "asc" })))).toEqual(["one", "two", "three"]);
  expect(texts(await all(openai.conversations.items.list(id, { limit: 2, order: "desc" })))).toEqual(["three", "two", "one"]);
  const page = await openai.conversations.items.list(id, { limit: 1, order: "asc" });
  expect(page.has_more).toBe(true);
  const itemId = (page.data[0] as { id: string }).id;
  expect(await openai.conversations.items.retrieve(itemId, { conversation_id: id })).toMatchObject({ id: itemId });
  await openai.conversations.items.delete(itemId, { conversation_id: id });
  expect(texts(await all(openai.conversations.items.list(id, { order: "asc" })))).toEqual(["two", "three"]);
  expect(await failureOf(openai.conversations.items.retrieve(itemId, { conversation_id: id }))).toMatchObject({ status: 404 });
});

test.skipIf(isPeer).each<[name: string, body: object, status: number, param: string | null]>([
  ["an unknown previous response", { previous_response_id: "resp_unknown" }, 404, "previous_response_id"],
  ["an unknown conversation", { conversation: "unknown" }, 404, "conversation"],
  ["storing without a memory", { model: "plainAgent", store: true }, 400, "store"],
  ["running in the background without being stored", { background: true, store: false }, 400, "store"],
  ["an unknown item", { input: [{ type: "item_reference", id: "msg_unknown" }] }, 400, "input[0].id"],
])("%s is refused, and nothing is stored", async (_name, body, status, param) => {
  const openai = connect(server.url);
  const request = { model: "toolAgent", input: "x", ...body } as Parameters<typeof openai.responses.create>[0];
  expect(await failureOf(openai.responses.create(request))).toMatchObject({ status, param });
});

test.skipIf(isPeer)("what does not belong together is refused", async () => {
  const openai = connect(server.url);
  const first = await openai.responses.create({ model: "toolAgent", input: "hello", store: true });
  const other = await openai.conversations.create();
  expect(
    await failureOf(openai.responses.create({ model: "toolAgent", input: "x", previous_response_id: first.id, conversation: other.id })),
  ).toMatchObject({ status: 400, param: "previous_response_id" });
  expect(await failureOf(openai.responses.create({ model: "plainAgent", input: "x", previous_response_id: first.id }))).toMatchObject({
    status: 400,
    param: "model",
  });
});

test.skipIf(isPeer)("cancelling what is not in the background is refused, however often", async () => {
  const openai = connect(server.url);
  const { id } = await openai.responses.create({ model: "toolAgent", input: "hello", store: true });
  for (let count = 0; count < 2; count++)
    expect(await failureOf(openai.responses.cancel(id))).toMatchObject({ status: 400, code: "not_cancellable" });
  expect(await failureOf(openai.responses.cancel("unknown"))).toMatchObject({ status: 404 });
});
