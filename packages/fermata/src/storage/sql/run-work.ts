import type { Reach } from "../reach.ts";
import type { ClaimedRun, ClaimFilter, Lease, LogEntry, RunEnd, RunWorkStore } from "../runs.ts";
import { appendQueue } from "./append.ts";
import { one } from "./database.ts";
import type { SqlDatabase, SqlValue, Work } from "./database.ts";
import { number, toJson } from "./row.ts";
import { RUN_COLUMNS, eventValues, toClaimed, toLease } from "./run-rows.ts";

/** The work on the runs of a database. */
export function sqlRunWork(db: SqlDatabase): RunWorkStore {
  const { table, skipLocked } = db.dialect;
  const [runs, journal, events, workers] = [table("runs"), table("run_journal"), table("run_events"), table("workers")];
  const sql = {
    heartbeat: `insert into ${workers} (id, alive_until) values ($1, $2) on conflict (id) do update set alive_until = excluded.alive_until`,
    // The runs are chosen once, before the update: a condition that holds a limit may be worked out again for every row.
    claim: (filter: string) => `with due as materialized (
        select run_key from ${runs} where status = 'ready' and wake_at <= $2 ${filter} order by wake_at limit $3 ${skipLocked})
      update ${runs} set status = 'running', owner = $1, epoch = epoch + 1, updated_at = $2 where run_key in (select run_key from due) returning ${RUN_COLUMNS}`,
    settle: `update ${runs} set status = case when cast($3 as text) = 'suspended' and (signals > $8 or cancel_requested = 1) then 'ready' else $3 end,
      output = $4, error = $5, wake_at = case when signals > $8 or cancel_requested = 1 then cast($7 as bigint) else cast($6 as bigint) end, updated_at = $7, lost = 0, finished_at = case when cast($3 as text) in ('done', 'failed', 'cancelled') then cast($7 as bigint) end, owner = null
      where run_key = $1 and epoch = $2 and status = 'running'`,
    settled: `select 1 as found from ${runs} where run_key = $1 and epoch = $2 and status = $3`,
    event: `insert into ${events} (run_key, seq, type, data, at) values ($1, $2, $3, $4, $5) on conflict (run_key, seq) do nothing`,
    result: `insert into ${journal} (run_key, key, value) values ($1, $2, $3) on conflict (run_key, key) do nothing`,
    reap: `update ${runs} set status = 'ready', owner = null, wake_at = $1, lost = lost + 1 where status = 'running'
      and not exists (select 1 from ${workers} w where w.id = ${runs}.owner and w.alive_until >= $1)`,
    forget: `delete from ${workers} where alive_until < $1`,
    disown: (but: string) =>
      `update ${runs} set status = 'ready', owner = null, wake_at = $2, lost = lost + 1 where status = 'running' and owner = $1 ${but}`,
    cancelled: `select ${RUN_COLUMNS} from ${runs} where status = 'running' and owner = $1 and cancel_requested = 1`,
    old: `select run_key from ${runs} where finished_at < $1 order by finished_at limit $2`,
  };

  function* claim(workerId: string, max: number, filter: ClaimFilter): Work<ClaimedRun[]> {
    const now = Date.now();
    const values: SqlValue[] = [workerId, now, max];
    const { rows } = yield { text: sql.claim(claimCondition(filter, now, values)), values };
    if (rows.length === 0) return [];
    const keys = rows.map((row) => number(row, "run_key"));
    const list = keys.map((_, i) => `$${i + 1}`).join(", ");
    const results = (yield { text: `select run_key, key, value from ${journal} where run_key in (${list})`, values: keys, cold: true })
      .rows;
    const last = (yield {
      text: `select run_key, max(seq) as seq from ${events} where run_key in (${list}) group by run_key`,
      values: keys,
      cold: true,
    }).rows;
    return toClaimed(rows, results, last);
  }

  function* settle(lease: Lease, end: RunEnd): Work<boolean> {
    const now = Date.now();
    const { changes } = yield {
      text: sql.settle,
      values: [lease.key, lease.epoch, end.status, toJson(end.output), toJson(end.error), end.wakeAt ?? now, now, end.signals ?? 0],
    };
    // The answer to the first attempt may have been lost.
    if (changes === 0) return (yield { text: sql.settled, values: [lease.key, lease.epoch, end.status] }).rows.length > 0;
    for (const { key, value } of end.results ?? []) yield { text: sql.result, values: [lease.key, key, toJson(value)] };
    for (const event of end.events ?? []) yield { text: sql.event, values: eventValues(lease.key, event, now) };
    return true;
  }

  function* reap(within: Reach | undefined): Work<number> {
    const now = Date.now();
    const { tenant, resourceId } = within ?? {};
    const [ofTenant, ofResource] = [tenant === undefined ? "" : "and tenant = $2", resourceId === undefined ? "" : "and resource_id = $3"];
    const values = [now, ...(tenant === undefined ? [] : [tenant]), ...(resourceId === undefined ? [] : [resourceId])];
    const { changes } = yield { text: `${sql.reap} ${ofTenant} ${ofResource}`, values };
    if (within) return changes;
    yield { text: sql.forget, values: [now] };
    return changes;
  }

  function* prune(before: number, limit: number): Work<number> {
    const keys = (yield { text: sql.old, values: [before, limit] }).rows.map((row) => number(row, "run_key"));
    if (keys.length === 0) return 0;
    const list = keys.map((_, i) => `$${i + 1}`).join(", ");
    for (const name of [events, journal]) yield { text: `delete from ${name} where run_key in (${list})`, values: keys, cold: true };
    return (yield { text: `delete from ${runs} where run_key in (${list})`, values: keys, cold: true }).changes;
  }

  const append = appendQueue(db);
  return {
    async heartbeat(workerId, ttlMs) {
      await db.writeAlone(() => one({ text: sql.heartbeat, values: [workerId, Date.now() + ttlMs] }));
    },
    claim: (workerId, max, filter = {}) => db.write(() => claim(workerId, max, filter)),
    append: (entries: readonly LogEntry[]) => append(entries),
    settle: (lease, end) => db.write(() => settle(lease, end)),
    reap: (within) => db.write(() => reap(within)),
    async disown(workerId, known) {
      const values: SqlValue[] = [workerId, Date.now()];
      const but = known.length > 0 ? `and run_key not in (${known.map(({ key }) => `$${values.push(key)}`).join(", ")})` : "";
      return (await db.writeAlone(() => one({ text: sql.disown(but), values, cold: true }))).changes;
    },
    async cancelled(workerId) {
      return (await db.read(() => one({ text: sql.cancelled, values: [workerId] }))).rows.map(toLease);
    },
    prune: (before, limit) => db.write(() => prune(before, limit)),
  };
}

/** The same text for the same numbers of kinds and graphs: a worker asks with one statement all its life. */
function claimCondition({ kinds, graphs, strangerMs = 0 }: ClaimFilter, now: number, values: SqlValue[]): string {
  const list = (items: readonly string[]): string =>
    items.length === 0 ? "null" : items.map((item) => `$${values.push(item)}`).join(", ");
  const ofKind = kinds ? `and kind in (${list(kinds)})` : "";
  if (!graphs) return ofKind;
  return `${ofKind} and (graph_hash is null or graph_hash in (${list(graphs)}) or wake_at <= $${values.push(now - strangerMs)})`;
}
