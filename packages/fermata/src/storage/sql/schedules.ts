import { FermataError } from "../../errors.ts";
import { assertId } from "../ids.ts";
import type { Metadata } from "../metadata.ts";
import { ownerOf, type Reach } from "../reach.ts";
import {
  MAX_SCHEDULES,
  MAX_TRIGGERS,
  type NewSchedule,
  type OwnedSchedule,
  type ScheduleFilter,
  type SchedulePatch,
  type ScheduleRecord,
  type ScheduleRef,
  type ScheduleStore,
  type ScheduleTrigger,
  type ScheduleWorkStore,
} from "../schedules.ts";
import { one } from "./database.ts";
import type { Query, Row, SqlDatabase, SqlValue, Work } from "./database.ts";
import { forReach, owned } from "./owner.ts";
import { json, number, optionalNumber, optionalText, text, toJson } from "./row.ts";

const COLUMNS = `tenant, id, resource_id, workflow_id, agent_id, cron, timezone, status, next_fire_at, last_fire_at, last_run_id, target, metadata,
  created_at, updated_at`;
const ROW = "tenant = $1 and resource_id = $2 and id = $3";

/** The statements that both sides use. */
function statements(db: SqlDatabase) {
  const [schedules, triggers] = [db.dialect.table("schedules"), db.dialect.table("schedule_triggers")];
  return {
    schedules,
    triggers,
    insert: `insert into ${schedules}
      (tenant, resource_id, id, workflow_id, cron, timezone, status, next_fire_at, target, metadata, declared, created_at, updated_at, agent_id)
      values ($1, $2, $3, $4, $5, $6, 'active', $7, $8, $9, $10, $11, $11, $12) on conflict (tenant, id, resource_id) do nothing returning ${COLUMNS}`,
    remove: `delete from ${schedules} where ${ROW}`,
    forget: `delete from ${triggers} where tenant = $1 and resource_id = $2 and schedule_id = $3`,
  };
}

function inserted(sql: string, schedule: NewSchedule, tenant: string, resourceId: string, isDeclared: boolean): Query {
  const { id, workflowId, agentId, cron, timezone, nextFireAt, target, metadata } = schedule;
  const what: SqlValue[] = [tenant, resourceId, id, workflowId, cron, timezone ?? null, nextFireAt, toJson(target), toJson(metadata)];
  return { text: sql, values: [...what, isDeclared ? 1 : 0, Date.now(), agentId ?? null] };
}

