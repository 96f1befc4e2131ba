import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { createTool } from "../../src/tools/tool.ts";
import { partModel, toolCallParts, type Part } from "../support/part-model.ts";
import { NO_USAGE } from "../support/scripted-model.ts";
import { startHono, type TestServer } from "../support/test-server.ts";
import { checkOrder, readEvents } from "./event-order.ts";

const finish = (unified: "stop" | "length" | "tool-calls" | "content-filter" = "stop"): Part => ({
  type: "finish",
  finishReason: { unified, raw: unified },
  usage: NO_USAGE,
});
const text = (id: string, ...deltas: string[]): Part[] => [
  { type: "text-start", id },
  ...deltas.map((delta): Part => ({ type: "text-delta", id, delta })),
  { type: "text-end", id },
];
const START: Part = { type: "stream-start", warnings: [] };
const call = (id: string, toolName: string): Part[] => toolCallParts(toolName, { a: 1 }, id).slice(1, -1);

/** What the model does when it is asked first; asked again, it says `done`. */
const SCRIPTS: Readonly<Record<string, readonly Part[]>> = {
  text: [START, ...text("t", "a", "b"), finish()],
  nothing: [START, finish()],
  "an empty text": [START, ...text("t"), finish()],
  "two texts": [START, ...text("1", "a"), ...text("2", "b"), finish()],
  "two texts at once": [
    START,
    { type: "text-start", id: "1" },
    { type: "text-start", id: "2" },
    { type: "text-delta", id: "1", delta: "a" },
    { type: "text-delta", id: "2", delta: "b" },
    { type: "text-delta", id: "1", delta: "c" },
    { type: "text-end", id: "1" },
    { type: "text-end", id: "2" },
    finish(),
  ],
  "a text that is never ended": [START, { type: "text-start", id: "1" }, { type: "text-delta", id: "1", delta: "a" }, finish()],
  reasoning: [
    START,
    { type: "reasoning-start", id: "r" },
    { type: "reasoning-delta", id: "r", delta: "hm" },
    { type: "reasoning-end", id: "r" },
    ...text("t", "a"),
    finish(),
  ],
  "a source": [
    START,
    { type: "text-start", id: "t" },
    { type: "text-delta", id: "t", delta: "a" },
    { type: "source", sourceType: "url", id: "s", url: "https://example.com" },
    { type: "text-end", id: "t" },
    finish(),
  ],
  "an image": [START, { type: "file", mediaType: "image/png", data: { type: "data", data: "AAAA" } }, finish()],
  "an own tool": [START, ...text("t", "first "), ...call("c", "works"), finish("tool-calls")],
  "an own tool without streamed input": [
    START,
    { type: "tool-call", toolCallId: "c", toolName: "works", input: "{}" },
    finish("tool-calls"),
  ],
  "an own tool that fails": [START, ...call("c", "fails"), finish("tool-calls")],
  "an unknown tool": [START, ...call("c", "nobody"), finish("tool-calls")],
  "a caller's tool": [START, ...call("c", "getTime"), finish("tool-calls")],
  "tools of both": [START, ...call("c1", "getTime"), ...call("c2", "works"), finish("tool-calls")],
  "a tool that needs approval": [START, ...call("c", "guarded"), finish("tool-calls")],
  "a tool that suspends": [START, ...call("c", "asks"), finish("tool-calls")],
  "a cut": [START, ...text("t", "a"), finish("length")],
  "a filter": [START, finish("content-filter")],
  "a failure": [
    START,
    { type: "text-start", id: "t" },
    { type: "text-delta", id: "t", delta: "a" },
    { type: "error", error: new Error("secret") },
    finish(),
  ],
  "a failure in a call": [
    START,
    { type: "tool-input-start", id: "c", toolName: "works" },
    { type: "tool-input-delta", id: "c", delta: "{" },
    { type: "error", error: new Error("secret") },
    finish(),
  ],
};

const STATUS: Readonly<Record<string, string>> = {
  "a tool that needs approval": "incomplete approval_required",
  "a tool that suspends": "incomplete input_required",
  "a cut": "incomplete max_output_tokens",
  "a filter": "incomplete content_filter",
  "a failure": "failed",
  "a failure in a call": "failed",
};

const works = createTool({ id: "works", description: "Works", execute: async () => ({ ok: true }) });
const fails = createTool({
  id: "fails",
  description: "Throws",
  execute: async () => {
    throw new Error("secret");
  },
});
const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: async () => "done" });
const asks = createTool({
  id: "asks",
  description: "Asks",
  resumeSchema: z.unknown(),
  execute: async (_input, { agent }) => agent?.suspend({ question: "why" }),
});
const getTime = { type: "function", name: "getTime", parameters: { type: "object" } };

const model = partModel(({ prompt }) => {
  if (prompt.at(-1)?.role === "tool") return [START, ...text("t", "done"), finish()];
  const asked = prompt.findLast(({ role }) => role === "user")?.content[0];
  return SCRIPTS[typeof asked === "object" && asked.type === "text" ? asked.text : ""] ?? [];
});

let server: TestServer;
beforeAll(async () => {
  const agent = new Agent({
    id: "main",
    name: "Main",
    instructions: "secret",
    model,
    tools: { works, fails, guarded, asks },
    maxRetries: 0,
  });
  server = await startHono(new Mastra({ logger: false, agents: { main: agent } }));
});
afterAll(() => server[Symbol.asyncDispose]());

async function post(path: string, body: object): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.origin}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

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
    const request = { ...who, input, tools: [getTime] };
    const streamed = await post("/v1/responses", { ...request, stream: true });
    const response = checkOrder(readEvents(streamed.text));
    const reason = (response.incomplete_details as { reason: string } | null)?.reason;
    expect([response.status, ...(reason === undefined ? [] : [reason])].join(" ")).toBe(STATUS[input] ?? "completed");
    expect(streamed.text).not.toContain("secret");
    const whole = await post("/v1/responses", request);
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
      const streamed = await post("/v1/chat/completions", { ...request, stream: true });
      const blocks = streamed.text.split("\n\n").filter((block) => block !== "");
      expect(blocks.at(-1)).toBe("data: [DONE]");
      const chunks = blocks.slice(0, -1).map((block) => JSON.parse(block.slice("data: ".length)) as Chunk);
      expect(streamed.text).not.toContain("secret");
      const whole = await post("/v1/chat/completions", request);
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
