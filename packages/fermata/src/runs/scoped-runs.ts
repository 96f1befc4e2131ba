import { FermataError } from "../errors.ts";
import { CANCELLED, runTopic, threadTopic } from "../storage/hints.ts";
import type { LeaseStore } from "../storage/leases.ts";
import type { Reach } from "../storage/reach.ts";
import type { NewRun, RunEnd, RunEvent, RunRecord, RunStore } from "../storage/runs.ts";
import type { LiveRun } from "./live-run.ts";
import { News } from "./news.ts";
import { packEvents, type NewEvent } from "./packed-events.ts";
import { unpackEvent } from "./unpack-event.ts";
import { attend, isAttended } from "./presence.ts";
import { readRun, type ReadOptions } from "./read-run.ts";
import { reachOfRun, type Durability, type RunRef } from "./run-log.ts";
import type { RunWorker } from "./run-worker.ts";
import { ValueReader } from "./shared-values.ts";
import type { ThreadRef } from "./thread-watch.ts";

const PAGE = 1_000;

/** A run as this module's callers name it: its record, or what is left of it. */
type Run = Pick<RunRecord, "id" | "resourceId">;

/** A thread as its owner names it. */
export interface ThreadOwner {
  readonly threadId: string;
  readonly resourceId: string | undefined;
}

/** The runs that somebody reaches, whichever process works on them. What is out of reach answers like what is not there. */
export class ScopedRuns {
  readonly reach: Reach;
  readonly #worker: RunWorker;

  constructor(worker: RunWorker, reach: Reach) {
    this.#worker = worker;
    this.reach = reach;
  }

  /** Their records, events and answers. */
  get store(): RunStore {
    return this.#worker.log.for(this.reach);
  }

  /** Begins a run here and now. `undefined` when there is one with this id already. */
  start(run: Omit<NewRun, "workerId">, local?: unknown, durability?: Durability): Promise<LiveRun | undefined> {
    return this.#worker.begin(this.reach, run, local, durability);
  }

  /** Writes a run that has begun and ended already. False when there is one with this id. */
  record(run: Omit<NewRun, "workerId" | "wakeAt">, { events = [], ...end }: RunEnd): Promise<boolean> {
    return this.store.record(run, { ...end, events: packEvents(events) });
  }

  /** Takes a run that is suspended, here and now: of several callers one gets it. `undefined` when it is not suspended. */
  take(id: string, local?: unknown): Promise<LiveRun | undefined> {
    return this.#worker.take(this.reach, id, local);
  }

  get(id: string): Promise<RunRecord | undefined> {
    return this.store.get(id);
  }

  /** The run, while this process works on it. */
  live(run: Run): LiveRun | undefined {
    return this.#worker.live(this.#ref(run));
  }

  /** Lets a run go on that has become ready. `local` goes to it when this process gets it. */
  wake(run: Run, local?: unknown): Promise<void> {
    return this.#worker.wake(this.#ref(run), local);
  }

  /** Asks the run to end, whichever process works on it. False when it has ended already. */
  async cancel(run: Run): Promise<boolean> {
    const asked = await this.#exactly(run).cancel(run.id);
    if (!asked) return false;
    this.#worker.log.hints?.tell(CANCELLED);
    const live = this.live(run);
    if (live) live.cancel();
    else await this.#worker.takeUp();
    return true;
  }

  /** Resolves when this process does not work on the run any more. Rejects with the signal's reason. */
  async idle(run: Run, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const idle = this.#worker.idle(this.#ref(run));
    await (signal ? orAborted(signal, idle) : idle);
  }

