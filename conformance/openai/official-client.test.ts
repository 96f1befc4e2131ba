/** The official client's own names for responses and conversations. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, failureOf } from "../client/connect.ts";
import { isPeer, startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

test("responses are created, stored, continued, got and deleted", async () => {
  const { client } = connect(server.url);
  const created = await client.responses.create({ agent_id: "toolAgent", input: "weather", store: true });
  expect(created).toMatchObject({
    object: "response",
    status: "completed",
    store: true,
    output_text: 'Tool weatherTool said {"city":"Paris","tempC":21}',
  });
  expect(created.output.map(({ type }) => type)).toEqual(["function_call", "function_call_output", "message"]);
  expect(await client.responses.retrieve(created.id)).toMatchObject({ id: created.id, status: "completed" });
  const next = await client.responses.create({ agent_id: "toolAgent", input: "history", previous_response_id: created.id });
  expect(next).toMatchObject({ output_text: "COUNT=2", conversation_id: created.conversation_id });
  expect(await client.responses.delete(created.id)).toMatchObject({ id: created.id, deleted: true });
  expect(await failureOf(client.responses.retrieve(created.id))).toMatchObject({ status: 404 });
});

test("a streamed response is read event by event", async () => {
  const { client } = connect(server.url);
  const types: string[] = [];
  for await (const event of await client.responses.stream({ agent_id: "plainAgent", input: "hello" })) types.push(event.type);
  expect(types.at(0)).toBe("response.created");
  expect(types.at(-1)).toBe("response.completed");
});

test.skipIf(isPeer)("an error in OpenAI's form is read, and asked for once", async () => {
  const { client, sent } = connect(server.url);
  expect(await failureOf(client.responses.create({ agent_id: "nobody", input: "x" }))).toMatchObject({
    status: 404,
    body: { error: { message: "Agent with id nobody not found" }, code: "NOT_FOUND" },
  });
  expect(sent).toHaveLength(1);
});

test("conversations are created, filled, listed and deleted", async () => {
  const { client } = connect(server.url);
  const conversation = await client.conversations.create({ agent_id: "toolAgent", title: "Talk" });
  expect(conversation).toMatchObject({ object: "conversation", thread: { title: "Talk" } });
  await client.responses.create({ agent_id: "toolAgent", conversation_id: conversation.id, input: "hello", store: true });
  const items = await client.conversations.items.list(conversation.id);
  expect(items.data).toMatchObject([
    { type: "message", role: "user" },
    { type: "message", role: "assistant" },
  ]);
  expect(await client.conversations.retrieve(conversation.id)).toMatchObject({ id: conversation.id });
  expect(await client.conversations.delete(conversation.id)).toMatchObject({ deleted: true });
  expect(await failureOf(client.conversations.retrieve(conversation.id))).toMatchObject({ status: 404 });
});
