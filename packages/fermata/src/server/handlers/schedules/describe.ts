import type { z } from "zod";
import type { ScheduleReply, TriggerList } from "../../../contract/shapes/schedule.ts";
import { AGENT_KIND } from "../../../agents/keeping/kept-turn.ts";
import { FermataError } from "../../../errors.ts";
import type { RunRecord } from "../../../storage/runs.ts";
import type { ScheduleRecord, ScheduleTrigger } from "../../../storage/schedules.ts";
import { statusOf } from "../../../workflows/run-view.ts";
import type { Call } from "../../call.ts";
import { describeRunItem } from "../runs/describe.ts";
import { runsOf } from "../runs/find-run.ts";

type Reply = z.input<typeof ScheduleReply>;
type Trigger = z.input<typeof TriggerList>["triggers"][number];

/** A schedule as clients see it. Of the request context they see what a client sent. */
export async function describeSchedule(schedule: ScheduleRecord, call: Call): Promise<Reply> {
  const { target, resourceId, workflowId, ...record } = schedule;
  const { inputData, initialState, requestContext, attributes, providerOptions, ...turn } = target;
  const lastRun = await runOf(schedule.lastRunId, call);
  return {
    ...record,
    ...(workflowId !== "" && { workflowId }),
    ...turn,
    ...(attributes && { attributes: { ...attributes } }),
    ...(providerOptions && { providerOptions: { ...providerOptions } }),
    ...(lastRun && { lastRun }),
    ...(inputData !== undefined && { inputData }),
    ...(initialState !== undefined && { initialState }),
    requestContext: { ...requestContext?.client },
    ...(resourceId !== "" && { resourceId }),
    ...(record.metadata && { metadata: { ...record.metadata } }),
  };
}

export async function describeTrigger(scheduleId: string, trigger: ScheduleTrigger, call: Call): Promise<Trigger> {
  const { runId, scheduledFireAt, actualFireAt, outcome, error, kind } = trigger;
  const run = outcome === "published" ? await runOf(runId, call) : undefined;
  return {
    id: runId,
    scheduleId,
    runId,
    scheduledFireAt,
    actualFireAt,
    outcome,
    ...(error !== undefined && { error }),
    triggerKind: kind,
    ...(run && { run }),
  };
}

async function runOf(runId: string | undefined, call: Call): Promise<Reply["lastRun"]> {
  const run = runId === undefined ? undefined : await runsOf(call).get(runId);
  return run && summaryOf(run, call);
}

function summaryOf(run: RunRecord, call: Call): NonNullable<Reply["lastRun"]> {
  const { createdAt, finishedAt } = run;
  const { error } = describeRunItem(run, call);
  return {
    status: run.kind === AGENT_KIND ? TURN_STATUS[run.status] : statusOf(run),
    startedAt: createdAt,
    ...(finishedAt !== undefined && { completedAt: finishedAt, durationMs: finishedAt - createdAt }),
    ...(error && { error: error.message }),
  };
}

/** The states of an agent's turn in the words of a workflow's, as schedules show both. */
const TURN_STATUS = {
  ready: "running",
  running: "running",
  suspended: "suspended",
  done: "success",
  failed: "failed",
  cancelled: "canceled",
} as const satisfies Record<RunRecord["status"], string>;

export function scheduleNotFound(): FermataError {
  return new FermataError("NOT_FOUND", "Schedule not found");
}
