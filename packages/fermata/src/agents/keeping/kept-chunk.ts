/** What of a chunk goes into the log. */
import { toJson } from "../../schema/json-text.ts";
import type { AgentChunk, ChunkError, FinishPayload } from "../chunks.ts";

/** Chunks that hold nothing which anybody changes later. */
const PLAIN: ReadonlySet<string> = new Set([
  "start",
  "text-start",
  "text-delta",
  "text-end",
  "reasoning-start",
  "reasoning-delta",
  "reasoning-end",
  "tool-call-input-streaming-start",
  "tool-call-delta",
  "tool-call-input-streaming-end",
]);

/**
 * The chunk as it is now, as data: what it points to may change before it is written. Requests to the provider are left out: they hold
 * the whole conversation each time, and keys. So are headers and causes, which only the operator sees while it happens.
 */
export function toKept(chunk: AgentChunk): AgentChunk {
  if (PLAIN.has(chunk.type) || !("payload" in chunk)) return PLAIN.has(chunk.type) ? chunk : copied(chunk);
  switch (chunk.type) {
    case "step-start":
      return { ...chunk, payload: { ...chunk.payload, request: {} } };
    case "step-finish":
    case "finish":
      return { ...chunk, payload: slimFinish(chunk.payload) };
    default:
      return copied(slim(chunk));
  }
}

/** What tools and callers gave is theirs, and they may change it. */
function copied(chunk: unknown): AgentChunk {
  return JSON.parse(toJson(chunk)) as AgentChunk; // the same members, as text has them
}

function slim(chunk: AgentChunk): unknown {
  if (!("payload" in chunk)) return chunk;
  switch (chunk.type) {
    case "step-start":
      return { ...chunk, payload: { ...chunk.payload, request: {} } };
    case "step-finish":
    case "finish":
      return { ...chunk, payload: slimFinish(chunk.payload) };
    case "error":
    case "tool-error":
      return { ...chunk, payload: { ...chunk.payload, error: withoutCause(chunk.payload.error) } };
    case "tool-output":
      return {
        ...chunk,
        payload: { ...chunk.payload, output: isChunk(chunk.payload.output) ? slim(chunk.payload.output) : chunk.payload.output },
      };
    case "raw":
      return { ...chunk, payload: null };
    default:
      return chunk;
  }
}

/** The lists of messages are the loop's own: it may still change them. */
function slimFinish({ metadata, output, messages, response, ...payload }: FinishPayload): FinishPayload {
  const { all, user, nonUser } = messages;
  return {
    ...payload,
    metadata: { ...metadata, request: undefined, headers: undefined },
    output: { ...output, steps: output.steps.map(slimStep) },
    messages: { all: [...all], user: [...user], nonUser: [...nonUser] },
    ...(response !== undefined && { response: withoutRequest(response) }),
  };
}

function slimStep(step: unknown): unknown {
  const slimmed = withoutRequest(step);
  return isRecord(slimmed) && "response" in slimmed ? { ...slimmed, response: withoutRequest(slimmed.response) } : slimmed;
}

function withoutRequest(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return {
    ...value,
    request: undefined,
    headers: undefined,
    ...(Array.isArray(value.messages) && { messages: [...(value.messages as unknown[])] }),
  };
}

function withoutCause(error: ChunkError): ChunkError {
  const { cause: _cause, ...rest } = error;
  return rest;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isChunk(value: unknown): value is AgentChunk {
  return isRecord(value) && typeof value.type === "string" && typeof value.runId === "string" && "payload" in value;
}
