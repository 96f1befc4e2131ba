import type { Principal } from "../context/principal.ts";
import type { ApiKeyStore } from "./api-keys.ts";
import type { StoreHints } from "./hints.ts";
import type { IdempotencyStore } from "./idempotency.ts";
import type { LeaseStore } from "./leases.ts";
import type { LimitStore } from "./limits.ts";
import type { MessageStore } from "./messages.ts";
import type { Reach } from "./reach.ts";
import type { ResourceStore } from "./resources.ts";
import type { RunStore, RunWorkStore } from "./runs.ts";
import type { ScheduleStore, ScheduleWorkStore } from "./schedules.ts";
import type { SuspensionStore } from "./suspension-store.ts";
import type { ThreadStore } from "./threads.ts";

/** Who the server itself is: not a user of any tenant, and with other verbs than a user has. */
export const SYSTEM = Object.freeze({ system: true } as const);
export type System = typeof SYSTEM;

/**
 * Where an app keeps what must outlive a request. Everything in it is reached through a handle that is opened for somebody;
 * the handle adds the owner to every statement, so what is foreign cannot be told from what is not there.
 */
export interface Store {
  readonly id: string;
  /** Opens the store and checks its tables. The other methods do it themselves; calling it at the start makes trouble show there. */
  init(): Promise<void>;
  /** What the principal reaches. Cheap: made per request. */
  for(principal: Principal): ScopedStore;
  /** The work of the server itself. */
  for(principal: System): SystemStore;
  /** Resolves when the store answers. */
  ping(): Promise<void>;
  /** Waits for writes under way and lets go of everything. */
  close(): Promise<void>;
}

export interface ScopedStore {
  readonly reach: Reach;
  readonly threads: ThreadStore;
  readonly messages: MessageStore;
  readonly resources: ResourceStore;
  readonly suspensions: SuspensionStore;
  readonly runs: RunStore;
  readonly idempotency: IdempotencyStore;
  readonly leases: LeaseStore;
  readonly schedules: ScheduleStore;
  /** The same handle with one resource alone. @throws FermataError `FORBIDDEN` when the resource is out of reach. */
  within(resourceId: string): ScopedStore;
}

export interface SystemStore {
  readonly work: RunWorkStore;
  /** Word from other processes. Absent where there are none. */
  readonly hints?: StoreHints;
  readonly limits: LimitStore;
  readonly schedules: ScheduleWorkStore;
  readonly apiKeys: ApiKeyStore;
  /** Deletes messages saved before `before` (epoch milliseconds), at most `limit`. Resolves to their number. */
  pruneMessages(before: number, limit: number): Promise<number>;
  /** Deletes idempotency keys that have expired. Resolves to their number. */
  pruneIdempotency(): Promise<number>;
  /** How many rows each table has. Counts them, so it is slow on a large store. */
  rowCounts(): Promise<Readonly<Record<string, number>>>;
}
