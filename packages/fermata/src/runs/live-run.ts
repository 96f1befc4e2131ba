import { FermataError } from "../errors.ts";
import type { ClaimedRun, Lease, RunEnd, RunRecord } from "../storage/runs.ts";
import { packEvents, type NewEvent } from "./packed-events.ts";
import type { RunLog, RunRef } from "./run-log.ts";

/** Events that a run keeps in the process for its readers. Who is further behind reads the store. */
const WINDOW = 1_024;

/** How the events of a kind of runs are written: those of `waitMs` together, in one row. */
export interface EventBatching {
  readonly waitMs: number;
}

/** A run that this process works on: the lease, the journal, and the newest events. It lives until it settles. */
export class LiveRun {
  readonly id: string;
  readonly ref: RunRef;
  readonly record: RunRecord;
  readonly lease: Lease;
  readonly journal: Map<string, unknown>;
  /** The signals that were there when the work began. */
  readonly signals: number;
  /** Workers that stopped living while they had this run. */
  readonly lostWorkers: number;
  /** Ask to stop at the next place where another process can go on: this one is about to end. */
  isLeaving = false;
  /** What the run holds in this process alone, such as a request context with values that are not data. */
  readonly local: unknown;
  readonly #log: RunLog;
  readonly #controller = new AbortController();
  #events: NewEvent[] = [];
  /** Events that the store does not have yet: the last ones of the window. */
  #unwritten: NewEvent[] = [];
  #seq: number;
  #flushing = false;
  readonly #batching: EventBatching | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lost = false;
  readonly #listeners = new Set<() => void>();

  constructor(
    log: RunLog,
    { lease, run, journal, lastSeq, signals, cancelRequested, lost }: ClaimedRun,
    local: unknown,
    batching?: EventBatching,
  ) {
    this.id = run.id;
    this.ref = { tenant: lease.tenant, resourceId: run.resourceId, id: run.id };
    this.record = run;
    this.lostWorkers = lost;
    this.lease = lease;
    this.journal = journal instanceof Map ? journal : new Map(journal);
    this.signals = signals;
    this.local = local;
    this.#log = log;
    this.#batching = batching;
    this.#seq = lastSeq;
    if (cancelRequested) this.cancel();
  }

  /** Aborts when the run is cancelled, or when another worker has taken it over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The number of the newest event. */
  get lastSeq(): number {
    return this.#seq;
  }

  cancel(): void {
    if (!this.#controller.signal.aborted) this.#controller.abort(new DOMException("The run was cancelled.", "AbortError"));
  }

  /** The run belongs to another worker from now on. Whoever works on it here stops without a word. */
  abandon(): void {
    this.#lost = true;
    this.cancel();
  }

  /** Adds an event and gives its number. Readers in this process see it at once; it is written together with what follows soon. */
  emit(type: string, data: unknown): number {
    const event = this.#next(type, data);
    this.#unwritten.push(event);
    this.#show(event);
    if (this.#flushing) return event.seq;
    this.#flushing = true;
    if (this.#batching) this.#timer = setTimeout(() => void this.#flush(), this.#batching.waitMs);
    else setImmediate(() => void this.#flush());
    return event.seq;
  }

  /** Writes every event up to here. Rejects when the lease is lost. */
  async flush(): Promise<void> {
    if (this.#unwritten.length > 0) await this.#write([]);
  }

  /** Writes a result, and every event up to here with it. Rejects when the lease is lost: nobody may go on then. */
  async write(key: string, value: unknown): Promise<void> {
    this.journal.set(key, value);
    await this.#write([{ key, value }]);
  }

  /** Ends the work. `closing` are the last events. False when the lease was lost before. */
  async settle(
    end: Omit<RunEnd, "events" | "signals">,
    closing: readonly { readonly type: string; readonly data: unknown }[],
  ): Promise<boolean> {
    if (this.#lost) return false;
    const last = closing.map(({ type, data }) => this.#next(type, data));
    const events = this.#toRows([...this.#unwritten, ...last]);
    this.#unwritten = [];
    clearTimeout(this.#timer);
    const settled = await this.#log.work.settle(this.lease, { ...end, signals: this.signals, events });
    for (const event of last) this.#show(event);
    return settled;
  }

  /** Events after `seq` that are still here; `undefined` when some of them are not. */
  eventsAfter(seq: number): readonly NewEvent[] | undefined {
    const first = this.#events[0]?.seq ?? this.#seq + 1;
    if (seq + 1 < first) return seq >= this.#seq ? [] : undefined;
    return this.#events.slice(seq + 1 - first);
  }

  /** Calls `listener` at the next event, or when the run has settled. Gives a function that takes it back. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells readers that nothing more comes from here. */
  release(): void {
    this.#rouse();
  }

  #toRows(events: readonly NewEvent[]): readonly NewEvent[] {
    return this.#batching ? packEvents(events) : events;
  }

  #next(type: string, data: unknown): NewEvent {
    return { seq: ++this.#seq, type, data };
  }

  #show(event: NewEvent): void {
    this.#events.push(event);
    if (this.#events.length > WINDOW * 2) this.#events = this.#events.slice(-WINDOW);
    if (this.#listeners.size > 0) this.#rouse();
  }

  #rouse(): void {
    const waiting = [...this.#listeners];
    this.#listeners.clear();
    for (const wake of waiting) wake();
  }

  async #flush(): Promise<void> {
    this.#flushing = false;
    if (this.#unwritten.length > 0 && !this.#lost) await this.#write([]).catch(() => undefined);
  }

  async #write(results: readonly { readonly key: string; readonly value: unknown }[]): Promise<void> {
    if (this.#lost) throw new LeaseLost(this.id);
    const events = this.#toRows(this.#unwritten);
    this.#unwritten = [];
    const [kept] = await this.#log.work.append([{ lease: this.lease, results, events }]);
    if (kept === true) return;
    this.abandon();
    throw new LeaseLost(this.id);
  }

  get isLost(): boolean {
    return this.#lost;
  }
}

/** Another worker has the run. Whoever meets this stops without a word. */
export class LeaseLost extends FermataError {
  constructor(runId: string) {
    super("CONFLICT", `Run ${runId} is worked on elsewhere.`);
  }
}