  /** Resolves when nobody works on the run any more, and it does not sleep. Rejects when it is not there, or with the signal's reason. */
  async settled(run: Run, signal?: AbortSignal): Promise<RunRecord> {
    const store = this.#exactly(run);
    let news: News | undefined;
    try {
      for (;;) {
        await this.idle(run, signal);
        const record = await store.get(run.id);
        if (!record) throw new FermataError("NOT_FOUND", "Run not found");
        if (record.status !== "ready" && record.status !== "running") return record;
        if (this.live(run)) continue;
        if (news) await news.next(signal);
        // It is looked at once more: from here on whatever happens is told.
        else news = new News(this.#worker.log.hints, runTopic(this.#ref(run)));
        signal?.throwIfAborted();
      }
    } finally {
      news?.stop();
    }
  }

  /** All events of a run, with those that this process has not written yet. */
  async events(run: Run): Promise<readonly (RunEvent | NewEvent)[]> {
    const live = this.live(run);
    const here = live?.eventsAfter(0);
    if (here) return here;
    const store = this.#exactly(run);
    const all: (RunEvent | NewEvent)[] = [];
    const reader = new ValueReader(async () => undefined, Infinity); // from the first one on, none is asked for
    for (;;) {
      const page = await store.events(run.id, all.at(-1)?.seq ?? 0, PAGE);
      for (const event of page.flatMap((row) => unpackEvent(row, run.id))) {
        const restored = reader.restore(event);
        all.push(restored instanceof Promise ? await restored : restored);
      }
      if (page.length === PAGE) continue;
      // What was written meanwhile may not be in the process any more.
      const rest = live ? live.eventsAfter(all.at(-1)?.seq ?? 0) : [];
      if (rest || page.length === 0) return [...all, ...(rest ?? [])];
    }
  }

  /** The events of a run in their order, each once, until it ends. Ends silently when the signal aborts. */
  read(run: Run, options: ReadOptions): AsyncGenerator<NewEvent> {
    return readRun(this.#worker, this.#ref(run), options);
  }

  /** Calls `listener` when this process begins to work on a run of the thread, or another one says that it does, and when this one stops working altogether. Gives the function that ends it. */
  follow(thread: ThreadOwner, listener: () => void): () => void {
    const ref = this.#thread(thread);
    const { threads, log } = this.#worker;
    const unwatch = threads.add(ref, listener);
    // Where word comes for everything that is written, looking for turns each time would cost more than it is worth.
    const following = log.hints?.isExact ? log.hints.follow(threadTopic(ref), listener) : undefined;
    return () => {
      unwatch();
      following?.stop();
    };
  }

  isFollowed({ threadId, resourceId }: { readonly threadId: string | undefined; readonly resourceId: string | undefined }): boolean {
    return threadId !== undefined && this.#worker.threads.has(this.#thread({ threadId, resourceId }));
  }

  /** Says that somebody reads the run here, to the process that works on it. Gives the function that ends it. */
  attend(run: Run): () => void {
    const leases = this.#leasesOf(run);
    return leases ? attend(leases, run.id) : () => undefined;
  }

  /** Whether somebody reads the run in another process. */
  async isAttended(run: Run): Promise<boolean> {
    const leases = this.#leasesOf(run);
    return leases !== undefined && isAttended(leases, run.id);
  }

  /** Whether this process takes up no runs any more. */
  get isStopping(): boolean {
    return this.#worker.threads.isClosed;
  }

  /** Whether runs of other processes are among them. */
  get isShared(): boolean {
    return this.#worker.log.isShared;
  }

  #leasesOf(run: Run): LeaseStore | undefined {
    return this.#worker.log.leasesFor?.(reachOfRun(this.#ref(run)));
  }

  #thread({ threadId, resourceId }: ThreadOwner): ThreadRef {
    return { tenant: this.reach.tenant, resourceId: this.reach.resourceId ?? resourceId ?? "", threadId };
  }

  #ref({ id, resourceId }: Run): RunRef {
    return { tenant: this.reach.tenant, resourceId, id };
  }

  /** Ids are unique per resource: of two runs with one id this is the one that is meant. */
  #exactly(run: Run): RunStore {
    return this.reach.resourceId === undefined ? this.#worker.log.for(reachOfRun(this.#ref(run))) : this.store;
  }
}

/** `work`, or a rejection with the signal's reason; no listener outlives the call. */
function orAborted(signal: AbortSignal, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error); // whatever the caller aborted with
    signal.addEventListener("abort", onAbort, { once: true });
    void work.finally(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}
