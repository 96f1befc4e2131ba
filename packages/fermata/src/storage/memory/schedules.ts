import { FermataError } from "../../errors.ts";
import { assertId } from "../ids.ts";
import { ownerOf, type Reach } from "../reach.ts";
import {
  MAX_SCHEDULES,
  MAX_TRIGGERS,
  type NewSchedule,
  type OwnedSchedule,
  type ScheduleRecord,
  type ScheduleRef,
  type ScheduleStore,
  type ScheduleTrigger,
  type ScheduleWorkStore,
} from "../schedules.ts";

interface Row {
  schedule: OwnedSchedule;
  readonly isDeclared: boolean;
  /** Oldest first. */
  readonly triggers: ScheduleTrigger[];
}

/** Schedules held in the process. */
export interface MemorySchedules {
  for(reach: Reach): ScheduleStore;
  readonly work: ScheduleWorkStore;
}

export function memorySchedules(): MemorySchedules {
  const rows = new Map<string, Row>();
  return { for: (reach) => scoped(rows, reach), work: workOn(rows) };
}

function scoped(rows: Map<string, Row>, reach: Reach): ScheduleStore {
  const mine = ({ schedule: { tenant, resourceId } }: Row): boolean =>
    tenant === reach.tenant && (reach.resourceId === undefined || reach.resourceId === resourceId);
  const find = (id: string): Row | undefined => rows.values().find((row) => row.schedule.id === id && mine(row));
  return {
    async create(schedule, resourceId) {
      assertId(schedule.id, "schedule's id");
      const owner = ownerOf(reach, resourceId);
      const key = keyOf({ tenant: reach.tenant, resourceId: owner, id: schedule.id });
      if (rows.has(key)) throw new FermataError("CONFLICT", `There is a schedule ${schedule.id} already.`);
      const count = [...rows.values()].filter((row) => row.schedule.tenant === reach.tenant && row.schedule.resourceId === owner).length;
      if (count >= MAX_SCHEDULES) throw new FermataError("CONFLICT", `There are ${MAX_SCHEDULES} schedules already.`);
      const row = newRow(schedule, reach.tenant, owner, false);
      rows.set(key, row);
      return publicOf(row);
    },
    async get(id) {
      const row = find(id);
      return row && publicOf(row);
    },
    async list({ workflowId, agentId, status, resourceId } = {}) {
      const is = (wanted: string | undefined, value: string | undefined): boolean => wanted === undefined || wanted === value;
      const found = [...rows.values()].filter(
        (row) =>
          mine(row) &&
          is(workflowId, row.schedule.workflowId) &&
          is(agentId, row.schedule.agentId) &&
          is(status, row.schedule.status) &&
          is(resourceId, row.schedule.resourceId),
      );
      return found.map(publicOf).sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
    },
    async update(id, patch) {
      const row = find(id);
      if (!row) return undefined;
      // What is not named is not in the JSON of the patch.
      row.schedule = { ...row.schedule, ...(plain(patch) as Partial<ScheduleRecord>), updatedAt: Date.now() };
      return publicOf(row);
    },
    async remove(id) {
      const row = find(id);
      return row !== undefined && rows.delete(keyOf(row.schedule));
    },
    async triggers(id, { limit = 100, from = 0, to = Number.MAX_SAFE_INTEGER } = {}) {
      const all = find(id)?.triggers ?? [];
      const found = all.filter(({ actualFireAt }) => actualFireAt >= from && actualFireAt < to);
      return found.sort((a, b) => b.actualFireAt - a.actualFireAt || (a.runId < b.runId ? 1 : -1)).slice(0, limit);
    },
  };
}

function workOn(rows: Map<string, Row>): ScheduleWorkStore {
  function fire(row: Row, trigger: ScheduleTrigger, more: { nextFireAt?: number }): void {
    row.triggers.push(trigger);
    if (row.triggers.length > MAX_TRIGGERS) row.triggers.shift();
    row.schedule = { ...row.schedule, ...more, lastFireAt: trigger.actualFireAt, lastRunId: trigger.runId };
  }
  return {
    async upcoming({ workflowIds, agentIds }, limit) {
      const active = [...rows.values()].filter(
        ({ schedule: { status, workflowId, agentId } }) =>
          status === "active" && (agentId === undefined ? workflowIds.includes(workflowId) : agentIds.includes(agentId)),
      );
      return active
        .map(({ schedule }) => structuredClone(schedule))
        .sort((a, b) => a.nextFireAt - b.nextFireAt)
        .slice(0, limit);
    },
    async advance(ref, expected, next, trigger) {
      const row = rows.get(keyOf(ref));
      if (row?.schedule.status !== "active" || row.schedule.nextFireAt !== expected) return false;
      fire(row, trigger, { nextFireAt: next });
      return true;
    },
    async note(ref, trigger) {
      const row = rows.get(keyOf(ref));
      if (row) fire(row, trigger, {});
    },
    async declare(tenant, workflowIds, schedules) {
      const wanted = new Set(schedules.map(({ id }) => keyOf({ tenant, resourceId: "", id })));
      for (const [key, { schedule, isDeclared }] of rows)
        if (isDeclared && schedule.tenant === tenant && workflowIds.includes(schedule.workflowId) && !wanted.has(key)) rows.delete(key);
      for (const schedule of schedules) {
        const key = keyOf({ tenant, resourceId: "", id: schedule.id });
        const known = rows.get(key);
        if (!known) rows.set(key, newRow(schedule, tenant, "", true));
        else if (wordsOf(known.schedule) !== wordsOf(schedule))
          known.schedule = { ...newRow(schedule, tenant, "", true).schedule, ...keptOf(known) };
      }
    },
  };
}

function keptOf({ schedule: { status, createdAt, lastFireAt, lastRunId } }: Row): Partial<ScheduleRecord> {
  return { status, createdAt, ...(lastFireAt !== undefined && { lastFireAt }), ...(lastRunId !== undefined && { lastRunId }) };
}

/** What makes a declared schedule another one. */
function wordsOf({ cron, timezone, workflowId, target, metadata }: NewSchedule): string {
  return JSON.stringify([cron, timezone, workflowId, target, metadata]);
}

function newRow(schedule: NewSchedule, tenant: string, resourceId: string, isDeclared: boolean): Row {
  const now = Date.now();
  return {
    schedule: plain({ ...schedule, tenant, resourceId, status: "active", createdAt: now, updatedAt: now }),
    isDeclared,
    triggers: [],
  };
}

function publicOf({ schedule: { tenant: _tenant, ...record } }: Row): ScheduleRecord {
  return structuredClone(record);
}

/** As a database would give it back: data alone, nothing undefined. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T; // of the same shape, since all that is put in is data
}

function keyOf({ tenant, resourceId, id }: ScheduleRef): string {
  return `${tenant}\0${resourceId}\0${id}`;
}
