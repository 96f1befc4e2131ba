import { assertId } from "../ids.ts";
import type { LeaseAnswer, LeaseStore } from "../leases.ts";
import type { Reach } from "../reach.ts";
import { one } from "./database.ts";
import type { SqlDatabase, SqlValue, Work } from "./database.ts";
import { text } from "./row.ts";

/** The leases of a database, for any reach. */
export function sqlLeases(db: SqlDatabase): (reach: Reach) => LeaseStore {
  const table = db.dialect.table("leases");
  const mine = "tenant = $1 and resource_id = $2 and name = $3";
  const sql = {
    acquire: `insert into ${table} (tenant, resource_id, name, holder, expires_at) values ($1, $2, $3, $4, $5)
      on conflict (tenant, resource_id, name) do update set holder = excluded.holder, expires_at = excluded.expires_at
      where ${table}.expires_at <= $6 or ${table}.holder = excluded.holder returning holder`,
    holder: `select holder from ${table} where ${mine}`,
    renew: `update ${table} set expires_at = $5 where ${mine} and holder = $4`,
    release: `delete from ${table} where ${mine} and holder = $4`,
  };

  function* acquire(values: readonly SqlValue[], ttlMs: number): Work<LeaseAnswer> {
    for (;;) {
      const now = Date.now();
      const taken = (yield { text: sql.acquire, values: [...values, now + ttlMs, now] }).rows[0];
      if (taken) return { acquired: true, holder: text(taken, "holder") };
      const other = (yield { text: sql.holder, values: values.slice(0, 3) }).rows[0];
      if (other) return { acquired: false, holder: text(other, "holder") };
      // Released between the two statements: free again.
    }
  }

  return ({ tenant, resourceId = "" }) => ({
    async acquire(name, holder, ttlMs) {
      assertId(name, "lease's name");
      assertId(holder, "lease's holder");
      return await db.writeAlone(() => acquire([tenant, resourceId, name, holder], ttlMs));
    },
    async renew(name, holder, ttlMs) {
      const values = [tenant, resourceId, name, holder, Date.now() + ttlMs];
      return (await db.writeAlone(() => one({ text: sql.renew, values }))).changes > 0;
    },
    async release(name, holder) {
      await db.writeAlone(() => one({ text: sql.release, values: [tenant, resourceId, name, holder] }));
    },
  });
}
