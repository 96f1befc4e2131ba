/** An agent whose model says whatever there is to be told, and a server for it. */
import { z } from "zod";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { Memory } from "../../src/memory/memory.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { createTool } from "../../src/tools/tool.ts";
import { partModel, toolCallParts, type Part } from "../support/part-model.ts";
import { NO_USAGE } from "../support/scripted-model.ts";
import { startHono, type TestServer } from "../support/test-server.ts";

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
export const SCRIPTS: Readonly<Record<string, readonly Part[]>> = {
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
export const getTime = { type: "function", name: "getTime", parameters: { type: "object" } };

const model = partModel(({ prompt }) => {
  if (prompt.at(-1)?.role === "tool") return [START, ...text("t", "done"), finish()];
  const asked = prompt.findLast(({ role }) => role === "user")?.content[0];
  return SCRIPTS[typeof asked === "object" && asked.type === "text" ? asked.text : ""] ?? [];
});

/** The agent is `main`, and remembers what it is told. */
export async function startScripted(): Promise<TestServer> {
  const storage = new MemoryStore();
  const agent = new Agent({
    id: "main",
    name: "Main",
    instructions: "secret",
    model,
    tools: { works, fails, guarded, asks },
    maxRetries: 0,
    memory: new Memory({ storage }),
  });
  return startHono(new Mastra({ logger: false, agents: { main: agent }, storage }));
}

export const post = (server: TestServer, path: string, body: object): ReturnType<typeof ask> => ask(server, "POST", path, body);

export async function ask(server: TestServer, method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.origin}${path}`, {
    method,
    ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}
