/** Schedules that stand in a workflow's own configuration. */
import { RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import type { NewSchedule } from "../storage/schedules.ts";
import { firstFire } from "./cron.ts";

/** When a workflow runs by itself, and with what. */
export interface WorkflowSchedule<In = unknown> {
  /** Needed where there are several. */
  readonly id?: string;
  /** Five to seven fields: `0 9 * * 1-5` is at nine on weekdays. */
  readonly cron: string;
  /** An IANA name, for example `Europe/Berlin`. Default UTC. */
  readonly timezone?: string;
  readonly inputData?: In;
  readonly initialState?: unknown;
  readonly requestContext?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Ids of schedules that workflows declare begin like this; nobody else's do. */
export const DECLARED_PREFIX = "wf_";

/** @throws FermataError `MISCONFIGURED` */
export function checkSchedules(workflowId: string, given: WorkflowSchedule | readonly WorkflowSchedule[]): readonly WorkflowSchedule[] {
  const schedules = isList(given) ? given : [given];
  for (const { cron, timezone } of schedules) firstFire(cron, timezone, "MISCONFIGURED");
  const names = new Set(schedules.map(({ id }) => id));
  if (schedules.length > 1 && (names.size < schedules.length || names.has(undefined)))
    throw new FermataError("MISCONFIGURED", `Workflow "${workflowId}" has several schedules: each needs an id of its own.`);
  return schedules;
}

function isList(given: WorkflowSchedule | readonly WorkflowSchedule[]): given is readonly WorkflowSchedule[] {
  return Array.isArray(given);
}

/** The schedules of a workflow as the store keeps them. */
export function declaredSchedules(workflowId: string, schedules: readonly WorkflowSchedule[]): NewSchedule[] {
  return schedules.map(({ id, cron, timezone, inputData, initialState, requestContext, metadata }) => ({
    id: `${DECLARED_PREFIX}${workflowId}${id === undefined ? "" : `__${id}`}`,
    workflowId,
    cron,
    ...(timezone !== undefined && { timezone }),
    nextFireAt: firstFire(cron, timezone, "MISCONFIGURED"),
    target: {
      ...(inputData !== undefined && { inputData }),
      ...(initialState !== undefined && { initialState }),
      ...(requestContext && { requestContext: new RequestContext(Object.entries(requestContext)).toSaved() }),
    },
    ...(metadata && { metadata }),
  }));
}
