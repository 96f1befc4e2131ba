import { assertId } from "../ids.ts";
import type { Counted, LimitStore } from "../limits.ts";
import { one } from "./database.ts";
import type { SqlDatabase, Work } from "./database.ts";
import { number } from "./row.ts";

/** The counters and places of a database. */
export function sqlLimits(db: SqlDatabase): LimitStore {
  const [counters, places] = [db.dialect.table("limits"), db.dialect.table("limit_places")];
  const mine = "key = $1 and holder = $2";
  const sql = {
    /** One statement: the database puts those that add at once in an order, and each sees what was before it. */
    add: `insert into ${counters} (key, used, reset_at) values ($1, $2, $3)
      on conflict (key) do update set
        used = case when ${counters}.reset_at <= $4 then excluded.used else ${counters}.used + excluded.used end,
        reset_at = case when ${counters}.reset_at <= $4 then excluded.reset_at else ${counters}.reset_at end
      returning used, reset_at`,
    /** Those that want a place of the same key take this row first, one after the other. */
    lock: `insert into ${counters} (key, used, reset_at) values ($1, 0, 0) on conflict (key) do update set used = ${counters}.used`,
    taken: `select count(*) as total from ${places} where key = $1 and holder <> $2 and expires_at > $3`,
    enter: `insert into ${places} (key, holder, expires_at) values ($1, $2, $3)
      on conflict (key, holder) do update set expires_at = excluded.expires_at`,
    stay: `update ${places} set expires_at = $3 where ${mine} and expires_at > $4`,
    leave: `delete from ${places} where ${mine}`,
    oldPlaces: `delete from ${places} where expires_at <= $1`,
    oldCounters: `delete from ${counters} where reset_at <= $1`,
  };

  function* add(key: string, amount: number, windowMs: number): Work<Counted> {
    const now = Date.now();
    const [row] = (yield { text: sql.add, values: [key, amount, now + windowMs, now] }).rows;
    // The statement always gives its row.
    return row ? { used: number(row, "used"), resetAt: number(row, "reset_at") } : { used: amount, resetAt: now + windowMs };
  }

  function* enter(key: string, holder: string, max: number, ttlMs: number): Work<boolean> {
    yield { text: sql.lock, values: [key] };
    const now = Date.now();
    const [row] = (yield { text: sql.taken, values: [key, holder, now] }).rows;
    if (row && number(row, "total") >= max) return false;
    yield { text: sql.enter, values: [key, holder, now + ttlMs] };
    return true;
  }

  function* prune(): Work<number> {
    const now = Date.now();
    const { changes } = yield { text: sql.oldPlaces, values: [now] };
    return changes + (yield { text: sql.oldCounters, values: [now] }).changes;
  }

  return {
    async add(key, amount, windowMs) {
      assertId(key, "limit's key");
      return await db.writeAlone(() => add(key, amount, windowMs));
    },
    async enter(key, holder, max, ttlMs) {
      assertId(key, "limit's key");
      assertId(holder, "limit's holder");
      return await db.write(() => enter(key, holder, max, ttlMs));
    },
    async stay(key, holder, ttlMs) {
      const now = Date.now();
      return (await db.writeAlone(() => one({ text: sql.stay, values: [key, holder, now + ttlMs, now] }))).changes > 0;
    },
    async leave(key, holder) {
      await db.writeAlone(() => one({ text: sql.leave, values: [key, holder] }));
    },
    prune: () => db.write(prune),
  };
}
