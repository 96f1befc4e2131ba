import { FermataError } from "../../errors.ts";
import { assertId } from "../ids.ts";
import { metadataText, type Metadata } from "../metadata.ts";
import { newRunRecord } from "../new-run.ts";
import { toPage, toWindow } from "../page.ts";
import type { Page } from "../page.ts";
import { ownerOf } from "../reach.ts";
import type { Reach } from "../reach.ts";
import type { ClaimedRun, JournalEdit, Lease, NewRun, RunEnd, RunQuery, RunRecord, RunStore } from "../runs.ts";
import { one } from "./database.ts";
import type { SqlDatabase, SqlValue, Work } from "./database.ts";
import { forReach, owned } from "./owner.ts";
import { json, number, text, toJson } from "./row.ts";
import { eventValues, RUN_COLUMNS, toClaimed, toEvent, toLease, toRun } from "./run-rows.ts";

const DEFAULT_PER_PAGE = 100;
const DEFAULT_EVENTS = 1_000;

const NEW_COLUMNS =
  "tenant, id, resource_id, kind, name, thread_id, parent_run_id, input, metadata, graph_hash, wake_at, status, owner, epoch, created_at, updated_at";
const NEW_VALUES = "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16";

/** The runs of a database, for any reach. */
export function sqlRuns(db: SqlDatabase): (reach: Reach) => RunStore {
  const { table, forUpdate } = db.dialect;
  const [runs, journal, events] = [table("runs"), table("run_journal"), table("run_events")];
  const key = `(select run_key from ${runs} where tenant = $1 and id = $2 {owner} order by run_key limit 1)`;
  const sql = {
    insert: `insert into ${runs} (${NEW_COLUMNS}) values (${NEW_VALUES}) on conflict (tenant, id, resource_id) do nothing returning run_key`,
    // For whoever reaches all resources: an id is to mean one run.
    insertAlone: `insert into ${runs} (${NEW_COLUMNS}) select ${NEW_VALUES}
      where not exists (select 1 from ${runs} where tenant = $1 and id = $2 and resource_id <> $3)
      on conflict (tenant, id, resource_id) do nothing returning run_key`,
    record: `insert into ${runs} (tenant, id, resource_id, kind, name, thread_id, parent_run_id, input, metadata, graph_hash, wake_at, status, output, error, created_at, updated_at, finished_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $11, $11, $15) on conflict (tenant, id, resource_id) do nothing returning run_key`,
    event: `insert into ${events} (run_key, seq, type, data, at) values ($1, $2, $3, $4, $5)`,
    other: `select 1 as found from ${runs} where tenant = $1 and id = $2 and resource_id <> $3 limit 1`,
    get: owned(2, `select ${RUN_COLUMNS} from ${runs} where run_key = ${key}`),
    events: owned(4, `select seq, type, data, at from ${events} where run_key = ${key} and seq > $3 order by seq limit $4`),
    lock: owned(
      2,
      `select run_key, status from ${runs} where run_key = ${key} and status in ('ready', 'running', 'suspended') ${forUpdate}`,
    ),
    answer: `insert into ${journal} (run_key, key, value) values ($1, $2, $3) on conflict (run_key, key) do nothing`,
    wake: `update ${runs} set signals = signals + 1, wake_at = case when status = 'running' then wake_at else $2 end,
      status = case when status = 'suspended' then 'ready' else status end, updated_at = $2 where run_key = $1`,
    cancel: owned(
      3,
      `update ${runs} set cancel_requested = 1, wake_at = case when status = 'running' then wake_at else $3 end,
      status = case when status = 'suspended' then 'ready' else status end, updated_at = $3
      where run_key = ${key} and status in ('ready', 'running', 'suspended')`,
    ),
    take: owned(
      4,
      `update ${runs} set status = 'running', owner = $3, epoch = epoch + 1, updated_at = $4
      where run_key = ${key} and status = 'suspended' returning ${RUN_COLUMNS}`,
    ),
    last: `select run_key, max(seq) as seq from ${events} where run_key = $1 group by run_key`,
    lockAny: owned(2, `select run_key, status from ${runs} where run_key = ${key} ${forUpdate}`),
    journal: `select run_key, key, value from ${journal} where run_key = $1`,
    forget: `delete from ${journal} where run_key = $1 and key = $2`,
    put: `insert into ${journal} (run_key, key, value) values ($1, $2, $3) on conflict (run_key, key) do update set value = excluded.value`,
    reopen: `update ${runs} set status = 'ready', output = null, error = null, finished_at = null, cancel_requested = 0, lost = 0,
      wake_at = $2, updated_at = $2 where run_key = $1`,
  };

  function* create(reach: Reach, run: NewRun, owner: string): Work<{ run: RunRecord; created: boolean; lease?: Lease }> {
    const now = Date.now();
    const values = insertValues(reach.tenant, owner, run, now);
    const { rows } = yield { text: reach.resourceId === undefined ? sql.insertAlone : sql.insert, values };
    if (rows[0]) return written(number(rows[0], "run_key"), reach.tenant, owner, run, values, now);
    if (reach.resourceId === undefined) {
      const other = yield { text: sql.other, values: [reach.tenant, run.id, owner] };
      if (other.rows.length > 0) throw new FermataError("CONFLICT", `Run ${run.id} belongs to a different resource.`);
    }
    const [found] = (yield { text: sql.get.own, values: [reach.tenant, run.id, owner] }).rows;
    if (!found) throw new FermataError("CONFLICT", `Run ${run.id} was deleted while it was created.`);
    // The answer to the first attempt may have been lost.
    const isOurs = run.workerId !== undefined && found["owner"] === run.workerId && found["epoch"] === 1;
    return isOurs ? { run: toRun(found), created: true, lease: toLease(found) } : { run: toRun(found), created: false };
  }

  function* record(reach: Reach, run: NewRun, owner: string, end: RunEnd): Work<boolean> {
    const now = Date.now();
    if (reach.resourceId === undefined) {
      const other = yield { text: sql.other, values: [reach.tenant, run.id, owner] };
      if (other.rows.length > 0) return false;
    }
    const about = insertValues(reach.tenant, owner, { ...run, wakeAt: now }, now).slice(0, 11);
    const { status, output, error, events: given = [] } = end;
    const finishedAt = status === "done" || status === "failed" || status === "cancelled" ? now : null;
    const { rows } = yield { text: sql.record, values: [...about, status, toJson(output), toJson(error), finishedAt] };
    if (!rows[0]) return false;
    for (const event of given) yield { text: sql.event, values: eventValues(number(rows[0], "run_key"), event, now) };
    return true;
  }

  function* signal(reach: Reach, id: string, name: string, payload: unknown): Work<"accepted" | "duplicate" | "gone"> {
    const [run] = (yield forReach(sql.lock, reach, [reach.tenant, id])).rows;
    if (!run) return "gone";
    const runKey = number(run, "run_key");
    const { changes } = yield { text: sql.answer, values: [runKey, `signal:${name}`, toJson(payload)] };
    if (changes === 0) return "duplicate";
    yield { text: sql.wake, values: [runKey, Date.now()] };
    return "accepted";
  }

  function* take(reach: Reach, id: string, workerId: string): Work<ClaimedRun | undefined> {
    const [row] = (yield forReach(sql.take, reach, [reach.tenant, id, workerId, Date.now()])).rows;
    if (!row) return undefined;
    const values = [number(row, "run_key")];
    const results = (yield { text: sql.journal, values }).rows;
    const last = (yield { text: sql.last, values }).rows;
    return toClaimed([row], results, last)[0];
  }

  function* remove(reach: Reach, id: string): Work<boolean> {
    const [run] = (yield forReach(sql.lockAny, reach, [reach.tenant, id])).rows;
    if (!run || text(run, "status") === "running") return false;
    const values = [number(run, "run_key")];
    for (const name of [events, journal, runs]) yield { text: `delete from ${name} where run_key = $1`, values };
    return true;
  }

  function* reopen(reach: Reach, id: string, edit: JournalEdit): Work<"reopened" | "running" | "gone"> {
    const [run] = (yield forReach(sql.lockAny, reach, [reach.tenant, id])).rows;
    if (!run) return "gone";
    if (["running", "ready"].includes(text(run, "status"))) return "running";
    const runKey = number(run, "run_key");
    const { rows } = yield { text: sql.journal, values: [runKey] };
    const before = new Map(rows.map((row) => [text(row, "key"), json(row, "value")]));
    const after = edit(before);
    for (const name of before.keys()) if (!after.has(name)) yield { text: sql.forget, values: [runKey, name] };
    for (const [name, value] of after)
      if (!before.has(name) || before.get(name) !== value) yield { text: sql.put, values: [runKey, name, toJson(value)] };
    yield { text: sql.reopen, values: [runKey, Date.now()] };
    return "reopened";
  }

  function* list(reach: Reach, runQuery: RunQuery): Work<Page<RunRecord>> {
    const window = toWindow(runQuery, DEFAULT_PER_PAGE);
    const { where, values } = listCondition(reach, runQuery);
    const limit = window.limit === undefined ? "" : `limit ${window.limit} offset ${window.offset}`;
    const { rows } = yield {
      text: `select ${RUN_COLUMNS} from ${runs} where ${where} order by created_at desc, run_key desc ${limit}`,
      values,
      cold: true,
    };
    if (window.limit === undefined) return toPage(rows.map(toRun), rows.length, window);
    const [count] = (yield { text: `select count(*) as total from ${runs} where ${where}`, values, cold: true }).rows;
    return toPage(rows.map(toRun), count ? number(count, "total") : 0, window);
  }

  return (reach) => ({
    async create(run) {
      assertId(run.id, "run's id");
      const owner = ownerOf(reach, run.resourceId);
      return await db.write(() => create(reach, run, owner));
    },
    async record(run, end) {
      assertId(run.id, "run's id");
      const owner = ownerOf(reach, run.resourceId);
      return await db.write(() => record(reach, run, owner, end));
    },
    async get(id) {
      const [row] = (await db.read(() => one(forReach(sql.get, reach, [reach.tenant, id])))).rows;
      return row && toRun(row);
    },
    list: (runQuery = {}) => db.read(() => list(reach, runQuery)),
    async events(id, afterSeq = 0, limit = DEFAULT_EVENTS) {
      const { rows } = await db.read(() => one(forReach(sql.events, reach, [reach.tenant, id, afterSeq, limit])));
      return rows.map(toEvent);
    },
    signal: (id, name, payload) => db.write(() => signal(reach, id, name, payload)),
    async cancel(id) {
      return (await db.writeAlone(() => one(forReach(sql.cancel, reach, [reach.tenant, id, Date.now()])))).changes > 0;
    },
    take: (id, workerId) => db.write(() => take(reach, id, workerId)),
    remove: (id) => db.write(() => remove(reach, id)),
    reopen: (id, edit) => db.write(() => reopen(reach, id, edit)),
  });
}

