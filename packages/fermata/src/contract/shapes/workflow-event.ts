/** The events of a workflow's stream, one shape per type. */
import { z } from "zod";
import { Usage } from "./common.ts";

function event<const T extends string, P extends z.ZodType>(type: T, payload: P, from: "WORKFLOW" | "USER" = "WORKFLOW") {
  return z.object({ type: z.literal(type), runId: z.string(), from: z.literal(from), payload });
}

const Failure = z.object({ name: z.string(), message: z.string(), code: z.string().optional(), details: z.unknown().optional() });
const named = { stepName: z.string(), id: z.string().describe("With the ids of the workflows around the step: outer.inner") };
const called = {
  ...named,
  stepCallId: z.string().optional(),
  payload: z.unknown().optional(),
  startedAt: z.number().optional().describe("Epoch milliseconds"),
  resumePayload: z.unknown().optional(),
  resumedAt: z.number().optional(),
};

export const WorkflowStreamEvent = z
  .union([
    event("workflow-start", z.object({ workflowId: z.string() })),
    event("workflow-step-start", z.object({ ...called, status: z.literal("running") })),
    event(
      "workflow-step-result",
      z.object({
        ...called,
        status: z.enum(["success", "failed"]),
        output: z.unknown().optional(),
        error: Failure.optional(),
        endedAt: z.number(),
      }),
    ),
    event(
      "workflow-step-suspended",
      z.object({ ...called, status: z.literal("suspended"), suspendPayload: z.unknown().optional(), suspendedAt: z.number() }),
    ),
    event(
      "workflow-step-waiting",
      z.object({ ...named, payload: z.unknown().optional(), startedAt: z.number(), status: z.literal("waiting") }),
    ),
    event(
      "workflow-step-progress",
      z.object({
        ...named,
        completedCount: z.number(),
        totalCount: z.number(),
        currentIndex: z.number(),
        iterationStatus: z.enum(["success", "failed", "suspended"]),
        iterationOutput: z.unknown().optional(),
      }),
    ),
    event("workflow-step-output", z.object({ stepName: z.string(), output: z.unknown(), runId: z.string() }), "USER"),
    event("workflow-canceled", z.object({})),
    event("workflow-paused", z.object({})),
    event(
      "workflow-finish",
      z.object({
        workflowStatus: z.string(),
        metadata: z.object({ error: Failure.optional(), errorMessage: z.string().optional() }),
        output: z.object({ usage: Usage }),
        finalWorkflowResult: z.unknown().optional(),
      }),
    ),
    z.object({
      type: z.templateLiteral(["data-", z.string()]),
      data: z.unknown(),
      id: z.string().optional(),
      transient: z.boolean().optional(),
    }),
  ])
  .meta({ id: "WorkflowStreamEvent" });

/** The events of the older streams: the same without envelope and without "workflow-". */
export const LegacyWorkflowStreamEvent = z
  .looseObject({ type: z.string(), payload: z.unknown().optional() })
  .meta({ id: "LegacyWorkflowStreamEvent" });
