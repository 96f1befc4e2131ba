/** What the routes for OpenAI clients share. */
import { z } from "zod";
import { RequestContextValues } from "./common.ts";

/** A failure on the routes for OpenAI clients: their own form, with this server's code and request id beside it. */
export const OpenAiErrorReply = z
  .object({
    error: z.object({
      message: z.string().describe("What went wrong, for people"),
      type: z.string().describe("What kind of failure it is, in OpenAI's words"),
      code: z.string().nullable().describe("What went wrong, in OpenAI's words"),
      param: z.string().nullable().describe("The parameter at fault"),
    }),
    code: z.string().optional().describe("What went wrong, in this server's words"),
    issues: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    requestId: z.string().optional().describe("Names the request in the server's log"),
  })
  .meta({ id: "OpenAiError" });

/** OpenAI's clients send `null` for what is not set. */
const Sampling = {
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
};

/** What chat completions and responses take alike. */
export const sharedParameters = {
  ...Sampling,
  model: z.string().optional().describe("The id of an agent"),
  tools: z
    .array(z.looseObject({ type: z.string() }))
    .max(1000)
    .nullish()
    .describe("Functions that the caller runs, beside the agent's own tools"),
  tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  user: z.string().max(1024).nullish(),
  safety_identifier: z.string().max(1024).nullish(),
  prompt_cache_key: z.string().max(1024).nullish(),
  prompt_cache_retention: z.string().max(64).nullish(),
  service_tier: z.string().nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  requestContext: RequestContextValues.optional(),
};
