import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestServer } from "../support/test-server.ts";
import { checkOrder, readEvents } from "./event-order.ts";
import { getTime, post, SCRIPTS, startScripted } from "./scripted-app.ts";

const STATUS: Readonly<Record<string, string>> = {
  "a tool that needs approval": "incomplete approval_required",
  "a tool that suspends": "incomplete input_required",
  "a cut": "incomplete max_output_tokens",
  "a filter": "incomplete content_filter",
  "a failure": "failed",
  "a failure in a call": "failed",
};

let server: TestServer;
beforeAll(async () => void (server = await startScripted()));
afterAll(() => server[Symbol.asyncDispose]());

/** Without what is different each time. */
function comparable(response: Record<string, unknown>): unknown {
  const output = (response.output as Record<string, unknown>[]).map((item) => ({
    ...item,
    id: String(item.id).replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "…"),
  }));
  return { ...response, id: "…", created_at: 0, completed_at: response.completed_at === null ? null : 0, output };
}

describe.each([
  ["an agent that `model` names", { model: "main" }],
  ["an agent that `agent_id` names", { agent_id: "main" }],
])("%s", (_name, who) => {
  test.each(Object.keys(SCRIPTS))("tells of %s in order, and the same at once", async (input) => {
    const request = { ...who, input, tools: [getTime], store: false };
    const streamed = await post(server, "/v1/responses", { ...request, stream: true });
    const response = checkOrder(readEvents(streamed.text));
    const reason = (response.incomplete_details as { reason: string } | null)?.reason;
    expect([response.status, ...(reason === undefined ? [] : [reason])].join(" ")).toBe(STATUS[input] ?? "completed");
    expect(streamed.text).not.toContain("secret");
    const whole = await post(server, "/v1/responses", request);
    expect(whole.text).not.toContain("secret");
    if (response.status === "failed") expect(whole.status).toBeGreaterThanOrEqual(400);
    else expect(comparable(JSON.parse(whole.text) as Record<string, unknown>)).toEqual(comparable(response));
  });
});

describe("chat completions", () => {
  // Texts that are written at once come in pieces of both, or one after the other.
  test.each(Object.keys(SCRIPTS).filter((name) => name !== "two texts at once"))(
    "tell of %s in a stream what they tell at once",
    async (content) => {
      const request = {
        model: "main",
        messages: [{ role: "user", content }],
        tools: [{ type: "function", function: { name: "getTime" } }],
      };
      const streamed = await post(server, "/v1/chat/completions", { ...request, stream: true });
      const blocks = streamed.text.split("\n\n").filter((block) => block !== "");
      expect(blocks.at(-1)).toBe("data: [DONE]");
      const chunks = blocks.slice(0, -1).map((block) => JSON.parse(block.slice("data: ".length)) as Chunk);
      expect(streamed.text).not.toContain("secret");
      const whole = await post(server, "/v1/chat/completions", request);
      expect(whole.text).not.toContain("secret");
      if (whole.status >= 400)
        return expect(chunks.at(-1)?.error).toMatchObject({
          message: expect.any(String),
          type: expect.any(String),
          code: expect.any(String),
        });
      const [choice] = (JSON.parse(whole.text) as { choices: readonly { message: object; finish_reason: string }[] }).choices;
      expect(assembled(chunks)).toEqual(choice);
    },
  );
});

interface Chunk {
  readonly error?: object;
  readonly choices: readonly { readonly delta: Delta; readonly finish_reason: string | null }[];
}

interface Delta {
  readonly content?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly {
    readonly index: number;
    readonly id?: string;
    readonly function: { readonly name?: string; readonly arguments: string };
  }[];
}

/** The choice that the chunks make up. */
function assembled(chunks: readonly Chunk[]): object {
  const calls: { id: string; type: "function"; function: { name: string; arguments: string } }[] = [];
  let [content, reasoning] = ["", ""];
  const ends: string[] = [];
  for (const { choices } of chunks) {
    for (const { delta, finish_reason } of choices) {
      content += delta.content ?? "";
      reasoning += delta.reasoning_content ?? "";
      if (finish_reason !== null) ends.push(finish_reason);
      for (const { index, id, function: part } of delta.tool_calls ?? []) {
        if (id !== undefined) calls[index] = { id, type: "function", function: { name: part.name ?? "", arguments: "" } };
        const known = calls[index];
        if (!known) throw new Error("a call goes on that has not begun");
        known.function.arguments += part.arguments;
      }
    }
  }
  expect(ends).toHaveLength(1);
  const message = {
    role: "assistant",
    content: content === "" && calls.length > 0 ? null : content,
    refusal: null,
    annotations: [],
    ...(reasoning !== "" && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return { index: 0, message, logprobs: null, finish_reason: ends[0] };
}
