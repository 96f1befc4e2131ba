/** The requests of the bench, and what a right reply to each looks like. */
import { AFTER_TOOL_DELTAS, AFTER_TOOL_TEXT, GENERATED_TEXT, STREAMED_DELTAS, TOOL_CITY, TOOL_NAME } from "./model.js";

/** A reply of which the whole body was read. */
export interface Reply {
  status: number;
  contentType: string;
  body: string;
}

export interface Case {
  id: string;
  title: string;
  method: "GET" | "POST";
  path: string;
  /** Sent as JSON. */
  body?: object;
  headers?: Readonly<Record<string, string>>;
  /** Which servers can do it. Default: all. */
  servers?: readonly string[];
  /** Runs on every reply, so it is cheap. Returns what is wrong, or nothing. */
  check: (reply: Reply) => string | undefined;
  /** Runs on one reply per server before measuring; parses everything. Returns what is wrong, or nothing. */
  inspect: (reply: Reply) => string | undefined;
}

const DONE = "data: [DONE]\n\n";
const DELTA = '"type":"text-delta"';
const post = (path: string, body: object) => ({ method: "POST", path: `/api/agents/${path}`, body }) as const;

export const CASES: readonly Case[] = [
  {
    id: "list",
    title: "list agents",
    method: "GET",
    path: "/api/agents",
    check: (reply) => json(reply) ?? (reply.body.includes('"writer"') ? undefined : "the agent is missing"),
    inspect: (reply) => json(reply) ?? listed(JSON.parse(reply.body)),
  },
  {
    id: "generate",
    title: "generate",
    ...post("writer/generate", { messages: "Say something." }),
    check: (reply) => json(reply) ?? (reply.body.includes(GENERATED_TEXT) ? undefined : "the text is missing"),
    inspect: (reply) => json(reply) ?? text(JSON.parse(reply.body), GENERATED_TEXT),
  },
  {
    id: "generate-tool",
    title: "generate with a tool",
    ...post("assistant/generate", { messages: "Use the tool." }),
    check: (reply) => json(reply) ?? (reply.body.includes(AFTER_TOOL_TEXT) ? undefined : "the text is missing"),
    inspect: (reply) => json(reply) ?? text(JSON.parse(reply.body), AFTER_TOOL_TEXT),
  },
  {
    id: "generate-memory",
    title: "generate with memory",
    ...post("keeper/generate", { messages: "Say something." }),
    servers: ["fermata"],
    check: (reply) => json(reply) ?? (reply.body.includes(GENERATED_TEXT) ? undefined : "the text is missing"),
    inspect: (reply) => json(reply) ?? text(JSON.parse(reply.body), GENERATED_TEXT) ?? remembered(JSON.parse(reply.body)),
  },
  {
    id: "stream",
    title: "stream of 200 deltas",
    ...post("writer/stream", { messages: "Say something." }),
    check: (reply) => ended(reply, STREAMED_DELTAS.length),
    inspect: (reply) => frames(reply, ["start", "step-start", "text-start", "text-delta", "text-end", "finish"], STREAMED_DELTAS),
  },
  {
    id: "stream-tool",
    title: "stream with a tool",
    ...post("assistant/stream", { messages: "Use the tool." }),
    check: (reply) => ended(reply, AFTER_TOOL_DELTAS.length),
    inspect: (reply) => frames(reply, ["start", "step-start", "tool-call", "tool-result", "text-delta", "finish"], AFTER_TOOL_DELTAS),
  },
  {
    id: "chat",
    title: "chat completion",
    method: "POST",
    path: "/api/v1/chat/completions",
    body: { model: "writer", messages: [{ role: "user", content: "Say something." }] },
    servers: ["fermata"],
    check: (reply) => json(reply) ?? (reply.body.includes(GENERATED_TEXT) ? undefined : "the text is missing"),
    inspect: (reply) =>
      json(reply) ?? (JSON.parse(reply.body).choices[0].message.content === GENERATED_TEXT ? undefined : "the text is wrong"),
  },
  {
    id: "responses",
    title: "response",
    method: "POST",
    path: "/api/v1/responses",
    body: { model: "writer", input: "Say something." },
    servers: ["fermata"],
    check: (reply) => json(reply) ?? (reply.body.includes(GENERATED_TEXT) ? undefined : "the text is missing"),
    inspect: (reply) =>
      json(reply) ?? (JSON.parse(reply.body).output[0].content[0].text === GENERATED_TEXT ? undefined : "the text is wrong"),
  },
  {
    id: "responses-store",
    title: "stored response",
    method: "POST",
    path: "/api/v1/responses",
    body: { model: "keeper", input: "Say something.", store: true },
    servers: ["fermata"],
    check: (reply) => json(reply) ?? (reply.body.includes(GENERATED_TEXT) ? undefined : "the text is missing"),
    inspect: (reply) => json(reply) ?? (JSON.parse(reply.body).store === true ? undefined : "it is not stored"),
  },
  {
    id: "chat-stream",
    title: "chat completion, stream of 200 deltas",
    method: "POST",
    path: "/api/v1/chat/completions",
    body: { model: "writer", messages: [{ role: "user", content: "Say something." }], stream: true },
    servers: ["fermata"],
    check: (reply) => deltas(reply, '"delta":{"content":', DONE, STREAMED_DELTAS.length),
    inspect: (reply) => deltas(reply, '"delta":{"content":', DONE, STREAMED_DELTAS.length),
  },
  {
    id: "responses-stream",
    title: "response, stream of 200 deltas",
    method: "POST",
    path: "/api/v1/responses",
    body: { model: "writer", input: "Say something.", stream: true },
    servers: ["fermata"],
    check: (reply) => deltas(reply, "event: response.output_text.delta", "\n\n", STREAMED_DELTAS.length),
    inspect: (reply) => deltas(reply, "event: response.output_text.delta", "\n\n", STREAMED_DELTAS.length),
  },
  {
    id: "tool-execute",
    title: "tool execute",
    ...post(`assistant/tools/${TOOL_NAME}/execute`, { data: { city: TOOL_CITY } }),
    check: (reply) => json(reply) ?? (reply.body.includes('"tempC":21') ? undefined : "the result is missing"),
    inspect: (reply) => json(reply) ?? (JSON.parse(reply.body).city === TOOL_CITY ? undefined : "the result is wrong"),
  },
];

