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

/** A list of messages that is the first `$first` of those that the run has added, or others (`$before`) and then all of them. */
type Part = { readonly $first: number } | { readonly $before: readonly unknown[] };

/**
 * The lists of messages are the loop's own: it may still change them. The ends of the steps repeat them, each all that were before it:
 * in the log they stand once.
 */
function slimFinish(payload: FinishPayload): FinishPayload {
  const { metadata, output, messages, response } = payload;
  const { all, user, nonUser } = messages;
  const slimmed = {
    ...payload,
    metadata: { ...metadata, request: undefined, headers: undefined },
    output: { ...output, steps: output.steps.map((step) => slimStep(step, nonUser)) },
    messages: { all: toPart(all, nonUser), user: [...user], nonUser: [...nonUser] },
    ...(response !== undefined && { response: slimResponse(response, nonUser) }),
  };
  return slimmed as unknown as FinishPayload; // `fromKept` makes it one again
}

/** The chunk as it was shown, from what the log has of it. */
export function fromKept(chunk: AgentChunk): AgentChunk {
  if ((chunk.type !== "finish" && chunk.type !== "step-finish") || !("payload" in chunk)) return chunk;
  const { payload } = chunk;
  const { output, messages, response } = payload;
  const { nonUser } = messages;
  const restored: FinishPayload = {
    ...payload,
    output: { ...output, steps: output.steps.map((step) => restoreStep(step, nonUser)) },
    messages: { ...messages, all: fromPart(messages.all, nonUser) as unknown[] },
    ...(response !== undefined && { response: restoreResponse(response, nonUser) }),
  };
  return { ...chunk, payload: restored };
}

function toPart(list: readonly unknown[], added: readonly unknown[]): Part | readonly unknown[] {
  if (list.length <= added.length && list.every((message, index) => message === added[index])) return { $first: list.length };
  const rest = list.length - added.length;
  if (rest > 0 && added.every((message, index) => message === list[rest + index])) return { $before: list.slice(0, rest) };
  return [...list];
}

function fromPart(part: unknown, added: readonly unknown[]): unknown {
  if (!isRecord(part)) return part;
  if (typeof part.$first === "number") return added.slice(0, part.$first);
  return Array.isArray(part.$before) ? [...(part.$before as unknown[]), ...added] : part;
}

function restoreStep(step: unknown, added: readonly unknown[]): unknown {
  return isRecord(step) && "response" in step ? { ...step, response: restoreResponse(step.response, added) } : step;
}

function restoreResponse(response: unknown, added: readonly unknown[]): unknown {
  return isRecord(response) && "messages" in response ? { ...response, messages: fromPart(response.messages, added) } : response;
}

function slimStep(step: unknown, added: readonly unknown[]): unknown {
  const slimmed = withoutRequest(step);
  return isRecord(slimmed) && "response" in slimmed ? { ...slimmed, response: slimResponse(slimmed.response, added) } : slimmed;
}

function slimResponse(response: unknown, added: readonly unknown[]): unknown {
  const slimmed = withoutRequest(response);
  return isRecord(slimmed) && Array.isArray(slimmed.messages) ? { ...slimmed, messages: toPart(slimmed.messages, added) } : slimmed;
}

function withoutRequest(value: unknown): unknown {
  return isRecord(value) ? { ...value, request: undefined, headers: undefined } : value;
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
