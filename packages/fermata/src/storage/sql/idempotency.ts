import { assertId } from "../ids.ts";
import type { IdempotencyStore, IdempotentCall } from "../idempotency.ts";
import type { Reach } from "../reach.ts";
import { one } from "./database.ts";
import type { SqlDatabase, Work } from "./database.ts";
import { optionalText, text } from "./row.ts";

/** The idempotency keys of a database, for any reach. */
export function sqlIdempotency(db: SqlDatabase): (reach: Reach) => IdempotencyStore {
  const table = db.dialect.table("idempotency");
  const mine = "tenant = $1 and subject = $2 and key = $3";
  const sql = {
    /** The next call takes the row of a key that has expired; what a call that broke off has begun stays known. */
    begin: `insert into ${table} (tenant, subject, key, fingerprint, expires_at, run_id) values ($1, $2, $3, $4, $5, $7)
      on conflict (tenant, subject, key) do update set fingerprint = excluded.fingerprint, answer = null, expires_at = excluded.expires_at,
      run_id = case when ${table}.fingerprint = excluded.fingerprint and ${table}.answer is null and ${table}.run_id is not null
        then ${table}.run_id else excluded.run_id end
      where ${table}.expires_at <= $6 returning run_id`,
    get: `select fingerprint, answer, run_id from ${table} where ${mine}`,
    renew: `update ${table} set expires_at = $5 where ${mine} and fingerprint = $4 and answer is null`,
    finish: `update ${table} set answer = $5, expires_at = $6 where ${mine} and fingerprint = $4 and answer is null`,
    abandon: `delete from ${table} where ${mine} and fingerprint = $4 and answer is null`,
  };

  function* begin({ tenant, subject }: Reach, key: string, fingerprint: string, ttlMs: number, runId: string): Work<IdempotentCall> {
    const now = Date.now();
    const { rows } = yield { text: sql.begin, values: [tenant, subject, key, fingerprint, now + ttlMs, now, runId] };
    const begun = rows[0] && text(rows[0], "run_id");
    if (begun !== undefined) return { state: "started", runId: begun, isAgain: begun !== runId };
    const [found] = (yield { text: sql.get, values: [tenant, subject, key] }).rows;
    // Abandoned between the two statements: the caller that comes again will start it.
    if (!found) return { state: "running" };
    if (text(found, "fingerprint") !== fingerprint) return { state: "mismatch" };
    const answer = optionalText(found, "answer");
    if (answer !== undefined) return { state: "done", answer };
    const other = optionalText(found, "run_id");
    return { state: "running", ...(other !== undefined && { runId: other }) };
  }

  return (reach) => ({
    async begin(key, fingerprint, ttlMs, runId) {
      assertId(key, "idempotency key");
      return await db.writeAlone(() => begin(reach, key, fingerprint, ttlMs, runId));
    },
    async renew(key, fingerprint, ttlMs) {
      await db.writeAlone(() => one({ text: sql.renew, values: [reach.tenant, reach.subject, key, fingerprint, Date.now() + ttlMs] }));
    },
    async finish(key, fingerprint, answer, ttlMs) {
      const values = [reach.tenant, reach.subject, key, fingerprint, answer.replaceAll("\0", ""), Date.now() + ttlMs];
      await db.writeAlone(() => one({ text: sql.finish, values }));
    },
    async abandon(key, fingerprint) {
      await db.writeAlone(() => one({ text: sql.abandon, values: [reach.tenant, reach.subject, key, fingerprint] }));
    },
  });
}
