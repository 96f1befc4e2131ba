/** Runs held in the process: gone when it ends, and bounded while it lives. */
import { FermataError } from "../errors.ts";
import { pageOf, toWindow } from "../storage/page.ts";
import { ownerOf, type Reach } from "../storage/reach.ts";
import { newRunRecord } from "../storage/new-run.ts";
import type {
  ClaimedRun,
  ClaimFilter,
  JournalEdit,
  Lease,
  LogEntry,
  NewRun,
  RunEnd,
  RunEvent,
  RunQuery,
  RunRecord,
  RunStore,
} from "../storage/runs.ts";
import type { RunLog } from "./run-log.ts";

export interface MemoryRunLogLimits {
  /** Runs held at most; the oldest that nobody works on go first. Default 1,000. */
  readonly maxRuns?: number;
  /** Results and events of all runs together. Default 200,000. */
  readonly maxEntries?: number;
}

interface Row {
  readonly key: number;
  readonly tenant: string;
  run: RunRecord;
  workerId: string | undefined;
  epoch: number;
  signals: number;
  cancelRequested: boolean;
  wakeAt: number;
  journal: Map<string, unknown>;
  readonly events: RunEvent[];
}

const DEFAULT_PER_PAGE = 100;
const DEFAULT_EVENTS = 1_000;
/** The part that is free after room was made. */
const SPARE = 0.05;

/** Values are kept as they are, not as copies: whoever records a result does not change it afterwards. */
export function memoryRunLog(limits: MemoryRunLogLimits = {}): RunLog {
  const table = new Table(limits.maxRuns ?? 1_000, limits.maxEntries ?? 200_000);
  const within = (reach: Reach): RunStore => ({
    create: async (run) => table.create(reach, run),
    record: async (run, end) => {
      const { lease } = table.create(reach, { ...run, workerId: "" });
      return lease !== undefined && table.settle(lease, end);
    },
    get: async (id) => table.find(reach, id)?.run,
    list: async (query = {}) => pageOf(table.list(reach, query), toWindow(query, DEFAULT_PER_PAGE)),
    events: async (id, afterSeq = 0, limit = DEFAULT_EVENTS) => table.events(table.find(reach, id), afterSeq, limit),
    signal: async (id, name, payload) => table.signal(table.find(reach, id), name, payload),
    cancel: async (id) => table.cancel(table.find(reach, id)),
    take: async (id, workerId) => table.take(table.find(reach, id), workerId),
    remove: async (id) => table.remove(table.find(reach, id)),
    reopen: async (id, edit) => table.reopen(table.find(reach, id), edit),
  });
  return {
    isShared: false,
    for: within,
    inMemory: within,
    work: {
      heartbeat: async () => undefined,
      claim: async (workerId, max, filter) => table.claim(workerId, max, filter),
      append: async (entries) => entries.map((entry) => table.append(entry)),
      settle: async (lease, end) => table.settle(lease, end),
      reap: async () => 0,
      disown: async () => 0,
      cancelled: async () => [],
      prune: async (before, limit) => table.prune(before, limit),
    },
  };
}

class Table {
  /** In the order of creation: a `Map` keeps the order of insertion. */
  readonly #rows = new Map<number, Row>();
  /** By tenant and id: mostly one, as an id is unique per resource. */
  readonly #byId = new Map<string, Row[]>();
  readonly #ready = new Set<Row>();
  readonly #maxRuns: number;
  readonly #maxEntries: number;
  #entries = 0;
  #lastKey = 0;

  constructor(maxRuns: number, maxEntries: number) {
    this.#maxRuns = maxRuns;
    this.#maxEntries = maxEntries;
  }

  find({ tenant, resourceId }: Reach, id: string): Row | undefined {
    return this.#byId.get(idKey(tenant, id))?.find(({ run }) => resourceId === undefined || run.resourceId === resourceId);
  }

