/** Responses in the background: polled, read again, cancelled, on the server that runs them and on another one. */
import { expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Memory } from "../../src/memory/memory.ts";
import { createTool } from "../../src/tools/tool.ts";
import {
  appServer,
  frames,
  postJson,
  sqliteData,
  steppedModel,
  turnServer,
  type SharedData,
  type TurnServer,
} from "../support/turn-servers.ts";
import { callParts, turnModel } from "../support/turn-model.ts";
import { checkOrder, readEvents } from "./event-order.ts";
import { checkEvent } from "./open-responses.ts";

const WORDS = ["one ", "two ", "three"];
const ASKED = { model: "a", input: "hi", background: true };

interface Response {
  readonly id: string;
  readonly status: string;
  readonly background: boolean;
  readonly output: { readonly id: string; readonly type: string; readonly content?: { readonly text: string }[] }[];
  readonly error: { readonly message: string } | null;
}

async function create(server: TurnServer, more: object = {}): Promise<Response> {
  return (await (await fetch(`${server.api}/v1/responses`, postJson({ ...ASKED, ...more }))).json()) as Response;
}

async function get(server: TurnServer, id: string): Promise<Response> {
  return (await (await fetch(`${server.api}/v1/responses/${id}`)).json()) as Response;
}

test("a response in the background is answered at once, and polled from any server until it is there", async () => {
  await using data = sqliteData();
  const model = steppedModel(WORDS);
  await using one = await turnServer(data, { model: model.model });
  await using two = await turnServer(data, {});
  const { id, status, background } = await create(one);
  expect({ status, background }).toEqual({ status: "queued", background: true });
  for (const server of [one, two]) expect((await get(server, id)).status).toBe("in_progress");
  await model.finish();
  for (const server of [one, two]) await expect.poll(async () => (await get(server, id)).status).toBe("completed");
  expect((await get(two, id)).output[0]?.content?.[0]?.text).toBe(WORDS.join(""));
  expect(await get(two, id)).toEqual(await get(one, id));
  const items = await (await fetch(`${two.api}/v1/responses/${id}/input_items`)).json();
  expect(items).toMatchObject({ data: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }] });
});

test("its stream is read again from any event on, byte for byte, by those who come later and by those who were cut off", async () => {
  await using data = sqliteData();
  const model = steppedModel(WORDS);
  await using one = await turnServer(data, { model: model.model });
  await using two = await turnServer(data, {});
  const first = await frames(`${one.api}/v1/responses`, postJson({ ...ASKED, stream: true }));
  const created = (await first.next()) ?? "";
  first.cut();
  const { response } = JSON.parse(created.slice(created.indexOf("data: ") + 6)) as { response: Response };
  const read = (server: TurnServer, after?: number): ReturnType<typeof frames> =>
    frames(`${server.api}/v1/responses/${response.id}?stream=true${after === undefined ? "" : `&starting_after=${after}`}`);
  const live = await read(two, 1);
  await model.finish();
  const rest = await live.rest();
  const whole = await (await read(one)).rest();
  expect([created, ...rest]).toEqual(whole);
  expect(checkOrder(readEvents(whole.join("")))).toMatchObject({ id: response.id, status: "completed" });
  for (let after = 0; after <= whole.length; after++) expect(await (await read(two, after)).rest()).toEqual(whole.slice(after));
});

test("a response in the background is cancelled once, from another server", async () => {
  await using data = sqliteData();
  const model = steppedModel(WORDS);
  await using one = await turnServer(data, { model: model.model });
  await using two = await turnServer(data, {});
  const { id } = await create(one);
  const cancelled = await fetch(`${two.api}/v1/responses/${id}/cancel`, { method: "POST" });
  expect(await cancelled.json()).toMatchObject({ id, status: "cancelled" });
  await model.aborted;
  const again = await fetch(`${one.api}/v1/responses/${id}/cancel`, { method: "POST" });
  expect(again.status).toBe(409);
  expect(await again.json()).toMatchObject({ error: { code: "not_cancellable", param: null } });
  expect((await fetch(`${one.api}/v1/responses/resp_unknown/cancel`, { method: "POST" })).status).toBe(404);
});

test("a response in the background whose model fails says so, and can be deleted", async () => {
  await using data = sqliteData();
  const model = turnModel(() => {
    throw new Error("secret");
  });
  await using server = await turnServer(data, { model, maxRetries: 0 });
  const { id } = await create(server);
  await expect.poll(async () => (await get(server, id)).status).toBe("failed");
  const failed = await get(server, id);
  expect(failed.error?.message).toBeTypeOf("string");
  expect(JSON.stringify(failed)).not.toContain("secret");
  expect((await fetch(`${server.api}/v1/responses/${id}`, { method: "DELETE" })).status).toBe(200);
  expect((await fetch(`${server.api}/v1/responses/${id}`)).status).toBe(404);
});

