/** Responses, in the form of OpenAI's API, with the names of the reference beside them. */
import { z } from "zod";
import { Id, Include } from "./common.ts";
import { sharedParameters } from "./openai.ts";

const Item = z.looseObject({ type: z.string().optional() });

/** Open, so that a parameter which cannot be honoured is refused by its name. */
export const ResponseBody = z
  .looseObject({
    ...sharedParameters,
    agent_id: Id.optional().describe("The agent; `model` then replaces the agent's model"),
    model: z.string().optional().describe("The id of an agent; beside `agent_id`, a model such as 'openai/gpt-5'"),
    input: z.union([z.string(), z.array(Item).min(1).max(10_000)]).optional(),
    instructions: z.string().nullish().describe("Replaces the agent's instructions"),
    text: z.looseObject({ format: z.looseObject({ type: z.string() }).nullish(), verbosity: z.string().nullish() }).nullish(),
    reasoning: z.looseObject({ effort: z.string().nullish(), summary: z.string().nullish() }).nullish(),
    max_output_tokens: z.int().min(1).nullish(),
    max_tool_calls: z.int().min(1).nullish(),
    include: z.array(z.string()).nullish(),
    truncation: z.string().nullish(),
    stream_options: z.looseObject({ include_obfuscation: z.boolean().nullish() }).nullish(),
    background: z.boolean().nullish(),
    previous_response_id: Id.nullish(),
    conversation: z.union([Id, z.looseObject({ id: Id })]).nullish(),
    conversation_id: Id.nullish().describe("An older name of `conversation`"),
    providerOptions: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  })
  .meta({ id: "ResponseRequest" });

const ResponseUsage = z
  .object({
    input_tokens: z.number(),
    input_tokens_details: z.object({ cached_tokens: z.number(), cache_write_tokens: z.number() }),
    output_tokens: z.number(),
    output_tokens_details: z.object({ reasoning_tokens: z.number() }),
    total_tokens: z.number(),
  })
  .meta({ id: "ResponseUsage" });

export const ResponseObject = z
  .object({
    id: z.string(),
    object: z.literal("response"),
    created_at: z.number().describe("Unix time in seconds"),
    completed_at: z.number().nullable(),
    status: z.enum(["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]),
    model: z.string(),
    output: z.array(z.looseObject({ id: z.string(), type: z.string() })),
    usage: ResponseUsage.nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    incomplete_details: z.object({ reason: z.string() }).nullable(),
    instructions: z.string().nullable(),
    text: z.looseObject({}),
    reasoning: z.looseObject({}),
    tools: z.array(z.looseObject({ type: z.string() })),
    tool_choice: z.union([z.string(), z.looseObject({})]),
    parallel_tool_calls: z.boolean(),
    max_output_tokens: z.number().nullable(),
    max_tool_calls: z.number().nullable(),
    temperature: z.number(),
    top_p: z.number(),
    presence_penalty: z.number(),
    frequency_penalty: z.number(),
    top_logprobs: z.number(),
    truncation: z.string(),
    service_tier: z.string(),
    background: z.boolean(),
    store: z.boolean(),
    metadata: z.record(z.string(), z.string()),
    previous_response_id: z.string().nullable(),
    conversation: z.object({ id: z.string() }).nullable(),
    conversation_id: z.string().nullable(),
    prompt_cache_key: z.string().nullable(),
    prompt_cache_retention: z.string().nullable(),
    safety_identifier: z.string().nullable(),
    user: z.string().nullable(),
    access_programs: z.null(),
    providerOptions: z.record(z.string(), z.unknown()).optional().describe("What the provider said of its answer"),
  })
  .meta({ id: "Response" });

export const ResponseStreamEvent = z.looseObject({ type: z.string(), sequence_number: z.number() }).meta({ id: "ResponseStreamEvent" });

export const ResponseParams = z.object({ responseId: Id });
export const ResponseQuery = z.object({
  stream: z.enum(["true", "false"]).optional(),
  starting_after: z.coerce.number().int().min(0).optional().describe("With `stream=true`: the number of the last event that is known"),
  include_obfuscation: z.enum(["true", "false"]).optional(),
  include: Include.optional(),
  "include[]": Include.optional(),
  requestContext: z.string().optional(),
});
export const DeletedResponse = z.object({ id: z.string(), object: z.literal("response"), deleted: z.literal(true) });
