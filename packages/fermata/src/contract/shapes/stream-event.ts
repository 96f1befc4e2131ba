/** The events of an agent's stream, one shape per type. */
import { z } from "zod";
import { Usage } from "./common.ts";

const provider = { providerMetadata: z.unknown().optional() };

function event<const T extends string, P extends z.ZodType>(type: T, payload: P) {
  return z.object({ type: z.literal(type), runId: z.string(), from: z.enum(["AGENT", "USER", "SYSTEM"]), payload });
}

const call = { toolCallId: z.string(), toolName: z.string(), args: z.unknown() };

const Failure = z.object({
  name: z.string(),
  message: z.string().optional(),
  code: z.string().optional(),
  id: z.string().optional(),
  details: z.unknown().optional(),
});

const Finish = z
  .object({
    messageId: z.string(),
    stepResult: z.object({
      reason: z.string(),
      isContinued: z.boolean(),
      messageId: z.string().optional(),
      rawReason: z.string().optional(),
      warnings: z.array(z.unknown()).optional(),
    }),
    metadata: z.looseObject({ id: z.string(), timestamp: z.string(), modelId: z.string() }),
    output: z.looseObject({ text: z.string(), toolCalls: z.array(z.object(call)), usage: Usage, steps: z.array(z.unknown()) }),
    messages: z.object({ all: z.array(z.unknown()), user: z.array(z.unknown()), nonUser: z.array(z.unknown()) }),
    processorRetryCount: z.number(),
    response: z.unknown().optional(),
  })
  .meta({ id: "FinishPayload" });

export const AgentStreamEvent = z
  .union([
    event("start", z.object({ id: z.string(), messageId: z.string() })),
    event(
      "step-start",
      z.object({
        messageId: z.string(),
        startedAt: z.number(),
        warnings: z.array(z.unknown()),
        request: z.record(z.string(), z.unknown()),
      }),
    ),
    event("text-start", z.object({ id: z.string(), ...provider })),
    event("text-delta", z.object({ id: z.string(), text: z.string(), ...provider })),
    event("text-end", z.object({ id: z.string(), type: z.literal("text-end"), ...provider })),
    event("reasoning-start", z.object({ id: z.string(), ...provider })),
    event("reasoning-delta", z.object({ id: z.string(), text: z.string(), ...provider })),
    event("reasoning-end", z.object({ id: z.string(), ...provider })),
    event(
      "source",
      z.object({
        id: z.string(),
        sourceType: z.string(),
        title: z.string().optional(),
        url: z.string().optional(),
        mimeType: z.string().optional(),
        filename: z.string().optional(),
        ...provider,
      }),
    ),
    event("file", z.object({ data: z.string(), base64: z.string(), mimeType: z.string(), ...provider })),
    event(
      "tool-call-input-streaming-start",
      z.object({ toolCallId: z.string(), toolName: z.string(), providerExecuted: z.boolean().optional(), dynamic: z.boolean().optional() }),
    ),
    event("tool-call-delta", z.object({ toolCallId: z.string(), toolName: z.string(), argsTextDelta: z.string() })),
    event("tool-call-input-streaming-end", z.object({ toolCallId: z.string() })),
    event("tool-call", z.object({ ...call, providerExecuted: z.boolean().optional(), dynamic: z.boolean().optional(), ...provider })),
    event(
      "tool-result",
      z.object({ ...call, result: z.unknown(), isError: z.boolean().optional(), providerExecuted: z.boolean().optional(), ...provider }),
    ),
    event("tool-error", z.object({ ...call, error: Failure })),
    event("tool-output", z.object({ output: z.unknown(), toolCallId: z.string(), toolName: z.string() })),
    event("tool-call-approval", z.object({ ...call, resumeSchema: z.string() })),
    event("tool-call-suspended", z.object({ ...call, resumeSchema: z.string(), suspendPayload: z.unknown() })),
    event(
      "tool-output-denied",
      z.object({ ...call, approval: z.object({ id: z.string(), approved: z.literal(false), reason: z.string().optional() }) }),
    ),
    z.object({ type: z.enum(["object", "object-result"]), runId: z.string(), from: z.literal("AGENT"), object: z.unknown() }),
    event("error", z.object({ type: z.literal("error"), error: Failure })),
    event("abort", z.object({ reason: z.string().optional() })),
    event("tripwire", z.object({ reason: z.string(), retry: z.boolean().optional(), processorId: z.string().optional() })),
    event("step-finish", Finish),
    event("finish", Finish),
    z.object({
      type: z.templateLiteral(["data-", z.string()]),
      data: z.unknown(),
      id: z.string().optional(),
      transient: z.boolean().optional(),
      runId: z.string().optional(),
    }),
  ])
  .meta({ id: "AgentStreamEvent" });
