import type { Principal } from "../../context/principal.ts";
import { FermataError } from "../../errors.ts";
import { narrowed, reachOf } from "../reach.ts";
import type { Reach } from "../reach.ts";
import { SYSTEM } from "../store.ts";
import type { ScopedStore, Store, System, SystemStore } from "../store.ts";
import { memoryApiKeys } from "./api-keys.ts";
import { memoryIdempotency } from "./idempotency.ts";
import { memoryLeases } from "./leases.ts";
import { memoryLimits } from "./limits.ts";
import { memoryMessages } from "./messages.ts";
import { memoryResources } from "./resources.ts";
import { RunTable } from "./run-table.ts";
import { memoryRunWork, memoryRuns } from "./runs.ts";
import { memorySchedules } from "./schedules.ts";
import { memorySuspensions } from "./suspensions.ts";
import { ThreadTable } from "./thread-table.ts";
import { memoryThreads } from "./threads.ts";

export interface MemoryStoreOptions {
  /** Default `memory`. */
  readonly id?: string;
  /** Default 1,000; the one that was not used longest is dropped first. */
  readonly maxThreads?: number;
  /** Characters of all messages together. Default 64 Mi. */
  readonly maxChars?: number;
  /** Default 1,000; the oldest that have ended are dropped first. */
  readonly maxRuns?: number;
  /** Default 10,000 each. */
  readonly maxResources?: number;
  readonly maxKeys?: number;
}

/** A store in the process, for tests and for trying things out. It is gone when the process ends, and what it holds is bounded. */
export class MemoryStore implements Store {
  readonly id: string;
  readonly #scoped: (reach: Reach) => ScopedStore;
  readonly #system: SystemStore;
  #closed = false;

  constructor(options: MemoryStoreOptions = {}) {
    const {
      id = "memory",
      maxThreads = 1_000,
      maxChars = 64 * 1024 * 1024,
      maxRuns = 1_000,
      maxResources = 10_000,
      maxKeys = 10_000,
    } = options;
    this.id = id;
    const table = new ThreadTable({ maxThreads, maxChars });
    const runTable = new RunTable(maxRuns);
    const idempotency = memoryIdempotency(maxKeys);
    const leases = memoryLeases();
    const schedules = memorySchedules();
    const [threads, messages, runs] = [memoryThreads(table), memoryMessages(table), memoryRuns(runTable)];
    const [resources, suspensions] = [memoryResources(maxResources), memorySuspensions({ maxRuns, maxChars })];
    this.#scoped = (reach) => ({
      reach,
      threads: threads(reach),
      messages: messages(reach),
      resources: resources(reach),
      suspensions: suspensions(reach),
      runs: runs(reach),
      idempotency: idempotency.for(reach),
      leases: leases(reach),
      schedules: schedules.for(reach),
      within: (resourceId) => this.#scoped(narrowed(reach, resourceId)),
    });
    this.#system = {
      work: memoryRunWork(runTable),
      limits: memoryLimits(),
      schedules: schedules.work,
      apiKeys: memoryApiKeys(),
      async pruneMessages(before, limit) {
        let gone = 0;
        for (const row of table.all()) table.removeMessages(row, ({ createdAt }) => createdAt < before && gone < limit && (gone += 1) > 0);
        return gone;
      },
      pruneIdempotency: async () => idempotency.prune(),
      async rowCounts() {
        const rows = [...table.all()];
        return {
          threads: rows.length,
          messages: rows.reduce((sum, row) => sum + row.messages.length, 0),
          runs: runTable.rows.size,
          idempotency: idempotency.size(),
        };
      },
    };
  }

  async init(): Promise<void> {
    if (this.#closed) throw new FermataError("UNAVAILABLE", "The store is closed.");
  }

  for(principal: Principal): ScopedStore;
  for(principal: System): SystemStore;
  for(principal: Principal | System): ScopedStore | SystemStore {
    // What is not the system is a principal: the overloads allow nothing else.
    return principal === SYSTEM ? this.#system : this.#scoped(reachOf(principal as Principal));
  }

  ping(): Promise<void> {
    return this.init();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