test("with a memory the response is part of its conversation, and another one follows on it", async () => {
  await using data = sqliteData();
  const model = turnModel("first", "second");
  await using server = await turnServer(data, { model, memory: new Memory() });
  const { id } = await create(server);
  await expect.poll(async () => (await get(server, id)).status).toBe("completed");
  const next = await fetch(`${server.api}/v1/responses`, postJson({ model: "a", input: "and then?", previous_response_id: id }));
  expect(await next.json()).toMatchObject({ status: "completed", previous_response_id: id });
  expect(JSON.stringify(model.calls[1]?.prompt)).toContain("first");
});

test("what cannot run in the background is refused by name", async () => {
  await using data = sqliteData();
  await using server = await turnServer(data, { model: turnModel("x") });
  const unstored = await fetch(`${server.api}/v1/responses`, postJson({ ...ASKED, store: false }));
  expect([unstored.status, await unstored.json()]).toMatchObject([400, { error: { param: "store" } }]);
  await using other = await turnServer(data, { model: turnModel("x"), durability: "memory" });
  const unkept = await fetch(`${other.api}/v1/responses`, postJson(ASKED));
  expect([unkept.status, await unkept.json()]).toMatchObject([400, { error: { param: "background" } }]);
});

/** A server whose agent calls a tool that has to be approved, and the response that waits for it. */
async function waiting(data: SharedData, config: object = {}) {
  const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: async () => "done" });
  const server = await turnServer(data, { model: turnModel(callParts(["guarded", {}, "c"]), "after"), tools: { guarded }, ...config });
  const { id } = await create(server);
  await expect.poll(async () => (await get(server, id)).status).toBe("incomplete");
  return { server, asked: await get(server, id) };
}

test.each([
  ["without a memory", () => ({})],
  ["with one", () => ({ memory: new Memory() })],
])(
  "a call that needs approval makes a response in the background incomplete, and its answer is another response, %s",
  async (_name, config) => {
    await using data = sqliteData();
    const { server, asked } = await waiting(data, config());
    await using _server = server;
    expect(asked).toMatchObject({ incomplete_details: { reason: "approval_required" }, completed_at: null });
    expect(asked.output.map(({ type }) => type)).toEqual(["mcp_call", "mcp_approval_request"]);
    const answer = { type: "mcp_approval_response", approval_request_id: asked.output[1]?.id, approve: true };
    const reply = await fetch(`${server.api}/v1/responses`, postJson({ model: "a", input: [answer], store: false }));
    expect(await reply.json()).toMatchObject({ status: "completed", output: [{ type: "mcp_call", output: "done" }, { type: "message" }] });
    // What came of the answer is the other response's.
    expect(await get(server, asked.id)).toEqual(asked);
    const stream = await frames(`${server.api}/v1/responses/${asked.id}?stream=true`);
    expect(checkOrder(readEvents((await stream.rest()).join("")))).toEqual(asked);
  },
);

test("a response that waits for an approval can be cancelled, and cannot be approved then", async () => {
  await using data = sqliteData();
  const { server, asked } = await waiting(data);
  await using _server = server;
  const cancelled = await fetch(`${server.api}/v1/responses/${asked.id}/cancel`, { method: "POST" });
  expect(await cancelled.json()).toMatchObject({ status: "cancelled" });
  const answer = { type: "mcp_approval_response", approval_request_id: asked.output[1]?.id, approve: true };
  expect((await fetch(`${server.api}/v1/responses`, postJson({ model: "a", input: [answer] }))).status).toBe(409);
});

test("a stream that ends before the response does says so, and is read on after its last event", async () => {
  await using data = sqliteData();
  const model = steppedModel(WORDS);
  const agent = new Agent({ id: "a", name: "A", instructions: "", model: model.model });
  await using server = await appServer({ agents: { a: agent }, storage: data.open(), server: { limits: { streamMs: 200 } } });
  const stream = await frames(`${server.api}/v1/responses`, postJson({ ...ASKED, stream: true }));
  const events = readEvents((await stream.rest()).join(""));
  const last = events.at(-1);
  for (const event of events) checkEvent(event);
  expect(last).toMatchObject({ type: "error", code: "unavailable", param: null, sequence_number: events.at(-2)?.sequence_number });
  await model.finish();
  const { response } = events[0] as unknown as { response: Response };
  const rest = await frames(`${server.api}/v1/responses/${response.id}?stream=true&starting_after=${last?.sequence_number}`);
  expect(checkOrder([...events.slice(0, -1), ...readEvents((await rest.rest()).join(""))])).toMatchObject({ status: "completed" });
});

test("a number that no event of the response has is refused", async () => {
  await using data = sqliteData();
  await using server = await turnServer(data, { model: turnModel("x") });
  const { id } = await create(server);
  await expect.poll(async () => (await get(server, id)).status).toBe("completed");
  const read = (after: number): Promise<globalThis.Response> =>
    fetch(`${server.api}/v1/responses/${id}?stream=true&starting_after=${after}`);
  const last = readEvents(await (await read(0)).text()).length;
  expect(await (await read(last)).text()).toBe("");
  const refused = await read(last + 1);
  expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param: "starting_after" } }]);
});
