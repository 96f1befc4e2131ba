/** Schedules: workflows that run by themselves. Times are epoch milliseconds. */
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

const Record = {
  id: z.string(),
  workflowId: z.string(),
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
  workflowId: z.string().describe("Schedules of agents are not there yet"),
  cron: Cron,
  timezone: Timezone.optional(),
  inputData: z.unknown().optional(),
  initialState: z.unknown().optional(),
  requestContext: RequestContextValues.optional(),
  resourceId: Id.optional().describe("Whose the runs are"),
  metadata: Values.optional(),
});

export const SchedulePatchBody = z.object({
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
