/**
 * What may leave the server, by allow-list. A chunk type or a member that is not named here is not sent to the public;
 * the operator's audience sees everything but stacks.
 */
import type { AgentChunk, ChunkError, FinishPayload, StepMetadata } from "../../agents/chunks.ts";
import type { GenerateResult, StepSummary } from "../../agents/generate-result.ts";
import type { StoredMessage } from "../../agents/messages/stored.ts";
import type { WorkflowChunk } from "../../workflows/chunks.ts";
import type { Audience } from "../call.ts";
import { projectStepError } from "./workflow-projection.ts";

type StreamedChunk = AgentChunk | WorkflowChunk;

type ByType = { readonly [T in StreamedChunk["type"]]?: (chunk: never) => unknown };

/** What a tool threw may name files, hosts and keys: the model is told, the public is not. */
const TOOL_FAILED = "The tool failed.";

/** The chunk with these members of its payload and no others. */
function members(
  ...names: readonly string[]
): (chunk: { readonly type: string; readonly runId: string; readonly from: string; readonly payload: unknown }) => unknown {
  const allowed = new Set(names);
  return (chunk) => {
    const payload: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(chunk.payload as object)) if (allowed.has(name)) payload[name] = value;
    return { ...envelope(chunk), payload };
  };
}

function envelope<E extends { readonly type: string; readonly runId: string; readonly from: string }>({
  type,
  runId,
  from,
}: E): Pick<E, "type" | "runId" | "from"> {
  return { type, runId, from };
}

const object = ({ type, runId, from, object }: Extract<AgentChunk, { readonly object: unknown }>): unknown => ({
  type,
  runId,
  from,
  object,
});

const CALL = ["toolCallId", "toolName", "args"];
const PROVIDER = ["providerExecuted", "providerMetadata", "dynamic"];

const CALLED = ["stepName", "id", "stepCallId", "payload", "startedAt", "status", "resumePayload", "resumedAt"];

type StepOutput = Extract<WorkflowChunk, { readonly type: "workflow-step-output" }>;
type StepResult = Extract<WorkflowChunk, { readonly type: "workflow-step-result" }>;
type WorkflowFinish = Extract<WorkflowChunk, { readonly type: "workflow-finish" }>;

const WORKFLOW_CHUNKS: ByType = {
  "workflow-start": members("workflowId"),
  "workflow-step-start": members(...CALLED),
  "workflow-step-suspended": members(...CALLED, "suspendPayload", "suspendedAt"),
  "workflow-step-waiting": members(...CALLED),
  "workflow-step-progress": members("stepName", "id", "completedCount", "totalCount", "currentIndex", "iterationStatus", "iterationOutput"),
  "workflow-canceled": members(),
  "workflow-paused": members(),
  "workflow-step-result": (chunk: StepResult) => {
    const { stepName, id, stepCallId, payload, startedAt, status, resumePayload, resumedAt, output, error, endedAt } = chunk.payload;
    const shown = {
      stepName,
      id,
      stepCallId,
      payload,
      startedAt,
      status,
      resumePayload,
      resumedAt,
      output,
      error: error && projectStepError(error, "public"),
      endedAt,
    };
    return { ...envelope(chunk), payload: shown };
  },
  "workflow-step-output": (chunk: StepOutput) => {
    const { stepName, output, runId } = chunk.payload;
    const inner = isChunk(output) ? publicChunk(output) : output;
    return inner === undefined ? undefined : { ...envelope(chunk), payload: { stepName, output: inner, runId } };
  },
  "workflow-finish": (chunk: WorkflowFinish) => {
    const { workflowStatus, metadata, output, finalWorkflowResult } = chunk.payload;
    const { error } = metadata;
    const shown = error && projectStepError(error, "public");
    return {
      ...envelope(chunk),
      payload: {
        workflowStatus,
        metadata: shown ? { error: shown, errorMessage: shown.message } : {},
        output: { usage: output.usage },
        finalWorkflowResult,
      },
    };
  },
};