/** The HTTP/1.1 request of a case, ready to be written to a socket. */
export function requestBytes({ method, path, body, headers = {} }: Case): Buffer {
  const payload = body === undefined ? "" : JSON.stringify(body);
  const head = [
    `${method} ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    "accept: */*",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  if (body !== undefined) head.push("content-type: application/json", `content-length: ${Buffer.byteLength(payload)}`);
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${payload}`);
}

function json({ status, contentType, body }: Reply): string | undefined {
  if (status !== 200) return `status ${status}: ${body.slice(0, 200)}`;
  if (!contentType.startsWith("application/json")) return `content type ${contentType}`;
  return body.endsWith("}") ? undefined : "the JSON does not end";
}

function ended(reply: Reply, expected: number): string | undefined {
  return deltas(reply, DELTA, DONE, expected);
}

/** A stream with so many deltas, which `mark` stands for, and this end. */
function deltas({ status, contentType, body }: Reply, mark: string, end: string, expected: number): string | undefined {
  if (status !== 200) return `status ${status}: ${body.slice(0, 200)}`;
  if (!contentType.startsWith("text/event-stream")) return `content type ${contentType}`;
  if (!body.endsWith(end)) return `the stream ends with ${JSON.stringify(body.slice(-100))}`;
  const seen = count(body, mark);
  return seen === expected ? undefined : `${seen} text deltas instead of ${expected}`;
}

function count(haystack: string, needle: string): number {
  let found = 0;
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + needle.length)) found++;
  return found;
}

function listed(agents: Record<string, { tools?: object }>): string | undefined {
  if (!agents["writer"]) return 'the agent "writer" is missing';
  return agents["assistant"]?.tools && TOOL_NAME in agents["assistant"].tools ? undefined : `the tool "${TOOL_NAME}" is missing`;
}

function text(result: { text?: unknown; finishReason?: unknown }, expected: string): string | undefined {
  if (result.text !== expected) return `the text is ${JSON.stringify(result.text)}`;
  return result.finishReason === "stop" ? undefined : `the finish reason is ${JSON.stringify(result.finishReason)}`;
}

function remembered({ response }: { response?: { dbMessages?: { threadId?: string }[] } }): string | undefined {
  return response?.dbMessages?.[0]?.threadId ? undefined : "the answer belongs to no thread";
}

/** `types`: these occur in this order (others may stand between them). `deltas`: the texts, one frame each. */
function frames(reply: Reply, types: readonly string[], deltas: readonly string[]): string | undefined {
  const problem = ended(reply, deltas.length);
  if (problem) return problem;
  const events: { type: string; from?: string; runId?: string; payload: { text?: string } }[] = reply.body
    .slice(0, -DONE.length)
    .split("\n\n")
    .filter((frame) => frame.startsWith("data: "))
    .map((frame) => JSON.parse(frame.slice("data: ".length)));
  let at = -1;
  for (const type of types) {
    at = events.findIndex((event, index) => index > at && event.type === type);
    if (at < 0) return `no ${type} event in its place`;
  }
  if (events.some((event) => event.from !== "AGENT" || !event.runId)) return "an event without its envelope";
  const texts = events.filter((event) => event.type === "text-delta").map((event) => event.payload.text);
  return texts.join("") === deltas.join("") ? undefined : "the deltas are wrong";
}
