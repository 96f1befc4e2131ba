/**
 * Runs and their logs. A run has a record, an append-only log of events with a number each, a journal of results by key, and a lease:
 * only the worker that holds the lease writes, and a worker that lost it is turned away by the epoch.
 */
import type { Metadata } from "./metadata.ts";
import type { Reach } from "./reach.ts";
import type { Page, PageRequest } from "./page.ts";

/** `ready` waits for a worker (from `wakeAt` on), `suspended` for a signal. The other three are final. */
export type RunStatus = "ready" | "running" | "suspended" | "done" | "failed" | "cancelled";

export interface RunRecord {
  readonly id: string;
  readonly resourceId: string;
  /** What runs: `agent`, `workflow`, `tool` … */
  readonly kind: string;
  /** Which one: the agent's or workflow's id. */
  readonly name: string;
  readonly threadId?: string;
  readonly parentRunId?: string;
  readonly status: RunStatus;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly metadata?: Metadata;
  /** Says which version of the graph the journal belongs to. */
  readonly graphHash?: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly finishedAt?: number;
}

export interface NewRun {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  /** Default: the only resource within reach. */
  readonly resourceId?: string | undefined;
  readonly threadId?: string | undefined;
  readonly parentRunId?: string | undefined;
  readonly input?: unknown;
  readonly metadata?: Metadata | undefined;
  readonly graphHash?: string | undefined;
  /** Not to be claimed before. Epoch milliseconds, default now. */
  readonly wakeAt?: number | undefined;
  /** Starts the run here and now: this worker gets the lease and nobody claims the run before that worker is gone. */
  readonly workerId?: string | undefined;
}

export interface RunQuery extends PageRequest {
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly resourceId?: string | undefined;
  readonly threadId?: string | undefined;
  /** Of `createdAt`, epoch milliseconds, both ends included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface RunEvent {
  /** From 1, without gaps, given by the worker that holds the lease. */
  readonly seq: number;
  readonly type: string;
  readonly data: unknown;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The right to write to a run. It ends when another worker claims the run. */
export interface Lease {
  /** The store's own key of the run. */
  readonly key: number;
  readonly runId: string;
  readonly tenant: string;
  readonly resourceId: string;
  readonly workerId: string;
  readonly epoch: number;
}

/** The runs within a principal's reach. Ids are unique per resource, as those of threads are. */
export interface RunStore {
  /** Creates the run unless it is there. `lease` is there when the run was created for `workerId`, also when it was that before. */
  create(run: NewRun): Promise<{ readonly run: RunRecord; readonly created: boolean; readonly lease?: Lease }>;
  /** Writes a run that has begun and ended already. False, and nothing is written, when there is one with this id. */
  record(run: Omit<NewRun, "workerId" | "wakeAt">, end: RunEnd): Promise<boolean>;
  get(id: string): Promise<RunRecord | undefined>;
  /** Newest first. Default 100 per page. */
  list(query?: RunQuery): Promise<Page<RunRecord>>;
  /** Events after `afterSeq` in their order, at most `limit` (default 1,000). Empty when there is no such run. */
  events(id: string, afterSeq?: number, limit?: number): Promise<readonly RunEvent[]>;
  /**
   * Answers a run that waits (or will) for `name`: the payload goes into the journal under `signal:<name>`, and the run becomes ready
   * if it is suspended, or at once if it was to wake later. Of several answers the first one counts.
   */
  signal(id: string, name: string, payload: unknown): Promise<"accepted" | "duplicate" | "gone">;
  /** Asks whoever holds the lease to end the run; a run that waits becomes ready, so that a worker can end it. False when it has ended or is not there. */
  cancel(id: string): Promise<boolean>;
  /** Gives a run that is suspended to this worker, here and now: of several callers one gets it. `undefined` when it is not suspended. */
  take(id: string, workerId: string): Promise<ClaimedRun | undefined>;
  /** Deletes the run with its log. False when it is not there or has a worker. */
  remove(id: string): Promise<boolean>;
  /** Makes a run that nobody works on ready again, with the journal that `edit` makes of its own. Its events stay. `edit` may be called again. */
  reopen(id: string, edit: JournalEdit): Promise<"reopened" | "running" | "gone">;
}

export type JournalEdit = (journal: ReadonlyMap<string, unknown>) => ReadonlyMap<string, unknown>;

export interface ClaimedRun {
  readonly lease: Lease;
  readonly run: RunRecord;
  /** Results by key. */
  readonly journal: ReadonlyMap<string, unknown>;
  /** The number of the last event in the log, 0 when there is none: the worker goes on from here. */
  readonly lastSeq: number;
  /** To be given back to `settle`. */
  readonly signals: number;
  readonly cancelRequested: boolean;
  /** Workers that stopped living while they had the run, since it last was settled. */
  readonly lost: number;
}

/** Which runs a worker can work on. */
export interface ClaimFilter {
  readonly kinds?: readonly string[] | undefined;
  /**
   * The graphs that the worker knows. It leaves a run of another graph to those who know it, unless nobody has taken the run for `strangerMs`.
   * Runs without a graph are for everybody. Default: all.
   */
  readonly graphs?: readonly string[] | undefined;
  readonly strangerMs?: number | undefined;
}

/** Something that happened in a run. All of one entry is written, or nothing. */
export interface LogEntry {
  readonly lease: Lease;
  readonly results?: readonly { readonly key: string; readonly value: unknown }[];
  readonly events?: readonly Omit<RunEvent, "at">[];
}

export interface RunEnd {
  /** `ready` with `wakeAt` gives the run back until then, or until a signal; `suspended` until a signal. */
  readonly status: Exclude<RunStatus, "running">;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly wakeAt?: number | undefined;
  /** The signals that the worker has seen: when more have come, a run that waits is ready at once. */
  readonly signals?: number | undefined;
  /** Written in the same transaction: the last results, and the terminal event. */
  readonly results?: readonly { readonly key: string; readonly value: unknown }[] | undefined;
  readonly events?: readonly Omit<RunEvent, "at">[] | undefined;
}

/**
 * The work on runs, for the system alone. A worker's id is unique per start of a process: an id used again would keep its dead self alive.
 * Every method may be repeated when its answer was lost.
 */
export interface RunWorkStore {
  /** Says that the worker lives, until `ttlMs` from now. */
  heartbeat(workerId: string, ttlMs: number): Promise<void>;
  /** Takes ready runs, oldest `wakeAt` first. Of several workers one gets a run. */
  claim(workerId: string, max: number, filter?: ClaimFilter): Promise<readonly ClaimedRun[]>;
  /** Writes many entries in one transaction. Resolves to one flag per entry: false when its lease was lost, and then nothing of it is written. */
  append(entries: readonly LogEntry[]): Promise<readonly boolean[]>;
  /** Ends the lease. False when it was lost before. */
  settle(lease: Lease, end: RunEnd): Promise<boolean>;
  /** Makes the runs of workers that stopped living ready: all of them, or those within reach. Resolves to their number. */
  reap(within?: Reach): Promise<number>;
  /** Makes those runs of the worker ready that it does not know of: an answer that gave it one was lost. Resolves to their number. */
  disown(workerId: string, known: readonly Lease[]): Promise<number>;
  /** The leases of this worker whose runs somebody cancelled. */
  cancelled(workerId: string): Promise<readonly Lease[]>;
  /** Deletes runs that ended before `before` with their logs, at most `limit`. Resolves to their number. */
  prune(before: number, limit: number): Promise<number>;
}