const PUBLIC_CHUNKS: ByType = {
  ...WORKFLOW_CHUNKS,
  start: members("id", "messageId"),
  "text-start": members("id", "providerMetadata"),
  "text-delta": members("id", "text", "providerMetadata"),
  "text-end": members("id", "type", "providerMetadata"),
  "reasoning-start": members("id", "providerMetadata"),
  "reasoning-delta": members("id", "text", "providerMetadata"),
  "reasoning-end": members("id", "providerMetadata"),
  source: members("id", "sourceType", "title", "url", "mimeType", "filename", "providerMetadata"),
  file: members("data", "base64", "mimeType", "providerMetadata"),
  "tool-call-input-streaming-start": members("toolCallId", "toolName", "providerExecuted", "dynamic"),
  "tool-call-delta": members("toolCallId", "toolName", "argsTextDelta"),
  "tool-call-input-streaming-end": members("toolCallId"),
  "tool-call": members(...CALL, ...PROVIDER),
  "tool-result": members(...CALL, ...PROVIDER, "result", "isError"),
  "tool-call-approval": members(...CALL, "resumeSchema"),
  "tool-call-suspended": members(...CALL, "resumeSchema", "suspendPayload"),
  "tool-output-denied": members(...CALL, "approval"),
  object,
  "object-result": object,
  "step-start": (chunk: Chunk<"step-start">) => {
    const { warnings, messageId, startedAt } = chunk.payload;
    return { ...envelope(chunk), payload: { warnings, messageId, startedAt, request: {} } };
  },
  "tool-error": (chunk: Chunk<"tool-error">) => {
    const { toolCallId, toolName, args, error } = chunk.payload;
    return { ...envelope(chunk), payload: { error: publicError(error), args, toolCallId, toolName } };
  },
  error: (chunk: Chunk<"error">) => ({ ...envelope(chunk), payload: { type: "error", error: publicError(chunk.payload.error) } }),
  abort: (chunk: Chunk<"abort">) => ({ ...envelope(chunk), payload: {} }),
  tripwire: (chunk: Chunk<"tripwire">) => {
    const { reason, retry, processorId } = chunk.payload;
    return { ...envelope(chunk), payload: { reason, retry, processorId } };
  },
  "tool-output": (chunk: Chunk<"tool-output">) => {
    const { output, toolCallId, toolName } = chunk.payload;
    const inner = isChunk(output) ? publicChunk(output) : output;
    return inner === undefined ? undefined : { ...envelope(chunk), payload: { output: inner, toolCallId, toolName } };
  },
  "step-finish": (chunk: Chunk<"step-finish">) => ({ ...envelope(chunk), payload: publicFinish(chunk.payload) }),
  finish: (chunk: Chunk<"finish">) => ({ ...envelope(chunk), payload: publicFinish(chunk.payload) }),
};

/** The types that the public may see, beside `data-…`. */
export const PUBLIC_CHUNK_TYPES: readonly string[] = Object.keys(PUBLIC_CHUNKS);

type Envelope = Extract<AgentChunk, { readonly payload: unknown }>;
type Chunk<T extends string> = string extends T ? Envelope : Extract<Envelope, { readonly type: T }>;

/** The chunk as `audience` may see it, or `undefined` when it may not. */
export function projectChunk(chunk: StreamedChunk, audience: Audience): unknown {
  return audience === "operator" ? chunk : publicChunk(chunk);
}

function publicChunk(chunk: StreamedChunk): unknown {
  // A `data-…` chunk is what the app itself decided to send.
  if (chunk.type.startsWith("data-")) return chunk;
  const project = Object.hasOwn(PUBLIC_CHUNKS, chunk.type) ? PUBLIC_CHUNKS[chunk.type] : undefined;
  // The table gives each type the function for its own chunk.
  return project?.(chunk as never);
}

/** A value that a nested run wrote, in contrast to one that a tool made up. */
export function isChunk(value: unknown): value is StreamedChunk {
  return (
    typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" && "runId" in value && "from" in value
  );
}

function publicError({ name, message, code, id, details }: ChunkError): ChunkError {
  return { name, message, ...(code !== undefined && { code }), ...(id !== undefined && { id }), ...(details !== undefined && { details }) };
}

function publicMetadata(metadata: StepMetadata): unknown {
  const { providerMetadata } = metadata;
  return providerMetadata === undefined ? publicResponse(metadata) : { providerMetadata, ...publicResponse(metadata) };
}

function publicFinish(payload: FinishPayload): unknown {
  const { messageId, stepResult, metadata, output, messages, processorRetryCount, response } = payload;
  return {
    messageId,
    stepResult,
    metadata: publicMetadata(metadata),
    output: publicOutput(output),
    messages: { all: publicMessages(messages.all), user: publicMessages(messages.user), nonUser: publicMessages(messages.nonUser) },
    processorRetryCount,
    ...(response !== undefined && { response: publicFinishResponse(response) }),
  };
}

function publicOutput({ text, toolCalls, usage, steps, object }: FinishPayload["output"]): unknown {
  return { text, toolCalls, usage, steps: steps.map(publicWireStep), ...(object !== undefined && { object }) };
}

function publicFinishResponse(response: unknown): unknown {
  // Made by the loop's own `finishResponse`.
  const { uiMessages } = response as { uiMessages: readonly UiMessage[] };
  return { ...publicResponse(response), uiMessages: uiMessages.map(publicUi) };
}