/** Where `insertValues` has them. */
const [INPUT, METADATA] = [7, 8];

function insertValues(tenant: string, owner: string, run: NewRun, now: number): SqlValue[] {
  const { id, kind, name, threadId = null, parentRunId = null, input, metadata, graphHash = null, wakeAt = now, workerId } = run;
  const started: SqlValue[] = workerId === undefined ? ["ready", null, 0] : ["running", workerId, 1];
  const data: SqlValue[] = [toJson(input), metadata ? metadataText(metadata) : null, graphHash];
  return [tenant, id, owner, kind, name, threadId, parentRunId, ...data, wakeAt, ...started, now, now];
}

/** The run as it has just been written. */
function written(
  key: number,
  tenant: string,
  resourceId: string,
  run: NewRun,
  values: readonly SqlValue[],
  now: number,
): { run: RunRecord; created: true; lease?: Lease } {
  const [input, metadata] = [values[INPUT], values[METADATA]].map((text) =>
    typeof text === "string" ? (JSON.parse(text) as unknown) : undefined,
  );
  const record = newRunRecord({ ...run, input, metadata: metadata as Metadata | undefined }, resourceId, now); // written by `metadataText`
  const { id: runId, workerId } = run;
  return { run: record, created: true, ...(workerId !== undefined && { lease: { key, runId, tenant, resourceId, workerId, epoch: 1 } }) };
}

function listCondition(reach: Reach, wanted: RunQuery): { where: string; values: SqlValue[] } {
  const values: SqlValue[] = [reach.tenant];
  const conditions = ["tenant = $1"];
  const add = (text: string, value: SqlValue | undefined): void => {
    if (value !== undefined) conditions.push(`${text} $${values.push(value)}`);
  };
  add("resource_id =", reach.resourceId);
  add("resource_id =", wanted.resourceId);
  add("kind =", wanted.kind);
  add("name =", wanted.name);
  add("status =", wanted.status);
  add("thread_id =", wanted.threadId);
  add("created_at >=", wanted.from);
  add("created_at <=", wanted.to);
  return { where: conditions.join(" and "), values };
}
