import { z } from "zod";

/** A failure, as every route reports it. */
export const ErrorReply = z
  .object({
    error: z.string().describe("What went wrong, for people"),
    code: z.string().optional().describe("What went wrong, for programs"),
    issues: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe("What is wrong with the request, field by field"),
    details: z.unknown().optional(),
    requestId: z.string().optional().describe("Names the request in the server's log"),
  })
  .meta({ id: "Error" });

export const RequestContextValues = z
  .record(z.string(), z.unknown())
  .describe("Values for agents and tools; keys that say who the caller is are ignored");

export const Usage = z
  .object({
    inputTokens: z.number().optional(),
    outputTokens: z.number().optional(),
    totalTokens: z.number().optional(),
    reasoningTokens: z.number().optional(),
    cachedInputTokens: z.number().optional(),
    cacheCreationInputTokens: z.number().optional(),
    raw: z.unknown().optional(),
  })
  .meta({ id: "Usage" });

/** Ids that clients choose: short, printable. */
export const Id = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]*$/u, "must not contain control characters");

/** What a list or an object is to have beside the usual. */
export const Include = z.union([z.string(), z.array(z.string())]);