function publicWireStep(step: unknown): unknown {
  // Made by the loop's own `wireStep`.
  const { content, finishReason, usage, warnings, response, providerMetadata } = step as Record<string, unknown>;
  return {
    content: publicParts(content),
    finishReason,
    usage,
    warnings,
    response: publicResponse(response),
    ...(providerMetadata !== undefined && { providerMetadata }),
  };
}

/** What is known of a model's answer. A member that is `undefined` is not written. */
interface Answer {
  readonly id?: unknown;
  readonly timestamp?: unknown;
  readonly modelId?: unknown;
  readonly modelMetadata?: unknown;
  readonly modelVersion?: unknown;
  readonly modelProvider?: unknown;
  readonly messages?: readonly unknown[];
}

function publicResponse(response: unknown): Answer {
  // Made by the loop, from a step's metadata.
  const { id, timestamp, modelId, modelMetadata, modelVersion, modelProvider, messages } = response as Answer;
  const answer = { id, timestamp, modelId, modelMetadata, modelVersion, modelProvider };
  return messages === undefined ? answer : { ...answer, messages: publicMessages(messages) };
}

/** System messages are the app's own, also those that a processor put into the conversation. */
function publicMessages(messages: readonly unknown[]): readonly unknown[] {
  return messages.some((message) => isSystem(message) || holdsFailure(message))
    ? messages.filter((message) => !isSystem(message)).map(publicMessage)
    : messages;
}

function isSystem(message: unknown): boolean {
  return (message as { role?: unknown }).role === "system";
}

function publicMessage(message: unknown): unknown {
  return holdsFailure(message) ? { ...(message as object), content: publicParts((message as { content: unknown }).content) } : message;
}

function holdsFailure(message: unknown): boolean {
  const content = (message as { content?: unknown }).content;
  return Array.isArray(content) && content.some(isFailure);
}

function isFailure(part: unknown): boolean {
  const output = (part as { output?: { type?: unknown } }).output;
  return output?.type === "error-text";
}

function publicParts(parts: unknown): unknown {
  if (!Array.isArray(parts) || !parts.some(isFailure)) return parts;
  return parts.map((part: unknown) =>
    isFailure(part) ? { ...(part as object), output: { type: "error-text", value: TOOL_FAILED } } : part,
  );
}

/** The reply of `generate`. */
export function projectResult(result: GenerateResult, audience: Audience): GenerateResult {
  if (audience === "operator") return result;
  const { response, messages, rememberedMessages, tripwire } = result;
  const dbMessages = response.dbMessages.map(publicStored);
  return {
    ...result,
    request: {},
    steps: result.steps.map(publicSummary),
    // Members are taken away, none changes its type.
    response: {
      ...(publicResponse(response) as Partial<GenerateResult["response"]>),
      ...(response.uiMessages && { uiMessages: response.uiMessages.map(publicUi) }),
      dbMessages,
    },
    messages: publicHistory(messages),
    rememberedMessages: publicHistory(rememberedMessages),
    ...(tripwire && { tripwire: { ...tripwire, metadata: undefined } }),
  };
}

function publicSummary(step: StepSummary): StepSummary {
  return {
    ...step,
    request: {},
    content: publicParts(step.content) as readonly unknown[],
    response: publicResponse(step.response) as StepSummary["response"],
  };
}

function publicHistory(messages: readonly StoredMessage[]): readonly StoredMessage[] {
  return messages.filter(({ role }) => role !== "system").map(publicStored);
}

/** A message of a thread. */
export function projectStored<M extends Pick<StoredMessage, "content">>(message: M, audience: Audience): M {
  return audience === "operator" ? message : publicStored(message);
}

function publicStored<M extends Pick<StoredMessage, "content">>(message: M): M {
  const { parts } = message.content;
  const failed = parts.some((part) => part.type === "tool-invocation" && part.toolInvocation.errorText !== undefined);
  if (!failed) return message;
  const shown = parts.map((part) =>
    part.type === "tool-invocation" && part.toolInvocation.errorText !== undefined
      ? { ...part, toolInvocation: { ...part.toolInvocation, errorText: TOOL_FAILED } }
      : part,
  );
  return { ...message, content: { ...message.content, parts: shown } };
}

type UiMessage = NonNullable<GenerateResult["response"]["uiMessages"]>[number];

function publicUi(message: UiMessage): UiMessage {
  if (!message.parts.some((part) => "errorText" in part)) return message;
  return { ...message, parts: message.parts.map((part) => ("errorText" in part ? { ...part, errorText: TOOL_FAILED } : part)) };
}
