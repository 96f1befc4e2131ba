import type { Principal } from "../../context/principal.ts";
import type { StoreHints } from "../hints.ts";
import { KEEP_BROKEN_MS } from "../idempotency.ts";
import { narrowed, reachOf } from "../reach.ts";
import type { Reach } from "../reach.ts";
import { SYSTEM } from "../store.ts";
import type { ScopedStore, System, SystemStore } from "../store.ts";
import { one } from "./database.ts";
import type { SqlDatabase, Work } from "./database.ts";
import { sqlApiKeys } from "./api-keys.ts";
import { sqlIdempotency } from "./idempotency.ts";
import { sqlLeases } from "./leases.ts";
import { sqlLimits } from "./limits.ts";
import { sqlMessages } from "./messages.ts";
import { sqlResources } from "./resources.ts";
import { number } from "./row.ts";
import { sqlRunWork } from "./run-work.ts";
import { sqlRuns } from "./runs.ts";
import { sqlSchedules, sqlScheduleWork } from "./schedules.ts";
import { TABLES } from "./schema.ts";
import { sqlSuspensions } from "./suspensions.ts";
import { sqlThreads } from "./threads.ts";

export interface SqlHandles {
  (principal: Principal): ScopedStore;
  (principal: System): SystemStore;
}

/** The handles of a database. The statements are put together once, here; what a handle for a principal has is made when it is asked for. */
export function sqlHandles(db: SqlDatabase, hints?: StoreHints): SqlHandles {
  const domains = {
    threads: sqlThreads(db),
    messages: sqlMessages(db),
    resources: sqlResources(db),
    suspensions: sqlSuspensions(db),
    runs: sqlRuns(db),
    idempotency: sqlIdempotency(db),
    leases: sqlLeases(db),
    schedules: sqlSchedules(db),
  };
  const scoped = (reach: Reach): ScopedStore => ({
    reach,
    get threads() {
      return domains.threads(reach);
    },
    get messages() {
      return domains.messages(reach);
    },
    get resources() {
      return domains.resources(reach);
    },
    get suspensions() {
      return domains.suspensions(reach);
    },
    get runs() {
      return domains.runs(reach);
    },
    get idempotency() {
      return domains.idempotency(reach);
    },
    get leases() {
      return domains.leases(reach);
    },
    get schedules() {
      return domains.schedules(reach);
    },
    within: (resourceId) => scoped(narrowed(reach, resourceId)),
  });
  const system = systemStore(db, hints);
  // TypeScript does not check overloads of a function expression against its body.
  return ((principal: Principal | System) => (principal === SYSTEM ? system : scoped(reachOf(principal as Principal)))) as SqlHandles;
}

function systemStore(db: SqlDatabase, hints?: StoreHints): SystemStore {
  const { table } = db.dialect;
  const oldMessages = `delete from ${table("messages")} where (thread_key, seq) in
    (select thread_key, seq from ${table("messages")} where created_at < $1 order by created_at limit $2)`;
  const oldKeys = `delete from ${table("idempotency")} where expires_at <= $1 and (answer is not null or expires_at <= $2)`;
  return {
    work: sqlRunWork(db),
    ...(hints && { hints }),
    limits: sqlLimits(db),
    schedules: sqlScheduleWork(db),
    apiKeys: sqlApiKeys(db),
    async pruneMessages(before, limit) {
      return (await db.writeAlone(() => one({ text: oldMessages, values: [before, limit] }))).changes;
    },
    async pruneIdempotency() {
      return (await db.writeAlone(() => one({ text: oldKeys, values: [Date.now(), Date.now() - KEEP_BROKEN_MS] }))).changes;
    },
    async rowCounts() {
      return await db.read(function* (): Work<Record<string, number>> {
        const counts: Record<string, number> = {};
        for (const name of TABLES) {
          const [row] = (yield { text: `select count(*) as total from ${table(name)}`, values: [] }).rows;
          counts[name] = row ? number(row, "total") : 0;
        }
        return counts;
      });
    },
  };
}
