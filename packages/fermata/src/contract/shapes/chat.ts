/** Chat Completions and models, in the form of OpenAI's API. */
import { z } from "zod";
import { OpenAiErrorReply, sharedParameters } from "./openai.ts";

const OutputTokens = z.int().min(1).nullish();

/** Open, so that a parameter which cannot be honoured is refused by its name. */
export const ChatBody = z
  .looseObject({
    ...sharedParameters,
    model: z.string().describe("The id of an agent"),
    messages: z.array(z.looseObject({ role: z.string() })).min(1),
    max_completion_tokens: OutputTokens,
    max_tokens: OutputTokens,
    n: z.int().min(1).nullish(),
    seed: z.int().nullish(),
    stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
    top_k: z.int().min(1).nullish(),
    response_format: z.looseObject({ type: z.string() }).nullish(),
    reasoning_effort: z.string().nullish(),
    verbosity: z.string().nullish(),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() }).nullish(),
    logprobs: z.boolean().nullish(),
    modalities: z.array(z.string()).nullish(),
  })
  .meta({ id: "ChatCompletionRequest" });

const ToolCall = z.object({ id: z.string(), type: z.literal("function"), function: z.object({ name: z.string(), arguments: z.string() }) });

const FinishReason = z.enum(["stop", "length", "tool_calls", "content_filter"]);

const ChatUsage = z
  .object({
    prompt_tokens: z.number(),
    completion_tokens: z.number(),
    total_tokens: z.number(),
    prompt_tokens_details: z.object({ cached_tokens: z.number(), audio_tokens: z.number() }),
    completion_tokens_details: z.object({
      reasoning_tokens: z.number(),
      audio_tokens: z.number(),
      accepted_prediction_tokens: z.number(),
      rejected_prediction_tokens: z.number(),
    }),
  })
  .meta({ id: "ChatCompletionUsage" });

export const ChatCompletion = z
  .object({
    id: z.string(),
    object: z.literal("chat.completion"),
    created: z.number().describe("Unix time in seconds"),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.number(),
        message: z.object({
          role: z.literal("assistant"),
          content: z.string().nullable(),
          refusal: z.string().nullable(),
          annotations: z.array(z.unknown()),
          reasoning_content: z.string().optional(),
          tool_calls: z.array(ToolCall).optional(),
        }),
        logprobs: z.null(),
        finish_reason: FinishReason,
      }),
    ),
    usage: ChatUsage,
  })
  .meta({ id: "ChatCompletion" });

const Chunk = z
  .object({
    id: z.string(),
    object: z.literal("chat.completion.chunk"),
    created: z.number(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.number(),
        delta: z.object({
          role: z.literal("assistant").optional(),
          content: z.string().nullish(),
          refusal: z.string().nullish(),
          reasoning_content: z.string().optional(),
          tool_calls: z
            .array(
              z.object({
                index: z.number(),
                id: z.string().optional(),
                type: z.literal("function").optional(),
                function: z.object({ name: z.string().optional(), arguments: z.string() }),
              }),
            )
            .optional(),
        }),
        logprobs: z.null(),
        finish_reason: FinishReason.nullable(),
      }),
    ),
    usage: ChatUsage.nullish(),
  })
  .meta({ id: "ChatCompletionChunk" });

/** A chunk, or the failure that ends the stream. */
export const ChatCompletionEvent = z.union([Chunk, OpenAiErrorReply.pick({ error: true })]);

export const ModelParams = z.object({ model: z.string() });

export const ModelEntry = z
  .object({
    id: z.string(),
    object: z.literal("model"),
    created: z.number(),
    owned_by: z.string(),
    name: z.string().describe("The agent's name"),
    description: z.string().optional(),
  })
  .meta({ id: "Model" });

export const ModelList = z.object({ object: z.literal("list"), data: z.array(ModelEntry) }).meta({ id: "ModelList" });
