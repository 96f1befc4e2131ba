/** Runs kept in a `Store`: they outlive the process, and any process that shares the store can go on with them. */
import type { Reach } from "../storage/reach.ts";
import type { LogEntry, RunQuery, RunRecord, RunStore, RunWorkStore } from "../storage/runs.ts";
import { pageOf, toWindow, type Page } from "../storage/page.ts";
import { SYSTEM, type Store } from "../storage/store.ts";
import { memoryRunLog, type MemoryRunLogLimits } from "./memory-run-log.ts";
import type { RunLog } from "./run-log.ts";

/** The store's runs, and beside them those that are kept in the process alone. */
export function storeRunLog(store: Store, limits: MemoryRunLogLimits = {}): RunLog {
  const memory = memoryRunLog(limits);
  const system = store.for(SYSTEM);
  const stored = (reach: Reach): RunStore => store.for(principalOf(reach)).runs;
  return {
    for: (reach) => together(memory.for(reach), stored(reach)),
    inMemory: (reach) => memory.for(reach),
    work: togetherAtWork(memory.work, system.work),
    isShared: true,
    hints: system.hints,
    leasesFor: (reach) => store.for(principalOf(reach)).leases,
  };
}

function principalOf({ tenant, subject, resourceId }: Reach): { tenant: string; subject: string; scopes: readonly string[] } {
  return resourceId === undefined ? { tenant, subject, scopes: ["resources:*"] } : { tenant, subject: resourceId, scopes: [] };
}

const DEFAULT_PER_PAGE = 100;

/** A run is in the process or in the store; the process is asked first, which costs nothing. */
function together(memory: RunStore, store: RunStore): RunStore {
  const of = async (id: string): Promise<RunStore> => ((await memory.get(id)) ? memory : store);
  return {
    async create(run) {
      const known = await memory.get(run.id);
      return known ? { run: known, created: false } : store.create(run);
    },
    record: async (run, end) => ((await memory.get(run.id)) ? false : store.record(run, end)),
    async get(id) {
      return (await memory.get(id)) ?? store.get(id);
    },
    async list(query = {}) {
      const here = await memory.list({ ...query, page: 0, perPage: false });
      return here.total === 0 ? store.list(query) : merged(here.items, store, query);
    },
    events: async (id, afterSeq, limit) => (await of(id)).events(id, afterSeq, limit),
    signal: async (id, name, payload) => (await of(id)).signal(id, name, payload),
    cancel: async (id) => (await of(id)).cancel(id),
    take: async (id, workerId) => (await of(id)).take(id, workerId),
    remove: async (id) => (await of(id)).remove(id),
    reopen: async (id, edit) => (await of(id)).reopen(id, edit),
  };
}

async function merged(here: readonly RunRecord[], store: RunStore, query: RunQuery): Promise<Page<RunRecord>> {
  const window = toWindow(query, DEFAULT_PER_PAGE);
  const needed = window.limit === undefined ? (false as const) : window.offset + window.limit;
  const there = await store.list({ ...query, page: 0, perPage: needed });
  const all = [...here, ...there.items].sort((a, b) => b.createdAt - a.createdAt);
  const { items, ...page } = pageOf(all, window);
  const total = here.length + there.total;
  return { ...page, items, total, hasMore: window.limit !== undefined && window.offset + items.length < total };
}

/** The leases of the process have keys below zero. */
function togetherAtWork(memory: RunWorkStore, store: RunWorkStore): RunWorkStore {
  return {
    heartbeat: (workerId, ttlMs) => store.heartbeat(workerId, ttlMs),
    async claim(workerId, max, filter) {
      const here = await memory.claim(workerId, max, filter);
      return here.length === max ? here : [...here, ...(await store.claim(workerId, max - here.length, filter))];
    },
    append: (entries) => appended(entries, memory, store),
    settle: (lease, end) => (lease.key < 0 ? memory : store).settle(lease, end),
    reap: (within) => store.reap(within),
    disown: (workerId, known) =>
      store.disown(
        workerId,
        known.filter(({ key }) => key > 0),
      ),
    cancelled: (workerId) => store.cancelled(workerId),
    prune: async (before, limit) => store.prune(before, limit),
  };
}

async function appended(entries: readonly LogEntry[], memory: RunWorkStore, store: RunWorkStore): Promise<readonly boolean[]> {
  if (entries.every(({ lease }) => lease.key > 0)) return store.append(entries);
  return (await Promise.all(entries.map((entry) => (entry.lease.key < 0 ? memory : store).append([entry])))).flat();
}
