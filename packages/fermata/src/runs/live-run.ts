import { FermataError } from "../errors.ts";
import { runTopic } from "../storage/hints.ts";
import type { ClaimedRun, Lease, RunEnd, RunRecord } from "../storage/runs.ts";
import { Cancellation } from "./cancellation.ts";
import { insist } from "./insist.ts";
import { packEvents, type NewEvent } from "./packed-events.ts";
import { packSteps } from "./packed-steps.ts";
import type { RunLog, RunRef } from "./run-log.ts";
import { SharedValues, ValueReader } from "./shared-values.ts";

/** Events that a run keeps in the process for its readers. Who is further behind reads the store. */
const WINDOW = 1_024;

/** Events that a run which is kept in the process gathers at most before they go to the log. */
const MOST_GATHERED = WINDOW / 2;
const WRITTEN = Promise.resolve();

/** How the events of a kind of runs are written: those of `waitMs` together. */
export interface EventBatching {
  readonly waitMs: number;
  /** They are few, and hold values that come again: see `shared-values.ts`. Otherwise they are small, and many go in one row. */
  readonly sharesValues?: boolean;
}

interface Result {
  readonly key: string;
  readonly value: unknown;
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
  /** What the run holds in this process alone, such as a request context with values that are not data. */
  readonly local: unknown;
  /** Whether another process can go on with it. */
  readonly isShared: boolean;
  /** What the driver of its kind knows of it, for whoever waits for the run in this process. */
  knowledge: unknown;
  /** Show an event only when it is on disk. Default: at once, and write it together with what follows soon. */
  writesFirst = false;
  /** Resolves when this process has put the run away. */
  done: Promise<void> = Promise.resolve();
  /** This process is about to end: stop at the next place where another one can go on. */
  isLeaving = false;
  /** Also when another worker has taken it over. */
  readonly cancellation = new Cancellation();
  readonly #log: RunLog;
  #events: NewEvent[] = [];
  /** The number of the first of them, or of the next one when there are none. */
  #first: number;
  /** Whether somebody has asked for them since the last write. */
  #isRead = false;
  /** What the store does not have yet. */
  #newEvents: NewEvent[] = [];
  #newResults: Result[] = [];
  #seq: number;
  #isScheduled = false;
  readonly #batching: EventBatching | undefined;
  readonly #values: SharedValues | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The write under way, and the one that waits for it: a reader elsewhere never sees an event before the one before it. */
  #writing: Promise<void> | undefined;
  #nextWrite: Promise<void> | undefined;
  #lost = false;
  #topic: string | undefined;
  #end: Omit<RunEnd, "events" | "signals"> | undefined;
  #listeners: Set<() => void> | undefined;

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
    this.isShared = log.isShared && lease.key > 0;
    this.#log = log;
    this.#batching = batching;
    if (batching?.sharesValues && this.isShared) this.#values = new SharedValues();
    this.#seq = lastSeq;
    this.#first = lastSeq + 1;
    if (cancelRequested) this.cancel();
  }

  /** The number of the newest event. */
  get lastSeq(): number {
    return this.#seq;
  }

  get isLost(): boolean {
    return this.#lost;
  }

  /** How the work on it was ended here; `undefined` before that, or when another worker has it. */
  get end(): Omit<RunEnd, "events" | "signals"> | undefined {
    return this.#end;
  }

  cancel(): void {
    this.cancellation.cancel();
  }

  /** The run belongs to another worker from now on. Whoever works on it here stops without a word. */
  abandon(): void {
    this.#lost = true;
    this.cancel();
  }

  /** Adds an event and gives its number. It is written together with what follows soon. */
  emit(type: string, data: unknown): number {
    const event = this.#next(type, data);
    this.#newEvents.push(event);
    if (!this.#showsLate) this.#show(event);
    if (this.#isScheduled) return event.seq;
    // The log of the process gets them with the end: who reads the run before that reads this.
    if (!this.isShared && this.#newEvents.length < MOST_GATHERED) return event.seq;
    this.#isScheduled = true;
    const write = (): void => {
      this.#isScheduled = false;
      if (!this.#lost) this.flush().catch(() => undefined); // whoever writes a result is told
    };
    if (this.#batching && this.isShared && !this.writesFirst) this.#timer = setTimeout(write, this.#batching.waitMs);
    else setImmediate(write);
    return event.seq;
  }

  /** Writes every event up to here. Rejects when the lease is lost. */
  async flush(): Promise<void> {
    if (!this.isShared) return;
    if (this.#newEvents.length > 0) await this.#flush();
    else await (this.#nextWrite ?? this.#writing);
  }

  /** Writes a result, and every event up to here with it. Rejects when the lease is lost: nobody may go on then. */
  write(key: string, value: unknown): Promise<void> {
    this.journal.set(key, value);
    this.#newResults.push({ key, value });
    return this.isShared || this.#lost ? this.#flush() : WRITTEN;
  }

  /** Keeps a result that is written with the run's end, which follows at once. */
  note(key: string, value: unknown): void {
    this.journal.set(key, value);
    this.#newResults.push({ key, value });
  }

  /** Ends the work. `closing` are the last events. False when the lease was lost before. */
  async settle(
    end: Omit<RunEnd, "events" | "signals">,
    closing: readonly { readonly type: string; readonly data: unknown }[],
  ): Promise<boolean> {
    const writing = this.#nextWrite ?? this.#writing;
    if (writing) await writing;
    if (this.#lost) return false;
    const last = closing.map(({ type, data }) => this.#next(type, data));
    const kept = this.#newEvents;
    this.#newEvents = [];
    clearTimeout(this.#timer);
    const events = [...kept, ...last];
    const rows = this.#toRows(events);
    const results = this.#written(this.#newResults);
    this.#newResults = [];
    const given: RunEnd = { ...end, signals: this.signals, events: rows, ...(results.length > 0 && { results }) };
    const { work } = this.#log;
    const settled = await (this.isShared ? insist(() => work.settle(this.lease, given), this.#patience) : work.settle(this.lease, given));
    if (!settled) return false;
    this.#tell();
    this.#end = end;
    for (const event of this.#showsLate ? events : last) this.#show(event);
    return true;
  }

  /** Puts the values back that the journal has elsewhere, and remembers what the events of earlier stretches of work hold. */
  async recall(events: readonly NewEvent[]): Promise<void> {
    const reader = new ValueReader(async () => undefined, Infinity); // all events are here
    for (const event of events) {
      await reader.restore(event);
      this.#values?.learn(event);
    }
    for (const [key, value] of this.journal) this.journal.set(key, await reader.restoreResult(value));
  }

  /** Events after `seq` that are still here; `undefined` when some of them are not. */
  eventsAfter(seq: number): readonly NewEvent[] | undefined {
    this.#isRead = true;
    return seq + 1 < this.#first ? undefined : this.#events.slice(seq + 1 - this.#first);
  }

  /** Calls `listener` at the next event, or when the run has settled. Gives a function that takes it back. */
  onChange(listener: () => void): () => void {
    const listeners = (this.#listeners ??= new Set());
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Tells readers that nothing more comes from here. */
  release(): void {
    this.#rouse();
  }

  get #showsLate(): boolean {
    return this.writesFirst && this.isShared;
  }

  #toRows(events: readonly NewEvent[]): readonly NewEvent[] {
    if (this.#values) return packSteps(this.#values.pack(events), this.id);
    return this.#batching && !this.#batching.sharesValues ? packEvents(events) : events;
  }

  #written(results: readonly Result[]): readonly Result[] {
    const values = this.#values;
    return values ? results.map(({ key, value }) => ({ key, value: values.packResult(value) })) : results;
  }

  #next(type: string, data: unknown): NewEvent {
    return { seq: ++this.#seq, type, data };
  }

  #show(event: NewEvent): void {
    this.#events.push(event);
    if (this.#events.length > WINDOW * 2) this.#keep(WINDOW);
    if (this.#listeners) this.#rouse();
  }

  /** What is on disk need not be here while nobody reads. */
  #forget(): void {
    const isFollowed = this.#isRead || (this.#listeners?.size ?? 0) > 0;
    if (!isFollowed && this.isShared) this.#keep(this.#newEvents.length);
    this.#isRead = false;
  }

  #keep(count: number): void {
    this.#first += this.#events.length - count;
    this.#events = count === 0 ? [] : this.#events.slice(-count);
  }

  #rouse(): void {
    const waiting = this.#listeners;
    this.#listeners = undefined;
    for (const wake of waiting ?? []) wake();
  }

  /** Readers in other processes look again. */
  #tell(): void {
    const { hints } = this.#log;
    if (hints && this.isShared) hints.tell((this.#topic ??= runTopic(this.ref)));
  }

  readonly #patience = { isOver: (): boolean => this.#lost };

  /** Writes everything that is new, after the write that is under way. */
  #flush(): Promise<void> {
    if (!this.#writing) return (this.#writing = this.#write());
    this.#nextWrite ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#nextWrite = undefined;
        return (this.#writing = this.#write());
      });
    return this.#nextWrite;
  }

  async #write(): Promise<void> {
    try {
      await Promise.resolve(); // what is written in the same breath goes along
      if (this.#lost) throw new LeaseLost(this.id);
      const [results, events] = [this.#newResults, this.#newEvents];
      [this.#newResults, this.#newEvents] = [[], []];
      const rows = this.#toRows(events);
      const written = this.#written(results);
      const [kept] = await insist(() => this.#log.work.append([{ lease: this.lease, results: written, events: rows }]), this.#patience);
      if (kept === true) {
        this.#tell();
        if (this.#showsLate) for (const event of events) this.#show(event);
        else this.#forget();
        return;
      }
      this.abandon();
      throw new LeaseLost(this.id);
    } finally {
      if (!this.#nextWrite) this.#writing = undefined;
    }
  }
}

/** Another worker has the run. Whoever meets this stops without a word. */
export class LeaseLost extends FermataError {
  constructor(runId: string) {
    super("CONFLICT", `Run ${runId} is worked on elsewhere.`);
  }
}
