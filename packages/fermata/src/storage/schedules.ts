import type { SavedContext } from "../context/request-context.ts";
import type { Metadata } from "./metadata.ts";

export type ScheduleStatus = "active" | "paused";

/** What every run of a schedule begins with: `inputData` and `initialState` of a workflow, the rest of an agent. */
export interface ScheduleTarget {
  /** What the agent is told. */
  readonly prompt?: string;
  readonly name?: string;
  /** The thread that its turns belong to. */
  readonly threadId?: string;
  /** What kind of signal the prompt is; absent for a message of the user. */
  readonly signalType?: string;
  readonly tagName?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean | null>>;
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly inputData?: unknown;
  readonly initialState?: unknown;
  /** Whom its runs act for, and the values that travel with them. */
  readonly requestContext?: SavedContext;
}

/** When a workflow or an agent is to run. All times are epoch milliseconds. */
export interface ScheduleRecord {
  readonly id: string;
  /** The resource that it and its runs belong to; `""` for none. */
  readonly resourceId: string;
  /** The workflow's key or id, as it was named; `""` where an agent is to run. */
  readonly workflowId: string;
  /** The agent's. */
  readonly agentId?: string;
  readonly cron: string;
  /** An IANA name. Absent: UTC. */
  readonly timezone?: string;
  readonly status: ScheduleStatus;
  readonly nextFireAt: number;
  readonly lastFireAt?: number;
  readonly lastRunId?: string;
  readonly target: ScheduleTarget;
  readonly metadata?: Metadata;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type NewSchedule = Pick<
  ScheduleRecord,
  "id" | "workflowId" | "agentId" | "cron" | "timezone" | "nextFireAt" | "target" | "metadata"
>;

export interface SchedulePatch {
  readonly cron?: string | undefined;
  readonly timezone?: string | undefined;
  readonly status?: ScheduleStatus | undefined;
  readonly nextFireAt?: number | undefined;
  readonly target?: ScheduleTarget | undefined;
  readonly metadata?: Metadata | undefined;
}

export interface ScheduleFilter {
  readonly agentId?: string | undefined;
  readonly workflowId?: string | undefined;
  readonly status?: ScheduleStatus | undefined;
  readonly resourceId?: string | undefined;
}

/** One time that a schedule fired. */
export interface ScheduleTrigger {
  readonly runId: string;
  /** When it was due, and when it happened. */
  readonly scheduledFireAt: number;
  readonly actualFireAt: number;
  /** `failed`: no run could be begun. */
  readonly outcome: "published" | "failed";
  readonly error?: string;
  readonly kind: "schedule-fire" | "manual";
}

export interface TriggerQuery {
  /** Default 100. */
  readonly limit?: number | undefined;
  /** Bounds of `actualFireAt`: the first included, the second not. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Triggers that a schedule remembers; the oldest are forgotten. */
export const MAX_TRIGGERS = 1_000;
/** Schedules that one resource can have. */
export const MAX_SCHEDULES = 1_000;

/** The schedules within somebody's reach. */
export interface ScheduleStore {
  /** @throws FermataError `CONFLICT` when the id is taken, or the resource has `MAX_SCHEDULES`; `FORBIDDEN` for a foreign resource */
  create(schedule: NewSchedule, resourceId?: string): Promise<ScheduleRecord>;
  get(id: string): Promise<ScheduleRecord | undefined>;
  /** Newest first. */
  list(filter?: ScheduleFilter): Promise<readonly ScheduleRecord[]>;
  /** Resolves to `undefined` when there is none. */
  update(id: string, patch: SchedulePatch): Promise<ScheduleRecord | undefined>;
  /** Forgets it with its history. Resolves to whether there was one. */
  remove(id: string): Promise<boolean>;
  /** Newest first. Empty when there is no such schedule. */
  triggers(id: string, query?: TriggerQuery): Promise<readonly ScheduleTrigger[]>;
}

/** A schedule with whose it is. */
export interface OwnedSchedule extends ScheduleRecord {
  readonly tenant: string;
}

export type ScheduleRef = Pick<OwnedSchedule, "tenant" | "resourceId" | "id">;

/** The schedules of everybody, for those who fire them. */
export interface ScheduleWorkStore {
  /** The active schedules of these workflows and agents, the next one first. */
  upcoming(
    known: { readonly workflowIds: readonly string[]; readonly agentIds: readonly string[] },
    limit: number,
  ): Promise<readonly OwnedSchedule[]>;
  /**
   * Moves a schedule on from `expected`, the time that it was due, to `next`, and notes the trigger. Of all who ask for the same time
   * one gets true; for the others, and when the schedule is paused, changed or gone, nothing happens.
   */
  advance(ref: ScheduleRef, expected: number, next: number, trigger: ScheduleTrigger): Promise<boolean>;
  /** Notes a trigger that came by hand. */
  note(ref: ScheduleRef, trigger: ScheduleTrigger): Promise<void>;
  /**
   * Makes the tenant's declared schedules of these workflows what is given: adds, changes, and removes what is declared no more.
   * One that is paused stays so; one that has not changed keeps its next time.
   */
  declare(tenant: string, workflowIds: readonly string[], schedules: readonly NewSchedule[]): Promise<void>;
}
