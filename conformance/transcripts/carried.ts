/**
 * Requests that need an answer to an earlier one: their transcripts hold the run and tool call ids of the server that was recorded. Before such a
 * case the opening request is sent (once), and the ids of its reply take the place of the recorded ones.
 */
import { framesOf, isObject, memberOf } from "./transcript.ts";
import type { Json, RecordedRequest, Transcript } from "./transcript.ts";

function post(path: string, body: Json): RecordedRequest {
  return { method: "POST", path, headers: { "content-type": "application/json" }, body };
}

/** The openings by name. `agents-31`, `stream-28` are given transcripts too; the others are only needed for what follows on them. */
export const OPENINGS: Readonly<Record<string, RecordedRequest>> = {
  "agents-31-generate-approval-suspended": post("/api/agents/toolAgent/generate", { messages: "delete it" }),
  "agents-33-generate-approval-suspended-2": post("/api/agents/toolAgent/generate", { messages: "delete it" }),
  "stream-21-tool-approval": post("/api/agents/toolAgent/stream", { messages: "delete it" }),
  "stream-24-tool-approval-2": post("/api/agents/toolAgent/stream", {
    messages: "delete it",
    memory: { thread: "ap-thread", resource: "ap-res" },
  }),
  "memory-thread-renamed": {
    method: "PATCH",
    path: "/api/memory/threads/m-thread?agentId=toolAgent",
    headers: { "content-type": "application/json" },
    body: { title: "Renamed", metadata: { size: 2 } },
  },
  "vector-upserted": post("/api/vector/demoVector/upsert", { indexName: "idx", vectors: [[1, 0, 0]], metadata: [{ t: "a" }], ids: ["v1"] }),
  "stream-51-approval-on-thread": post("/api/agents/toolAgent/stream", {
    messages: "delete it",
    memory: { thread: "ta-thread", resource: "ta-res" },
  }),
  "stream-28-tool-suspend": post("/api/agents/toolAgent/stream", { messages: "ask me" }),
  "responses-04-create-store": post("/api/v1/responses", { agent_id: "toolAgent", input: "weather history", store: true }),
  "conversations-01-create": post("/api/v1/conversations", { agent_id: "toolAgent", conversation_id: "conv-1", resource_id: "c-res", title: "Conv" }),
};

/** What is asked while the reply of a case is read, which does not end by itself. */
export const MEANWHILE: Readonly<Record<string, readonly RecordedRequest[]>> = {
  "stream-46-threads-subscribe": [
    post("/api/agents/toolAgent/send-message", { message: "hello sub", resourceId: "sub-res", threadId: "sub-thread" }),
    post("/api/agents/toolAgent/queue-message", { message: "delete it", resourceId: "sub-res", threadId: "sub-thread" }),
  ],
  "stream-50-subscribe-approval": [
    post("/api/agents/toolAgent/send-message", {
      message: { contents: "delete it", attributes: { sentFrom: "web" } },
      resourceId: "ta-res",
      threadId: "ta-thread",
    }),
    post("/api/agents/toolAgent/send-tool-approval", { resourceId: "ta-res", threadId: "ta-thread", toolCallId: "", approved: true }),
  ],
};

/** The call that waits on the thread of a request, once there is one. */
export async function waitingCall(base: string, { body }: RecordedRequest): Promise<Json> {
  const query = new URLSearchParams(["threadId", "resourceId"].map((name) => [name, JSON.stringify(memberOf(body, name)).slice(1, -1)]));
  for (;;) {
    const found = (await (await fetch(`${base}/api/agents/toolAgent/suspended-runs?${query.toString()}`)).json()) as Json;
    const toolCallId = memberOf(found, "runs", 0, "toolCalls", 0, "toolCallId");
    if (toolCallId !== undefined) return toolCallId;
  }
}

/** Which case follows on which opening. */
export const FOLLOWS: Readonly<Record<string, string>> = {
  "memory-40-network-threads": "memory-thread-renamed",
  "vector-04-query": "vector-upserted",
  "agents-32-approve-tool-call-generate": "agents-31-generate-approval-suspended",
  "agents-34-decline-tool-call-generate": "agents-33-generate-approval-suspended-2",
  "stream-22-approve-tool-call": "stream-21-tool-approval",
  "stream-23-approve-again": "stream-21-tool-approval",
  "stream-25-suspended-runs": "stream-24-tool-approval-2",
  "stream-26-decline-tool-call": "stream-24-tool-approval-2",
  "stream-52-send-tool-approval": "stream-51-approval-on-thread",
  "stream-29-resume-stream": "stream-28-tool-suspend",
  "responses-05-get": "responses-04-create-store",
  "responses-07-previous-response-with-agent": "responses-04-create-store",
  "responses-08-previous-response-other-agent": "responses-04-create-store",
  "responses-41-openai-list-input-items": "responses-04-create-store",
  "responses-10-conversation-id": "conversations-01-create",
  "conversations-08-items-empty": "conversations-01-create",
  "conversations-10-delete": "conversations-01-create",
};

/** The openings that end in a wait, whose ids the next request needs. */
const WAITING: ReadonlySet<string> = new Set(Object.keys(OPENINGS).filter((name) => !["memory-thread-renamed", "vector-upserted"].includes(name)));

const SUSPENDING: ReadonlySet<Json | undefined> = new Set(["tool-call-approval", "tool-call-suspended"]);

/** The ids under which a suspended reply goes on. @throws Error when the reply has none. */
export function suspensionOf(opening: Transcript): { runId: string; toolCallId: string } {
  const { response } = opening;
  const frames = framesOf(response);
  const suspended = frames?.find((frame) => SUSPENDING.has(memberOf(frame, "type")));
  const body = "body" in response ? response.body : undefined;
  const runId = memberOf(suspended ?? body, "runId");
  const toolCallId = memberOf(suspended, "payload", "toolCallId") ?? memberOf(body, "suspendPayload", "toolCallId");
  if (typeof runId !== "string" || typeof toolCallId !== "string")
    throw new Error(`${opening.name} was not suspended: ${JSON.stringify(frames ?? body ?? response.status).slice(0, 600)}`);
  return { runId, toolCallId };
}

/** The request of a case as it is to be sent now: with the ids of our own run, and with a shortened body at its full length. */
export function requestNow(transcript: Transcript, opening: Transcript | undefined): RecordedRequest {
  const { request } = transcript;
  const cut = /…\[(\d+) chars\]$/.exec(request.raw ?? "");
  if (cut) {
    const shell = JSON.stringify({ messages: "" }).length;
    return { ...request, raw: JSON.stringify({ messages: "x".repeat(Number(cut[1]) - shell) }) };
  }
  if (opening?.name === "responses-04-create-store") return withResponse(request, opening);
  if (!opening || opening.name === "conversations-01-create" || !WAITING.has(opening.name) || !isObject(request.body)) return request;
  return { ...request, body: { ...request.body, ...suspensionOf(opening) } };
}

/** A stored response is asked for by the id that it has here. */
function withResponse(request: RecordedRequest, opening: Transcript): RecordedRequest {
  const id = "body" in opening.response ? memberOf(opening.response.body, "id") : undefined;
  if (typeof id !== "string") throw new Error(`${opening.name} has no id`);
  const { path, body } = request;
  const named = isObject(body) && "previous_response_id" in body ? { body: { ...body, previous_response_id: id } } : {};
  return { ...request, path: path.replace(/msg_[0-9a-f-]{36}/, id), ...named };
}
