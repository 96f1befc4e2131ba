/** The response object, with every member that the standard requires. */
import type { z } from "zod";
import type { ResponseObject } from "../../../contract/shapes/responses.ts";
import type { ModelUsage } from "../../../models/types.ts";
import { unixSeconds } from "../call-arguments.ts";
import type { ResponseRequest } from "./options.ts";

export type ResponseValue = z.input<typeof ResponseObject>;
export type OutputItem = ResponseValue["output"][number];

/** What is known of a response before its run begins. */
export interface ResponseFacts {
  readonly id: string;
  readonly model: string;
  readonly request: ResponseRequest;
  /** The agent's own tools, where the caller is to see them. */
  readonly ownTools: readonly { readonly type: string }[];
  /** The thread that the response is part of. */
  readonly conversationId: string | null;
  readonly store: boolean;
}

/** What changes while it goes on. */
export interface ResponseState {
  readonly status: ResponseValue["status"];
  readonly output: readonly OutputItem[];
  readonly completedAt?: number;
  readonly usage?: ModelUsage;
  readonly error?: ResponseValue["error"];
  readonly incompleteReason?: string;
  readonly providerMetadata?: unknown;
}

/** `createdAt` and `completedAt` in epoch milliseconds. */
export function responseValue(
  { id, model, request, ownTools, conversationId, store }: ResponseFacts,
  createdAt: number,
  state: ResponseState,
): ResponseValue {
  const { effort = null, summary = null } = request.reasoning ?? {};
  const { providerMetadata } = state;
  return {
    id,
    object: "response",
    created_at: unixSeconds(createdAt),
    completed_at: state.completedAt === undefined ? null : unixSeconds(state.completedAt),
    status: state.status,
    model,
    output: [...state.output],
    usage: state.usage === undefined ? null : responseUsage(state.usage),
    error: state.error ?? null,
    incomplete_details: state.incompleteReason === undefined ? null : { reason: state.incompleteReason },
    instructions: request.instructions ?? null,
    text: textConfig(request.text),
    reasoning: { effort, summary },
    tools: [...ownTools, ...(request.tools ?? []).map((tool) => ({ description: null, parameters: null, strict: null, ...tool }))],
    tool_choice: request.tool_choice ?? "auto",
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    temperature: request.temperature ?? 1,
    top_p: request.top_p ?? 1,
    presence_penalty: request.presence_penalty ?? 0,
    frequency_penalty: request.frequency_penalty ?? 0,
    top_logprobs: 0,
    truncation: "disabled",
    service_tier: "default",
    background: request.background ?? false,
    store,
    metadata: request.metadata ?? {},
    previous_response_id: request.previous_response_id ?? null,
    conversation: conversationId !== null && namesConversation(request) ? { id: conversationId } : null,
    conversation_id: conversationId,
    prompt_cache_key: request.prompt_cache_key ?? null,
    prompt_cache_retention: request.prompt_cache_retention ?? null,
    safety_identifier: request.safety_identifier ?? null,
    user: request.user ?? null,
    access_programs: null,
    // What a provider says of its answer is JSON by contract.
    ...(typeof providerMetadata === "object" &&
      providerMetadata !== null && { providerOptions: providerMetadata as Record<string, unknown> }),
  };
}

/** The form of the answer, with the members that the standard requires. */
function textConfig(text: ResponseRequest["text"]): ResponseValue["text"] {
  const format = text?.format ?? { type: "text" };
  if (format.type !== "json_schema") return { ...text, format };
  const { description = null, strict } = format;
  return { ...text, format: { ...format, description, strict: strict ?? false } };
}

/** OpenAI tells of a conversation only where the request named one; the reference always does, as `conversation_id`. */
function namesConversation({ conversation, conversation_id }: ResponseRequest): boolean {
  return (conversation ?? conversation_id ?? null) !== null;
}

function responseUsage({
  inputTokens = 0,
  outputTokens = 0,
  totalTokens,
  reasoningTokens = 0,
  cachedInputTokens = 0,
  cacheCreationInputTokens = 0,
}: ModelUsage) {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens, cache_write_tokens: cacheCreationInputTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: totalTokens ?? inputTokens + outputTokens,
  };
}