  create(reach: Reach, given: NewRun): { run: RunRecord; created: boolean; lease?: Lease } {
    const { tenant } = reach;
    const resourceId = ownerOf(reach, given.resourceId);
    const same = this.#byId.get(idKey(tenant, given.id)) ?? [];
    const known = same.find(({ run }) => run.resourceId === resourceId);
    if (reach.resourceId === undefined && same.some((row) => row !== known))
      throw new FermataError("CONFLICT", `Run ${given.id} belongs to a different resource.`);
    if (known) return { run: known.run, created: false };
    const now = Date.now();
    const { id, wakeAt = now, workerId } = given;
    const run = newRunRecord(given, resourceId, now);
    const row: Row = {
      // Below zero: beside a store's, which are above.
      key: --this.#lastKey,
      tenant,
      run,
      workerId,
      epoch: workerId === undefined ? 0 : 1,
      signals: 0,
      cancelRequested: false,
      wakeAt,
      journal: new Map(),
      events: [],
    };
    this.#rows.set(row.key, row);
    this.#byId.set(idKey(tenant, id), [...same, row]);
    if (workerId === undefined) this.#ready.add(row);
    this.#makeRoom(row);
    return { run, created: true, ...(workerId !== undefined && { lease: leaseOf(row) }) };
  }

  list(reach: Reach, { kind, name, status, resourceId, threadId, from = -Infinity, to = Infinity }: RunQuery): RunRecord[] {
    const found: RunRecord[] = [];
    for (const { run, tenant } of this.#rows.values()) {
      if (tenant !== reach.tenant || (reach.resourceId !== undefined && run.resourceId !== reach.resourceId)) continue;
      if (kind !== undefined && run.kind !== kind) continue;
      if (name !== undefined && run.name !== name) continue;
      if (status !== undefined && run.status !== status) continue;
      if (resourceId !== undefined && run.resourceId !== resourceId) continue;
      if (threadId !== undefined && run.threadId !== threadId) continue;
      if (run.createdAt >= from && run.createdAt <= to) found.push(run);
    }
    return found.reverse();
  }

  /** Numbers may be left out where several events travel in one. */
  events(row: Row | undefined, afterSeq: number, limit: number): readonly RunEvent[] {
    if (!row) return [];
    let from = Math.min(afterSeq, row.events.length);
    while (from > 0 && (row.events[from - 1]?.seq ?? 0) > afterSeq) from--;
    return row.events.slice(from, from + limit);
  }

  signal(row: Row | undefined, name: string, payload: unknown): "accepted" | "duplicate" | "gone" {
    if (!row || isEnd(row.run.status)) return "gone";
    const key = `signal:${name}`;
    if (row.journal.has(key)) return "duplicate";
    row.journal.set(key, payload);
    this.#entries += 1;
    row.signals += 1;
    if (row.run.status !== "running") this.#makeReady(row);
    return "accepted";
  }

  cancel(row: Row | undefined): boolean {
    if (!row || isEnd(row.run.status)) return false;
    row.cancelRequested = true;
    if (row.run.status !== "running") this.#makeReady(row);
    return true;
  }

  /** Graphs are not asked for: no other process could know one that this one does not. */
  claim(workerId: string, max: number, { kinds }: ClaimFilter = {}): ClaimedRun[] {
    const now = Date.now();
    const claimed: ClaimedRun[] = [];
    for (const row of this.#ready) {
      if (claimed.length === max) break;
      if (row.wakeAt > now || (kinds !== undefined && !kinds.includes(row.run.kind))) continue;
      this.#ready.delete(row);
      claimed.push(claimRow(row, workerId));
    }
    return claimed;
  }

  take(row: Row | undefined, workerId: string): ClaimedRun | undefined {
    return row?.run.status === "suspended" ? claimRow(row, workerId) : undefined;
  }

  append({ lease, results = [], events = [] }: LogEntry): boolean {
    const row = this.#held(lease);
    if (!row) return false;
    for (const { key, value } of results) row.journal.set(key, value);
    this.#addEvents(row, events);
    this.#entries += results.length;
    return true;
  }