/** The schedules of a database, for any reach. */
export function sqlSchedules(db: SqlDatabase): (reach: Reach) => ScheduleStore {
  const { schedules, triggers, ...shared } = statements(db);
  const sql = {
    ...shared,
    count: `select count(*) as total from ${schedules} where tenant = $1 and resource_id = $2`,
    get: owned(2, `select ${COLUMNS} from ${schedules} where tenant = $1 and id = $2 {owner} order by resource_id limit 1`),
    update: `update ${schedules} set cron = $4, timezone = $5, status = $6, next_fire_at = $7, target = $8, metadata = $9, updated_at = $10 where ${ROW}`,
    triggers: `select * from ${triggers} where tenant = $1 and resource_id = $2 and schedule_id = $3 and actual_fire_at >= $4 and actual_fire_at < $5
      order by actual_fire_at desc, run_id desc limit $6`,
  };

  return (reach) => {
    function* find(id: string): Work<ScheduleRecord | undefined> {
      const [row] = (yield forReach(sql.get, reach, [reach.tenant, id])).rows;
      return row && toRecord(row);
    }

    function* create(schedule: NewSchedule, owner: string): Work<ScheduleRecord> {
      const [counted] = (yield { text: sql.count, values: [reach.tenant, owner] }).rows;
      if (counted && number(counted, "total") >= MAX_SCHEDULES)
        throw new FermataError("CONFLICT", `There are ${MAX_SCHEDULES} schedules already.`);
      const [row] = (yield inserted(sql.insert, schedule, reach.tenant, owner, false)).rows;
      if (!row) throw new FermataError("CONFLICT", `There is a schedule ${schedule.id} already.`);
      return toRecord(row);
    }

    function* list({ workflowId, agentId, status, resourceId }: ScheduleFilter): Work<ScheduleRecord[]> {
      const values: SqlValue[] = [reach.tenant];
      const is = (column: string, value: string | undefined): string =>
        value === undefined ? "" : `and ${column} = $${values.push(value)}`;
      const where = [
        is("resource_id", reach.resourceId),
        is("workflow_id", workflowId),
        is("agent_id", agentId),
        is("status", status),
        is("resource_id", resourceId),
      ].join(" ");
      const found = yield {
        text: `select ${COLUMNS} from ${schedules} where tenant = $1 ${where} order by created_at desc, id desc`,
        values,
      };
      return found.rows.map(toRecord);
    }

    function* update(id: string, patch: SchedulePatch): Work<ScheduleRecord | undefined> {
      const known = yield* find(id);
      if (!known) return undefined;
      const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
      const changed: ScheduleRecord = { ...known, ...given, updatedAt: Date.now() };
      const { resourceId, cron, timezone, status, nextFireAt, target, metadata, updatedAt } = changed;
      const what = [cron, timezone ?? null, status, nextFireAt, toJson(target), toJson(metadata), updatedAt];
      yield { text: sql.update, values: [reach.tenant, resourceId, id, ...what] };
      return changed;
    }

    function* remove(id: string): Work<boolean> {
      const known = yield* find(id);
      if (!known) return false;
      const values = [reach.tenant, known.resourceId, id];
      yield { text: sql.forget, values };
      return (yield { text: sql.remove, values }).changes > 0;
    }

    return {
      async create(schedule, resourceId) {
        assertId(schedule.id, "schedule's id");
        const owner = ownerOf(reach, resourceId);
        return await db.write(() => create(schedule, owner));
      },
      get: (id) => db.read(() => find(id)),
      list: (filter = {}) => db.read(() => list(filter)),
      update: (id, patch) => db.write(() => update(id, patch)),
      remove: (id) => db.write(() => remove(id)),
      async triggers(id, { limit = 100, from = 0, to = Number.MAX_SAFE_INTEGER } = {}) {
        return await db.read(function* (): Work<ScheduleTrigger[]> {
          const known = yield* find(id);
          if (!known) return [];
          return (yield { text: sql.triggers, values: [reach.tenant, known.resourceId, id, from, to, limit] }).rows.map(toTrigger);
        });
      },
    };
  };
}

