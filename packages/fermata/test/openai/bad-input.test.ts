/** What callers may get wrong: each is a 4xx that names the parameter, and leaves nothing behind. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestServer } from "../support/test-server.ts";
import { ask, getTime, post, startScripted } from "./scripted-app.ts";

let server: TestServer;
beforeAll(async () => void (server = await startScripted()));
afterAll(() => server[Symbol.asyncDispose]());

interface Refusal {
  readonly error: { readonly message: string; readonly type: string; readonly code: string; readonly param: string | null };
}

const refusalOf = ({ status, text }: { status: number; text: string }) => {
  const { type, param, message, code } = (JSON.parse(text) as Refusal).error;
  expect({ message, code }).toEqual({ message: expect.stringMatching(/./), code: expect.stringMatching(/./) });
  return { status, type, param };
};
const refused = (param: string | null, status = 400) => ({ status, type: "invalid_request_error", param });

/** Everything that is kept. */
const kept = async (): Promise<string> =>
  (await ask(server, "GET", "/api/memory/threads?agentId=main")).text + (await ask(server, "GET", "/api/runs")).text;

const user = (content: unknown) => ({ role: "user", content });
const image = (more: object) => ({ input: [user([{ type: "input_image", ...more }])] });
const schema = (value: unknown, more: object = {}) => ({ text: { format: { type: "json_schema", name: "x", schema: value, ...more } } });
const tool = (more: object) => ({ tools: [{ ...getTime, ...more }] });
const NESTED = `${'{"a":'.repeat(500)}1${"}".repeat(500)}`;
const APPROVAL = { type: "mcp_approval_response", approval_request_id: "mcpr_00000000-0000-4000-8000-000000000000_c", approve: true };

describe("a response", () => {
  test.each<[name: string, body: object, param: string | null, status?: number]>([
    ["without an input", { input: undefined }, "input"],
    ["with an empty text", { input: "" }, "input"],
    ["with an empty list", { input: [] }, "input"],
    ["with more items than anybody means", { input: Array(10_001).fill(user("x")) }, "input"],
    ["with system messages alone", { input: [{ role: "system", content: "x" }] }, "input"],
    ["of an unknown role", { input: [{ role: "__proto__", content: "x" }] }, "input[0].role"],
    ["of an unknown kind of item", { input: [{ type: "constructor" }] }, "input[0].type"],
    ["of an unknown kind of part", { input: [user([{ type: "input_audio" }])] }, "input[0].content[0].type"],
    ["of an unknown model", { model: "__proto__" }, "model", 404],
    ["of an unknown agent", { model: undefined, agent_id: "nobody" }, "agent_id", 404],
    ["of a model that there is no key for", { agent_id: "main", model: "openai/gpt-5" }, "model", 422],
    ["with an unknown parameter", { constructor: { prototype: {} } }, "constructor"],
    [
      "with more metadata than there may be",
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, ""])) },
      "metadata",
    ],
    ["with an unknown member of text", { text: { wish: 1 } }, "text.wish"],
    ["with an unknown member of a format", schema({}, { wish: 1 }), "text.format.wish"],
    ["with an unknown member of reasoning", { reasoning: { wish: 1 } }, "reasoning.wish"],
    ["with an unknown member of a tool", tool({ defer_loading: true }), "tools[0].defer_loading"],
    ["with obfuscation", { stream: true, stream_options: { include_obfuscation: true } }, "stream_options.include_obfuscation"],
    ["with a schema of an unknown type", schema({ type: "banana" }), "text.format.schema.type"],
    [
      "with a schema of broken properties",
      schema({ properties: { a: { type: "object", properties: 5 } } }),
      "text.format.schema.properties.a.properties",
    ],
    ["with a schema of broken names", schema({ required: "a" }), "text.format.schema.required"],
    ["with a schema of a broken pattern", schema({ anyOf: [{}, { pattern: "(" }] }), "text.format.schema.anyOf[1].pattern"],
    ["with a schema that is defined by itself", schema({ $ref: "#" }), null],
    ["with a schema from elsewhere", schema({ $ref: "http://127.0.0.1:1/x" }), null],
    ["with a strictness that is none", schema({}, { strict: "yes" }), "text.format.strict"],
    ["with a tool of a broken schema", tool({ parameters: { type: "object", properties: [] } }), "tools[0].parameters.properties"],
    [
      "with a call of arguments without end",
      {
        input: [
          { type: "function_call", call_id: "c", name: "x", arguments: NESTED },
          { type: "function_call_output", call_id: "c", output: "" },
        ],
      },
      "input[0].arguments",
    ],
    [
      "with an image of an unknown detail",
      image({ image_url: "https://example.com/a.png", detail: "closely" }),
      "input[0].content[0].detail",
    ],
    ["with a file of this machine", image({ image_url: "file:///etc/passwd" }), "input[0].content[0].image_url"],
    ["after an unknown response", { previous_response_id: "resp_x" }, "previous_response_id", 404],
    ["in an unknown conversation", { conversation: "x" }, "conversation", 404],
    ["in two conversations", { conversation: "x", conversation_id: "y" }, "conversation_id"],
    ["that is more than an approval", { input: [APPROVAL, user("and another thing")] }, "input[1]"],
    ["that approves what nobody asked for", { input: [APPROVAL], store: false }, null, 404],
  ])("%s is refused", async (_name, body, param, status) => {
    const before = await kept();
    expect(refusalOf(await post(server, "/v1/responses", { model: "main", input: "x", ...body }))).toEqual(refused(param, status));
    expect(refusalOf(await post(server, "/v1/responses", { model: "main", input: "x", ...body, stream: true }))).toEqual(
      refused(param, status),
    );
    expect(await kept()).toBe(before);
  });

  test.each([
    ["?stream=maybe", "stream"],
    ["?starting_after=1", "starting_after"],
    ["?stream=true&starting_after=-1", "starting_after"],
    ["?stream=true&starting_after=many", "starting_after"],
    ["?stream=true&include_obfuscation=true", "include_obfuscation"],
    ["?include[]=wishes", "include[0]"],
    ["/input_items?limit=0", "limit"],
    ["/input_items?limit=1e9", "limit"],
    ["/input_items?order=sideways", "order"],
    ["/input_items?after=nothing", "after"],
    ["/input_items?before=nothing", "before"],
    ["/input_items?include[]=wishes", "include[0]"],
  ])("is not read with %s", async (query, param) => {
    const { id } = JSON.parse((await post(server, "/v1/responses", { model: "main", input: "text" })).text) as { id: string };
    expect(refusalOf(await ask(server, "GET", `/v1/responses/${id}${query}`))).toEqual(refused(param));
  });

  test("that is deleted is gone, and cannot be deleted or cancelled again", async () => {
    const { id } = JSON.parse((await post(server, "/v1/responses", { model: "main", input: "text" })).text) as { id: string };
    expect((await ask(server, "DELETE", `/v1/responses/${id}`)).status).toBe(200);
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/cancel"],
      ["GET", "/input_items"],
    ] as const)
      expect(refusalOf(await ask(server, method, `/v1/responses/${id}${path}`))).toEqual(refused(null, 404));
  });

  test("with an approval in its history goes on from what came of it", async () => {
    const history = [user("text"), APPROVAL, { role: "assistant", content: "done" }, user("text")];
    const reply = await post(server, "/v1/responses", { model: "main", input: history, store: false });
    expect(JSON.parse(reply.text)).toMatchObject({ status: "completed" });
  });
});

