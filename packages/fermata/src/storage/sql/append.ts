/**
 * How entries reach the logs. Each is held against its lease in the same transaction, so a worker that lost a run writes nothing to it.
 * Over a connection, everything that comes while a statement is under way goes with the next one; there is never more than one under
 * way, so no reader sees an event before the events of the same process that come before it.
 */
import type { LogEntry } from "../runs.ts";
import type { SqlDatabase, Work } from "./database.ts";
import { number, toJson } from "./row.ts";
import { eventValues } from "./run-rows.ts";

type NewEvent = NonNullable<LogEntry["events"]>[number];
type Append = (entries: readonly LogEntry[]) => Promise<readonly boolean[]>;

const MOST_AT_ONCE = 500;

export function appendQueue(db: SqlDatabase): Append {
  const write = db.dialect.name === "sqlite" ? stepByStep(db) : atOnce(db);
  return db.dialect.name === "sqlite" ? write : gathered(write);
}

/** A statement per row, in the process. What is asked for until the database's queue comes to it goes in one piece. */
function stepByStep(db: SqlDatabase): Append {
  const { table } = db.dialect;
  const isHeld = `select 1 as held from ${table("runs")} where run_key = $1 and epoch = {epoch} and status = 'running'`;
  const held = isHeld.replace("{epoch}", "$2");
  const [journal, log] = [table("run_journal"), table("run_events")];
  const result = `insert into ${journal} (run_key, key, value) values ($1, $2, $3) on conflict (run_key, key) do nothing`;
  const event = `insert into ${log} (run_key, seq, type, data, at) values ($1, $2, $3, $4, $5) on conflict (run_key, seq) do nothing`;
  const firstEvent = `insert into ${log} (run_key, seq, type, data, at) select $1, $2, $3, $4, $5
    where exists (${isHeld.replace("{epoch}", "$6")}) on conflict (run_key, seq) do nothing`;
  function* write(entries: readonly LogEntry[], now: number): Work<boolean[]> {
    const accepted: boolean[] = [];
    for (const { lease, results = [], events = [] } of entries) {
      const [first] = events;
      // Nearly always the lease is held and the event is new: then one statement says so and writes it.
      const written = first && (yield { text: firstEvent, values: [...eventValues(lease.key, first, now), lease.epoch] }).changes > 0;
      const accepts = written || (yield { text: held, values: [lease.key, lease.epoch] }).rows.length > 0;
      accepted.push(accepts);
      if (!accepts) continue;
      for (const { key, value } of results) yield { text: result, values: [lease.key, key, toJson(value)] };
      for (let i = 1; i < events.length; i++) yield { text: event, values: eventValues(lease.key, events[i] as NewEvent, now) };
    }
    return accepted;
  }
  let open: { readonly entries: LogEntry[]; readonly accepted: Promise<boolean[]> } | undefined;
  return async (entries) => {
    if (!open || open.entries.length >= MOST_AT_ONCE) {
      const batch: LogEntry[] = [];
      const accepted = db.write(() => {
        if (open?.entries === batch) open = undefined;
        return write(batch, Date.now());
      });
      open = { entries: batch, accepted };
    }
    const { entries: batch, accepted } = open;
    const from = batch.push(...entries) - entries.length;
    return (await accepted).slice(from, from + entries.length);
  };
}

/** All in one statement. The rows travel as JSON, which needs one value however many they are. */
function atOnce(db: SqlDatabase): Append {
  const { table } = db.dialect;
  const text = `with entry as (select * from json_to_recordset($1::json) as x (i int, k bigint, e bigint)),
    held as (select entry.i from entry join ${table("runs")} r on r.run_key = entry.k and r.epoch = entry.e and r.status = 'running' for share of r),
    result as (insert into ${table("run_journal")} (run_key, key, value)
      select k, key, value from json_to_recordset($2::json) as x (i int, k bigint, key text, value text) where i in (select i from held)
      on conflict (run_key, key) do nothing),
    event as (insert into ${table("run_events")} (run_key, seq, type, data, at)
      select k, seq, type, data, $4::bigint from json_to_recordset($3::json) as x (i int, k bigint, seq bigint, type text, data text) where i in (select i from held)
      on conflict (run_key, seq) do nothing)
    select i from held`;
  function* write(entries: readonly LogEntry[], now: number): Work<boolean[]> {
    const held = entries.map(({ lease }, i) => ({ i, k: lease.key, e: lease.epoch }));
    const results = entries.flatMap(({ lease, results = [] }, i) =>
      results.map(({ key, value }) => ({ i, k: lease.key, key, value: toJson(value) })),
    );
    const events = entries.flatMap(({ lease, events = [] }, i) =>
      events.map(({ seq, type, data }) => ({ i, k: lease.key, seq, type, data: toJson(data) })),
    );
    const { rows } = yield { text, values: [JSON.stringify(held), JSON.stringify(results), JSON.stringify(events), now] };
    const accepted = new Set(rows.map((row) => number(row, "i")));
    return entries.map((_, i) => accepted.has(i));
  }
  return (entries) => db.writeAlone(() => write(entries, Date.now()));
}

interface Waiting {
  readonly entries: readonly LogEntry[];
  resolve(accepted: readonly boolean[]): void;
  reject(error: unknown): void;
}

function gathered(write: Append): Append {
  const waiting: Waiting[] = [];
  let busy = false;

  async function flush(): Promise<void> {
    busy = true;
    while (waiting.length > 0) {
      const batch: Waiting[] = [];
      for (
        let count = 0;
        waiting[0] && (count === 0 || count + waiting[0].entries.length <= MOST_AT_ONCE);
        count += batch.at(-1)?.entries.length ?? 0
      ) {
        batch.push(...waiting.splice(0, 1));
      }
      try {
        const accepted = await write(batch.flatMap(({ entries }) => entries));
        let at = 0;
        for (const { entries, resolve } of batch) resolve(accepted.slice(at, (at += entries.length)));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    busy = false;
  }

  return (entries) =>
    new Promise((resolve, reject) => {
      waiting.push({ entries, resolve, reject });
      if (!busy) void flush();
    });
}
