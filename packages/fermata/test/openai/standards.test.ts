/** Everything that is told has the form that OpenAI's package and the Open Responses specification give it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestServer } from "../support/test-server.ts";
import { readEvents } from "./event-order.ts";
import { checkEvent, Item, Resource } from "./open-responses.ts";
import { typeFaults, type Said } from "./openai-types.ts";
import { ask, getTime, post, SCRIPTS, startScripted } from "./scripted-app.ts";

let server: TestServer;
beforeAll(async () => void (server = await startScripted()));
afterAll(() => server[Symbol.asyncDispose]());

const WHO = [{ model: "main" }, { agent_id: "main" }];
const FORMAT = { type: "json_schema", name: "a", schema: { type: "object" } };
/** Requests that make the members of a response other than they usually are. */
const SETTINGS = [
  { text: { format: FORMAT, verbosity: "low" }, input: "text" },
  { text: { format: { type: "json_object" } }, input: "text" },
  { text: { format: null }, input: "text" },
  { tool_choice: { type: "function", name: "getTime" }, tools: [getTime], input: "text" },
  { tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "getTime" }] }, tools: [getTime], input: "text" },
  { temperature: 0, top_p: 0, metadata: { a: "b" }, user: "u", safety_identifier: "s", prompt_cache_key: "k", input: "text" },
  { reasoning: { effort: "low", summary: "auto" }, max_output_tokens: 1, max_tool_calls: 1, instructions: "x", input: "text" },
  { store: true, input: "text" },
  { background: true, input: "text" },
  { background: true, input: "an own tool", stream: true },
];

async function responses(): Promise<Said[]> {
  const said: Said[] = [];
  for (const who of WHO) {
    const requests = [...Object.keys(SCRIPTS).map((input) => ({ input, tools: [getTime] })), ...SETTINGS];
    for (const request of requests.flatMap((one) => [one, { ...one, stream: true }])) {
      const { status, text } = await post(server, "/v1/responses", { ...who, ...request });
      if (status >= 400) said.push(["ErrorObject", (JSON.parse(text) as { error: unknown }).error]);
      else if (text.startsWith("event:")) said.push(...readEvents(text).map((event): Said => ["ResponseStreamEvent", event]));
      else said.push(["Response", JSON.parse(text)]);
    }
  }
  return said;
}

/** The response of the request, and what it was given, when it has been stored. */
async function stored(request: object): Promise<Said[]> {
  const { id } = JSON.parse((await post(server, "/v1/responses", request)).text) as { id: string };
  const get = async (path: string): Promise<unknown> => JSON.parse((await ask(server, "GET", path)).text);
  return [
    ["Response", await get(`/v1/responses/${id}`)],
    ["ResponseItemList", await get(`/v1/responses/${id}/input_items`)],
  ];
}

const IMAGE = { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "low" };
const TURN = [
  { role: "user", content: [{ type: "input_text", text: "look" }, IMAGE, { type: "input_file", filename: "a.pdf", file_data: "AAAA" }] },
  { role: "assistant", content: [{ type: "output_text", text: "I see", annotations: [] }] },
  { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
  { type: "function_call", call_id: "c", name: "getTime", arguments: "{}" },
  { type: "function_call_output", call_id: "c", output: "12:00" },
];

async function conversations(): Promise<Said[]> {
  const reply = async (method: string, path: string, body?: object): Promise<{ id: string }> =>
    JSON.parse((await ask(server, method, path, body)).text) as { id: string };
  const created = await reply("POST", "/v1/conversations", { metadata: { a: "b" }, items: TURN });
  const path = `/v1/conversations/${created.id}`;
  await post(server, "/v1/responses", { model: "main", input: "an own tool", conversation: created.id });
  const items = (await reply("GET", `${path}/items`)) as unknown as { data: { id: string }[] };
  return [
    ["Conversation", created],
    ["Conversation", await reply("GET", path)],
    ["Conversation", await reply("POST", path, { metadata: { c: "d" } })],
    ["ConversationItemList", items],
    ["ConversationItemList", await reply("POST", `${path}/items`, { items: [{ role: "user", content: "more" }] })],
    ["ConversationItem", await reply("GET", `${path}/items/${items.data[0]?.id}`)],
    ["Conversation", await reply("DELETE", `${path}/items/${items.data[0]?.id}`)],
    ["ConversationDeletedResource", await reply("DELETE", path)],
  ];
}

async function chats(): Promise<Said[]> {
  const said: Said[] = [];
  for (const content of Object.keys(SCRIPTS)) {
    const request = { model: "main", messages: [{ role: "user", content }], tools: [{ type: "function", function: { name: "getTime" } }] };
    const { status, text } = await post(server, "/v1/chat/completions", request);
    said.push(status < 400 ? ["ChatCompletion", JSON.parse(text)] : ["ErrorObject", (JSON.parse(text) as { error: unknown }).error]);
    const stream = await post(server, "/v1/chat/completions", { ...request, stream: true, stream_options: { include_usage: true } });
    for (const block of stream.text.split("\n\n").filter((line) => line !== "" && line !== "data: [DONE]")) {
      const chunk = JSON.parse(block.slice("data: ".length)) as object;
      said.push("error" in chunk ? ["ErrorObject", chunk.error] : ["ChatCompletionChunk", chunk]);
    }
  }
  const models = JSON.parse((await ask(server, "GET", "/v1/models")).text) as { data: unknown[] };
  return [...said, ...models.data.map((model): Said => ["Model", model])];
}

test("responses and their events are as the specification has them", async () => {
  const said = [...(await responses()), ...(await stored({ model: "main", input: "an own tool" }))];
  for (const [kind, value] of said) {
    if (kind === "Response") Resource.parse(value);
    if (kind === "ResponseStreamEvent") checkEvent(value as { type: string });
    if (kind === "ResponseItemList") for (const item of (value as { data: unknown[] }).data) Item.parse(item);
  }
  expect(said.length).toBeGreaterThan(500);
});

test("everything has the type that OpenAI's package gives it", async () => {
  const said = [
    ...(await responses()),
    ...(await stored({ model: "main", input: "an own tool" })),
    ...(await stored({ model: "main", input: TURN, background: true })),
    ...(await conversations()),
    ...(await chats()),
  ];
  expect(await typeFaults(said)).toBe("");
}, 60_000);