/** The same, for those who fire them. */
export function sqlScheduleWork(db: SqlDatabase): ScheduleWorkStore {
  const { schedules, triggers, ...shared } = statements(db);
  const sql = {
    ...shared,
    advance: `update ${schedules} set next_fire_at = $5, last_fire_at = $6, last_run_id = $7 where ${ROW} and next_fire_at = $4 and status = 'active'`,
    note: `update ${schedules} set last_fire_at = $4, last_run_id = $5 where ${ROW}`,
    record: `insert into ${triggers} (tenant, resource_id, schedule_id, run_id, scheduled_fire_at, actual_fire_at, outcome, error, kind)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (tenant, schedule_id, resource_id, run_id) do nothing`,
    trim: `delete from ${triggers} where tenant = $1 and resource_id = $2 and schedule_id = $3 and actual_fire_at <=
      (select actual_fire_at from ${triggers} where tenant = $1 and resource_id = $2 and schedule_id = $3
       order by actual_fire_at desc limit 1 offset ${MAX_TRIGGERS})`,
    declared: `select ${COLUMNS} from ${schedules} where tenant = $1 and resource_id = '' and declared = 1`,
    redeclare: `update ${schedules} set workflow_id = $4, cron = $5, timezone = $6, next_fire_at = $7, target = $8, metadata = $9,
      updated_at = $10 where ${ROW}`,
  };

  function* record({ tenant, resourceId, id }: ScheduleRef, trigger: ScheduleTrigger): Work<void> {
    const { runId, scheduledFireAt, actualFireAt, outcome, error, kind } = trigger;
    yield { text: sql.record, values: [tenant, resourceId, id, runId, scheduledFireAt, actualFireAt, outcome, error ?? null, kind] };
    yield { text: sql.trim, values: [tenant, resourceId, id] };
  }

  function* advance(ref: ScheduleRef, expected: number, next: number, trigger: ScheduleTrigger): Work<boolean> {
    const values = [ref.tenant, ref.resourceId, ref.id, expected, next, trigger.actualFireAt, trigger.runId];
    if ((yield { text: sql.advance, values }).changes === 0) return false;
    yield* record(ref, trigger);
    return true;
  }

  function* note(ref: ScheduleRef, trigger: ScheduleTrigger): Work<void> {
    const values = [ref.tenant, ref.resourceId, ref.id, trigger.actualFireAt, trigger.runId];
    if ((yield { text: sql.note, values }).changes > 0) yield* record(ref, trigger);
  }

  function* declare(tenant: string, workflowIds: readonly string[], wanted: readonly NewSchedule[]): Work<void> {
    const known = new Map((yield { text: sql.declared, values: [tenant] }).rows.map((row) => [text(row, "id"), toOwned(row)]));
    for (const schedule of wanted) {
      const { id, workflowId, cron, timezone, nextFireAt, target, metadata } = schedule;
      const before = known.get(id);
      known.delete(id);
      if (!before) yield inserted(sql.insert, schedule, tenant, "", true);
      else if (wordsOf(before) !== wordsOf(schedule)) {
        const what = [workflowId, cron, timezone ?? null, nextFireAt, toJson(target), toJson(metadata), Date.now()];
        yield { text: sql.redeclare, values: [tenant, "", id, ...what] };
      }
    }
    for (const { id, workflowId } of known.values()) {
      if (!workflowIds.includes(workflowId)) continue; // of an app that shares the store
      yield { text: sql.forget, values: [tenant, "", id] };
      yield { text: sql.remove, values: [tenant, "", id] };
    }
  }

  return {
    async upcoming({ workflowIds, agentIds }, limit) {
      if (workflowIds.length + agentIds.length === 0) return [];
      const values: SqlValue[] = [limit];
      const list = (ids: readonly string[]): string => (ids.length === 0 ? "null" : ids.map((id) => `$${values.push(id)}`).join(", "));
      const known = `((agent_id is null and workflow_id in (${list(workflowIds)})) or agent_id in (${list(agentIds)}))`;
      const query = `select ${COLUMNS} from ${schedules} where status = 'active' and ${known} order by next_fire_at limit $1`;
      return (await db.read(() => one({ text: query, values }))).rows.map(toOwned);
    },
    advance: (ref, expected, next, trigger) => db.write(() => advance(ref, expected, next, trigger)),
    note: (ref, trigger) => db.write(() => note(ref, trigger)),
    declare: (tenant, workflowIds, wanted) => db.write(() => declare(tenant, workflowIds, wanted)),
  };
}

/** What makes a declared schedule another one. */
function wordsOf({ workflowId, cron, timezone, target, metadata }: NewSchedule): string {
  return JSON.stringify([workflowId, cron, timezone, toJson(target), toJson(metadata)]);
}

function toRecord(row: Row): ScheduleRecord {
  const { tenant: _tenant, ...record } = toOwned(row);
  return record;
}

function toOwned(row: Row): OwnedSchedule {
  const [timezone, lastRunId] = [optionalText(row, "timezone"), optionalText(row, "last_run_id")];
  const lastFireAt = optionalNumber(row, "last_fire_at");
  const agentId = optionalText(row, "agent_id");
  const metadata = json(row, "metadata") as Metadata | undefined; // written here
  return {
    tenant: text(row, "tenant"),
    id: text(row, "id"),
    resourceId: text(row, "resource_id"),
    workflowId: text(row, "workflow_id"),
    ...(agentId !== undefined && { agentId }),
    cron: text(row, "cron"),
    ...(timezone !== undefined && { timezone }),
    status: text(row, "status") === "paused" ? "paused" : "active",
    nextFireAt: number(row, "next_fire_at"),
    ...(lastFireAt !== undefined && { lastFireAt }),
    ...(lastRunId !== undefined && { lastRunId }),
    target: json(row, "target") ?? {},
    ...(metadata && { metadata }),
    createdAt: number(row, "created_at"),
    updatedAt: number(row, "updated_at"),
  };
}

function toTrigger(row: Row): ScheduleTrigger {
  const error = optionalText(row, "error");
  return {
    runId: text(row, "run_id"),
    scheduledFireAt: number(row, "scheduled_fire_at"),
    actualFireAt: number(row, "actual_fire_at"),
    outcome: text(row, "outcome") === "failed" ? "failed" : "published",
    ...(error !== undefined && { error }),
    kind: text(row, "kind") === "manual" ? "manual" : "schedule-fire",
  };
}
