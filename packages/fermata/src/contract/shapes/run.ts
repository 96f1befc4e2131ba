/** Runs of every kind: turns of agents, workflows. */
import { z } from "zod";
import { Id, RequestContextValues, Usage } from "./common.ts";

export const RunStatus = z
  .enum(["ready", "running", "suspended", "done", "failed", "cancelled"])
  .describe("`ready` waits for a process, `suspended` for an answer; the last three are final");

const Record = {
  runId: z.string(),
  kind: z.string().describe("`agent` or `workflow`"),
  name: z.string().describe("The id of the agent or the workflow"),
  status: RunStatus,
  resourceId: z.string().nullable(),
  threadId: z.string().optional(),
  parentRunId: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
  finishedAt: z.string().optional(),
  error: z.object({ name: z.string(), message: z.string(), code: z.string().optional() }).optional(),
};

const RunItem = z.object(Record).meta({ id: "RunItem" });

export const RunReply = z
  .object({
    ...Record,
    finishReason: z.string().optional(),
    usage: Usage.optional(),
    text: z.string().optional().describe("What an agent has said, once it has ended"),
    object: z.unknown().optional(),
    result: z.unknown().optional().describe("What a workflow gave"),
    lastEventId: z.number().describe("The number of the newest event"),
  })
  .meta({ id: "Run" });

export const RunList = z.object({ runs: z.array(RunItem), total: z.number(), page: z.number(), perPage: z.number(), hasMore: z.boolean() });

export const RunListQuery = z.object({
  kind: z.string().optional(),
  name: z.string().optional(),
  status: RunStatus.optional(),
  resourceId: z.string().optional(),
  threadId: z.string().optional(),
  fromDate: z.coerce.date().optional(),
  toDate: z.coerce.date().optional(),
  page: z.coerce.number().int().min(0).max(1_000_000).optional(),
  perPage: z.coerce.number().int().min(1).max(1000).optional(),
  requestContext: z.string().optional(),
});

export const RunParams = z.object({ runId: Id });
export const RunQuery = z.object({ requestContext: z.string().optional() });

export const RunStreamQuery = z.object({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe("The number of the last event that is known; the header Last-Event-ID says the same"),
  requestContext: z.string().optional(),
});

/** A chunk of an agent's turn or of a workflow. */
export const RunEvent = z.looseObject({ type: z.string() }).meta({ id: "RunEvent" });

export const RunAnswerBody = z
  .object({
    approve: z.boolean().optional().describe("For a tool call that waits for approval"),
    reason: z.string().optional().describe("Why it is not approved"),
    resumeData: z.unknown().optional().describe("For a tool or a step that asked for something"),
    toolCallId: z.string().optional(),
    step: z.union([z.string(), z.array(z.string())]).optional(),
    label: z.string().optional(),
    forEachIndex: z.number().int().min(0).optional(),
    requestContext: RequestContextValues.optional(),
  })
  .meta({ id: "RunAnswer" });

export const RunMessage = z.object({ runId: z.string(), message: z.string() });

export const RecoverBody = z.object({ runId: Id, requestContext: RequestContextValues.optional(), versions: z.unknown().optional() });

export const ObserveBody = z
  .object({
    runId: Id,
    offset: z.number().int().min(0).optional().describe("The number of the last event that is known"),
    requestContext: RequestContextValues.optional(),
  })
  .meta({ id: "AgentObservation" });
