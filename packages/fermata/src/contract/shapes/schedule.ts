/** Schedules: workflows and agents that run by themselves. Times are epoch milliseconds. */
import { z } from "zod";
import { Id, RequestContextValues } from "./common.ts";

const Status = z.enum(["active", "paused"]);
const Cron = z.string().min(1).max(256).describe("Five to seven fields; six begin with seconds, seven end with a year");
const Timezone = z.string().min(1).max(64).describe("An IANA name, for example `Europe/Berlin`. Default UTC");
const Values = z.record(z.string(), z.unknown());
const Count = z.coerce.number().int().min(0).max(8_640_000_000_000_000);

const Run = z
  .object({
    status: z.string(),
    startedAt: z.number().optional(),
    completedAt: z.number().optional(),
    durationMs: z.number().optional(),
    error: z.string().optional(),
  })
  .meta({ id: "ScheduledRun" });

const Attributes = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** What a schedule of an agent says. */
const Turn = {
  prompt: z.string().max(1_000_000).describe("What the agent is told"),
  name: z.string().max(256).optional(),
  threadId: Id.optional().describe("The thread that its turns belong to. Without one each stands for itself"),
  signalType: z.string().min(1).max(64).optional().describe("The prompt is a signal of this type. Default: a message of the user"),
  tagName: z
    .string()
    .regex(/^[A-Za-z][\w.-]{0,63}$/)
    .optional(),
  attributes: Attributes.optional(),
  ifActive: z
    .object({ behavior: z.literal("deliver").optional() })
    .optional()
    .describe("A turn of its own, after the one under way"),
  ifIdle: z.object({ behavior: z.literal("wake").optional() }).optional(),
  providerOptions: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
};

const Record = {
  id: z.string(),
  workflowId: z.string().optional(),
  agentId: z.string().optional(),
  prompt: z.string().optional(),
  name: z.string().optional(),
  threadId: z.string().optional(),
  signalType: z.string().optional(),
  tagName: z.string().optional(),
  attributes: Attributes.optional(),
  providerOptions: Values.optional(),
  cron: z.string(),
  timezone: z.string().optional(),
  status: Status,
  nextFireAt: z.number().describe("Far in the future when no time is left"),
  lastFireAt: z.number().optional(),
  lastRunId: z.string().optional(),
  inputData: z.unknown().optional(),
  initialState: z.unknown().optional(),
  requestContext: Values,
  resourceId: z.string().optional(),
  metadata: Values.optional(),
  createdAt: z.number(),
  updatedAt: z.number(),
};

export const ScheduleReply = z.object({ ...Record, lastRun: Run.optional() }).meta({ id: "Schedule" });

export const ScheduleList = z.object({ schedules: z.array(ScheduleReply) });

export const ScheduleListQuery = z.object({
  agentId: z.string().optional(),
  workflowId: z.string().optional(),
  status: Status.optional(),
  threadId: z.string().optional(),
  resourceId: z.string().optional(),
  name: z.string().optional(),
});

export const ScheduleParams = z.object({ scheduleId: Id });

export const NewScheduleBody = z.object({
  id: Id.max(128).optional(),
  workflowId: z.string().optional().describe("What runs: this workflow, or the agent `agentId`"),
  agentId: z.string().optional(),
  ...Turn,
  prompt: Turn.prompt.optional().describe("What the agent is told. Needed with `agentId`"),
  cron: Cron,
  timezone: Timezone.optional(),
  inputData: z.unknown().optional(),
  initialState: z.unknown().optional(),
  requestContext: RequestContextValues.optional(),
  resourceId: Id.optional().describe("Whose the runs are"),
  metadata: Values.optional(),
});

export const SchedulePatchBody = z.object({
  ...Turn,
  prompt: Turn.prompt.optional(),
  cron: Cron.optional(),
  timezone: Timezone.optional(),
  status: Status.optional(),
  inputData: z.unknown().optional(),
  initialState: z.unknown().optional(),
  requestContext: RequestContextValues.optional(),
  resourceId: Id.optional().describe("Must be the one that it has"),
  metadata: Values.optional(),
});

export const ScheduleMessage = z.object({ message: z.string() });

export const ScheduleRun = z.object({
  scheduleId: z.string(),
  claimId: z.string().describe("The run's id"),
  scheduledFireAt: z.number(),
});

export const TriggerQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  fromActualFireAt: Count.optional().describe("Included"),
  toActualFireAt: Count.optional().describe("Not included"),
});

export const TriggerList = z.object({
  triggers: z.array(
    z.object({
      id: z.string(),
      scheduleId: z.string(),
      runId: z.string(),
      scheduledFireAt: z.number(),
      actualFireAt: z.number(),
      outcome: z.enum(["published", "failed"]).describe("`failed`: no run could be begun"),
      error: z.string().optional(),
      triggerKind: z.enum(["schedule-fire", "manual"]),
      run: Run.optional(),
    }),
  ),
});
