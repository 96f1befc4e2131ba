import type { Principal } from "../../context/principal.ts";
import type { StoreHints } from "../hints.ts";
import { KEEP_BROKEN_MS, type IdempotencyStore } from "../idempotency.ts";
import type { LeaseStore } from "../leases.ts";
import type { MessageStore } from "../messages.ts";
import { narrowed, reachOf } from "../reach.ts";
import type { Reach } from "../reach.ts";
import type { ResourceStore } from "../resources.ts";
import type { RunStore } from "../runs.ts";
import type { ScheduleStore } from "../schedules.ts";
import { SYSTEM } from "../store.ts";
import type { ScopedStore, System, SystemStore } from "../store.ts";
import type { SuspensionStore } from "../suspension-store.ts";
import type { ThreadStore } from "../threads.ts";
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

/** What a principal's handle is made of, domain by domain. The statements are put together once, here. */
function domainsOf(db: SqlDatabase) {
  return {
    threads: sqlThreads(db),
    messages: sqlMessages(db),
    resources: sqlResources(db),
    suspensions: sqlSuspensions(db),
    runs: sqlRuns(db),
    idempotency: sqlIdempotency(db),
    leases: sqlLeases(db),
    schedules: sqlSchedules(db),
  };
}

/** A principal's handle. A request makes several and asks each for one thing: it is made when it is asked for. */
class SqlScopedStore implements ScopedStore {
  readonly reach: Reach;
  readonly #domains: ReturnType<typeof domainsOf>;

  constructor(domains: ReturnType<typeof domainsOf>, reach: Reach) {
    this.#domains = domains;
    this.reach = reach;
  }

  get threads(): ThreadStore {
    return this.#domains.threads(this.reach);
  }

  get messages(): MessageStore {
    return this.#domains.messages(this.reach);
  }

  get resources(): ResourceStore {
    return this.#domains.resources(this.reach);
  }

  get suspensions(): SuspensionStore {
    return this.#domains.suspensions(this.reach);
  }

  get runs(): RunStore {
    return this.#domains.runs(this.reach);
  }

  get idempotency(): IdempotencyStore {
    return this.#domains.idempotency(this.reach);
  }

  get leases(): LeaseStore {
    return this.#domains.leases(this.reach);
  }

  get schedules(): ScheduleStore {
    return this.#domains.schedules(this.reach);
  }

  within(resourceId: string): ScopedStore {
    return new SqlScopedStore(this.#domains, narrowed(this.reach, resourceId));
  }
}

/** The handles of a database. */
export function sqlHandles(db: SqlDatabase, hints?: StoreHints): SqlHandles {
  const domains = domainsOf(db);
  const scoped = (principal: Principal): ScopedStore => new SqlScopedStore(domains, reachOf(principal));
  const system = systemStore(db, hints);
  // TypeScript does not check overloads of a function expression against its body.
  return ((principal: Principal | System) => (principal === SYSTEM ? system : scoped(principal as Principal))) as SqlHandles;
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