describe("a conversation", () => {
  test.each<[name: string, body: object, param: string, status?: number]>([
    ["an unknown member", { wish: 1 }, "wish"],
    ["a system message", { items: [{ role: "system", content: "x" }] }, "items[0].role"],
    ["an item of an unknown kind after a good one", { items: [user("x"), { type: "computer_call" }] }, "items[1].type"],
    ["an output without its call", { items: [{ type: "function_call_output", call_id: "c", output: "" }] }, "items[0].call_id"],
    ["too many items", { items: Array(21).fill(user("x")) }, "items"],
  ])("of %s is refused, and not begun", async (_name, body, param, status) => {
    const before = await kept();
    expect(refusalOf(await post(server, "/v1/conversations", body))).toEqual(refused(param, status));
    expect(await kept()).toBe(before);
  });

  test("takes all items or none, and has no page after what it does not have", async () => {
    const { id } = JSON.parse((await post(server, "/v1/conversations", { items: [user("x")] })).text) as { id: string };
    const path = `/v1/conversations/${id}/items`;
    const before = (await ask(server, "GET", path)).text;
    expect(refusalOf(await post(server, path, { items: [user("y"), { type: "computer_call" }] }))).toEqual(refused("items[1].type"));
    expect((await ask(server, "GET", path)).text).toBe(before);
    for (const [query, param] of [
      ["limit=0", "limit"],
      ["order=sideways", "order"],
      ["after=x", "after"],
      ["before=x", "before"],
    ] as const)
      expect(refusalOf(await ask(server, "GET", `${path}?${query}`))).toEqual(refused(param));
  });
});

describe("a chat completion", () => {
  test.each<[name: string, body: object, param: string]>([
    ["several answers", { n: 2 }, "n"],
    ["log probabilities", { logprobs: true }, "logprobs"],
    ["more log probabilities", { top_logprobs: 2 }, "top_logprobs"],
    ["biases", { logit_bias: { "1": 1 } }, "logit_bias"],
    ["sound", { modalities: ["audio"] }, "modalities"],
    ["an older API's functions", { functions: [] }, "functions"],
    ["obfuscation", { stream: true, stream_options: { include_obfuscation: true } }, "stream_options.include_obfuscation"],
    ["an unknown option of its stream", { stream: true, stream_options: { wish: 1 } }, "stream_options.wish"],
    ["an unknown member of its format", { response_format: { type: "json_object", wish: 1 } }, "response_format.wish"],
    [
      "a broken schema",
      { response_format: { type: "json_schema", json_schema: { name: "x", schema: { type: "banana" } } } },
      "response_format.json_schema.schema.type",
    ],
    ["system messages alone", { messages: [{ role: "system", content: "x" }] }, "messages"],
    [
      "a file of this machine",
      { messages: [user([{ type: "image_url", image_url: { url: "file:///etc/passwd" } }])] },
      "messages[0].content[0].image_url.url",
    ],
    [
      "an image of an unknown detail",
      { messages: [user([{ type: "image_url", image_url: { url: "https://example.com/a.png", detail: "x" } }])] },
      "messages[0].content[0].image_url.detail",
    ],
  ])("with %s is refused", async (_name, body, param) => {
    const request = { model: "main", messages: [user("x")], ...body };
    expect(refusalOf(await post(server, "/v1/chat/completions", request))).toEqual(refused(param));
  });
});