  settle(lease: Lease, { status, output, error, wakeAt, signals = 0, results = [], events = [] }: RunEnd): boolean {
    const row = this.#held(lease);
    if (!row) return false;
    for (const { key, value } of results) row.journal.set(key, value);
    this.#entries += results.length;
    this.#addEvents(row, events);
    const now = Date.now();
    row.workerId = undefined;
    const isAsked = row.signals > signals || row.cancelRequested;
    row.wakeAt = isAsked ? now : (wakeAt ?? now);
    const again = status === "ready" || (status === "suspended" && isAsked);
    row.run = {
      ...row.run,
      status: again ? "ready" : status,
      ...(output !== undefined && { output }),
      ...(error !== undefined && { error }),
      updatedAt: now,
      ...(isEnd(status) && { finishedAt: now }),
    };
    if (again) this.#ready.add(row);
    return true;
  }

  prune(before: number, limit: number): number {
    const old = [...this.#rows.values()].filter(({ run }) => run.finishedAt !== undefined && run.finishedAt < before).slice(0, limit);
    for (const row of old) this.#drop(row);
    return old.length;
  }

  remove(row: Row | undefined): boolean {
    if (!row || row.run.status === "running") return false;
    this.#drop(row);
    return true;
  }

  reopen(row: Row | undefined, edit: JournalEdit): "reopened" | "running" | "gone" {
    if (!row) return "gone";
    if (row.run.status === "running" || row.run.status === "ready") return "running";
    const before = row.journal.size;
    row.journal = new Map(edit(row.journal));
    this.#entries += row.journal.size - before;
    row.cancelRequested = false;
    const { finishedAt: _finished, output: _output, error: _error, ...run } = row.run;
    row.run = run;
    this.#makeReady(row);
    return "reopened";
  }

  #held({ key, epoch }: Lease): Row | undefined {
    const row = this.#rows.get(key);
    return row?.epoch === epoch && row.run.status === "running" ? row : undefined;
  }

  #addEvents(row: Row, events: readonly Omit<RunEvent, "at">[]): void {
    if (events.length === 0) return;
    const at = Date.now();
    for (const { seq, type, data } of events) row.events.push({ seq, type, data, at });
    this.#entries += events.length;
  }

  #makeReady(row: Row): void {
    const now = Date.now();
    row.run = { ...row.run, status: "ready", updatedAt: now };
    row.wakeAt = now;
    this.#ready.add(row);
  }

  /** Runs that have ended go first, then those that wait; one with a worker stays. Some go at a time: to look for the oldest has a price. */
  #makeRoom(fresh: Row): void {
    const isFull = (share: number): boolean =>
      this.#rows.size > this.#maxRuns - Math.floor(this.#maxRuns * share) || this.#entries > this.#maxEntries * (1 - share);
    if (!isFull(0)) return;
    for (const mayGo of [isEnd, (status: RunRecord["status"]): boolean => status === "suspended"]) {
      for (const row of this.#rows.values()) {
        if (!isFull(SPARE)) return;
        if (row !== fresh && mayGo(row.run.status)) this.#drop(row);
      }
    }
  }

  #drop(row: Row): void {
    this.#rows.delete(row.key);
    const id = idKey(row.tenant, row.run.id);
    const same = this.#byId.get(id) ?? [];
    if (same.length > 1)
      this.#byId.set(
        id,
        same.filter((other) => other !== row),
      );
    else this.#byId.delete(id);
    this.#ready.delete(row);
    this.#entries -= row.journal.size + row.events.length;
  }
}

function claimRow(row: Row, workerId: string): ClaimedRun {
  row.workerId = workerId;
  row.epoch += 1;
  row.run = { ...row.run, status: "running", updatedAt: Date.now() };
  const { run, journal, signals, cancelRequested } = row;
  const lastSeq = row.events.at(-1)?.seq ?? 0;
  return { lease: leaseOf(row), run, journal: new Map(journal), lastSeq, signals, cancelRequested, lost: 0 };
}

function isEnd(status: RunRecord["status"]): boolean {
  return status === "done" || status === "failed" || status === "cancelled";
}

function idKey(tenant: string, id: string): string {
  return `${tenant}\n${id}`;
}

function leaseOf({ key, tenant, run, workerId = "", epoch }: Row): Lease {
  return { key, runId: run.id, tenant, resourceId: run.resourceId, workerId, epoch };
}
