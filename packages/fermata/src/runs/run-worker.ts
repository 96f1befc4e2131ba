/** Works on the runs of one process: starts them, claims those that are ready, and lets go of each when it settles. */
import { FermataError } from "../errors.ts";
import { threadTopic } from "../storage/hints.ts";
import type { Reach } from "../storage/reach.ts";
import type { ClaimedRun, NewRun, RunEnd, RunStore } from "../storage/runs.ts";
import type { Logger } from "../telemetry/logger.ts";
import { CancelWatch } from "./cancel-watch.ts";
import { insist } from "./insist.ts";
import { LeaseLost, LiveRun, type EventBatching } from "./live-run.ts";
import type { Durability, RunLog, RunRef } from "./run-log.ts";
import { ThreadWatch } from "./thread-watch.ts";

/** How a run's work ended, with the last events of it. */
export interface Settlement {
  readonly end: Omit<RunEnd, "events" | "signals">;
  readonly closing: readonly { readonly type: string; readonly data: unknown }[];
  /** Called once the end is written. */
  readonly after?: () => void | Promise<void>;
}

/** Does the work of one kind of runs. What it throws is a fault of the house: the run ends as failed. */
export type Drive = (live: LiveRun) => Promise<Settlement>;

/** How the runs of an app are worked on. */
export interface RunOptions {
  /** Milliseconds after which others may take the runs of a process that gives no sign of life. Default 5,000. */
  readonly leaseMs?: number;
  /** Runs that a process takes up at a time. Those that it began itself are not counted out. Default 200. */
  readonly concurrency?: number;
}

/** Runs that one `claim` takes. */
const CLAIM_AT_ONCE = 16;
/** Milliseconds between looks for runs that are ready. */
const CLAIM_EVERY_MS = 500;
/** Milliseconds that a run of an unknown graph is left to processes that may know it, such as those of the version before. */
const STRANGER_MS = 60_000;
/** Milliseconds that a start waits for a store that does not answer. */
const LONGEST_START_MS = 2_000;
const LONGEST_TIMER_MS = 2_147_483_647;

export class RunWorker {
  readonly log: RunLog;
  /** Unique per start of a process. */
  readonly id = crypto.randomUUID();
  /** Who follows threads in this process. */
  readonly threads = new ThreadWatch();
  readonly #logger: Logger;
  /** Milliseconds after which others may take the runs of a process that gives no sign of life. */
  readonly leaseMs: number;
  readonly #concurrency: number;
  readonly #kinds = new Map<string, { readonly drive: Drive; readonly batching?: EventBatching | undefined }>();
  readonly #live = new Map<string, LiveRun>();
  /** Values of the process for runs that are about to be claimed. */
  readonly #local = new Map<string, unknown>();
  #graphs: () => readonly string[] | undefined = () => undefined;
  #claiming: Promise<void> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #lastBeat = 0;
  readonly #cancels: CancelWatch;
  #polls: ReturnType<typeof setInterval>[] = [];
  #alarm: { readonly at: number; readonly timer: ReturnType<typeof setTimeout> } | undefined;
  #isStopping = false;
  #isSilent = false;
  /** When the store last did not answer. */
  #unansweredAt = -Infinity;
  /** Questions under way whose answers give this process runs, and whether such an answer was lost. */
  #asking = 0;
  #mayOwnMore = false;

  /** @throws FermataError `MISCONFIGURED` */
  constructor(log: RunLog, logger: Logger, { leaseMs = 5_000, concurrency = 200 }: RunOptions = {}) {
    checkWhole("runs.leaseMs", leaseMs, 250, 3_600_000);
    checkWhole("runs.concurrency", concurrency, 1, 1_000_000);
    this.log = log;
    this.#cancels = new CancelWatch(log, () => this.#lookForCancelled());
    this.#logger = logger;
    this.leaseMs = leaseMs;
    this.#concurrency = concurrency;
  }

  handle(kind: string, drive: Drive, batching?: EventBatching): void {
    this.#kinds.set(kind, { drive, batching });
  }

  /** Says which graphs this process knows; runs of others are left to others for a while. */
  knowGraphs(graphs: () => readonly string[]): void {
    this.#graphs = graphs;
  }

  /** The run, while this process works on it. */
  live(ref: RunRef): LiveRun | undefined {
    return this.#live.get(keyOf(ref));
  }

  get liveCount(): number {
    return this.#live.size;
  }

  /** Takes up runs from now on: those whose process is gone, and those that are ready. Without it, only what this process is asked for runs here. */
  start(): void {
    if (!this.log.isShared || this.#polls.length > 0 || this.#isStopping) return;
    this.#every(CLAIM_EVERY_MS, () => this.takeUp());
    this.#every(this.leaseMs / 4, () => this.#reapWhenSure());
    void this.#reapWhenSure().catch((error: unknown) => this.#complain(error));
  }

  /** Begins a run and works on it. `undefined` when there is one with this id already. */
  async begin(
    reach: Reach,
    run: Omit<NewRun, "workerId">,
    local: unknown,
    durability: Durability = "batched",
  ): Promise<LiveRun | undefined> {
    const about = { ...run, workerId: this.id };
    const {
      run: record,
      created,
      lease,
    } = await (durability === "memory" ? this.log.inMemory(reach).create(about) : this.#create(reach, about));
    if (!created || !lease) return undefined;
    const fresh = { lease, run: record, journal: new Map(), lastSeq: 0, signals: 0, cancelRequested: false, lost: 0 };
    return this.#begin(fresh, local);
  }

  async #create(reach: Reach, about: NewRun): ReturnType<RunStore["create"]> {
    await this.#showLife();
    const store = this.log.for(reach);
    return this.#asked(insist(() => store.create(about), { longestMs: LONGEST_START_MS }));
  }

  /** Takes a run that is suspended, and works on it. `undefined` when it is not suspended. */
  async take(reach: Reach, id: string, local: unknown): Promise<LiveRun | undefined> {
    await this.#showLife();
    const claimed = await this.#asked(this.log.for(reach).take(id, this.id));
    return claimed && this.#begin(claimed, local);
  }

  /** Claims what is ready. `local` goes to the run when this process gets it. */
  async wake(ref: RunRef, local: unknown): Promise<void> {
    const key = keyOf(ref);
    if (local !== undefined) this.#local.set(key, local);
    try {
      await this.takeUp();
    } finally {
      this.#local.delete(key);
    }
  }

  /** Claims what is ready, as far as there is room. */
  async takeUp(): Promise<void> {
    // A claim under way may have looked before this run became ready.
    await this.#claiming;
    this.#claiming ??= this.#claimAll().finally(() => (this.#claiming = undefined));
    await this.#claiming;
  }

  /** Makes the runs ready whose worker is gone, all of them or those within reach, and claims them. Resolves to their number. */
  async reap(within?: Reach): Promise<number> {
    // A process that was frozen is not gone.
    if (this.#live.size > 0) await this.#beat();
    const found = await this.log.work.reap(within);
    if (found > 0) {
      this.#logger.warn("Runs of a process that is gone are taken up", { runs: found });
      await this.takeUp();
    }
    return found;
  }

  /** When the store comes back, nobody has been able to give a sign of life: all get the time to. */
  async #reapWhenSure(): Promise<void> {
    if (performance.now() - this.#unansweredAt >= this.leaseMs) await this.reap();
  }

  /** Resolves when this process does not work on the run any more. */
  async idle(ref: RunRef): Promise<void> {
    await this.live(ref)?.done;
  }

  /**
   * Takes up nothing more, gives what is under way `graceMs` to end or to come to a place where another process can go on,
   * and hands over the rest.
   */
  async stop(graceMs = 0): Promise<void> {
    this.#isStopping = true;
    this.threads.close();
    for (const timer of this.#polls) clearInterval(timer);
    this.#polls = [];
    clearTimeout(this.#alarm?.timer);
    await this.#claiming?.catch(() => undefined);
    for (const live of this.#live.values()) live.isLeaving = true;
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref());
    const isIdle = (async () => {
      for (const live of this.#live.values()) await live.done;
    })();
    await Promise.race([isIdle, deadline]);
    await Promise.all([...this.#live.values()].map((live) => this.#handOver(live)));
    clearInterval(this.#heartbeat);
    this.#cancels.stop();
  }

  async #handOver(live: LiveRun): Promise<void> {
    if (!this.log.isShared || live.lease.key < 0) return live.cancel();
    try {
      await live.settle({ status: "ready" }, []);
    } catch (error) {
      this.#logger.error("A run could not be handed over; its lease will run out", { runId: live.id, error });
    }
    live.abandon();
  }

  async #claimAll(): Promise<void> {
    if (this.#isStopping) return;
    const kinds = [...this.#kinds.keys()];
    for (;;) {
      const room = Math.min(this.#concurrency - this.#live.size, CLAIM_AT_ONCE);
      if (room <= 0) return;
      await this.#showLife();
      const filter = { kinds, graphs: this.#graphs(), strangerMs: STRANGER_MS };
      const claimed = await this.#asked(this.log.work.claim(this.id, room, filter));
      for (const run of claimed) {
        const ref = { tenant: run.lease.tenant, resourceId: run.run.resourceId, id: run.run.id };
        this.#begin(run, this.#local.get(keyOf(ref)));
      }
      if (claimed.length < room) return;
    }
  }

  /** Waits for an answer that may give this process a run. */
  async #asked<T>(answer: Promise<T>): Promise<T> {
    this.#asking += 1;
    try {
      return await answer;
    } catch (error) {
      this.#mayOwnMore = true;
      throw error;
    } finally {
      this.#asking -= 1;
    }
  }

  /** Says that this process lives, and goes on saying so while it has work. */
  async #showLife(): Promise<void> {
    if (!this.log.isShared || this.#heartbeat) return;
    this.#heartbeat = unrefed(setInterval(() => void this.#beatOrRest(), this.leaseMs / 5));
    this.#cancels.start();
    // A pool may hold connections that died with the server.
    await insist(() => this.#beat(), { longestMs: LONGEST_START_MS });
  }

  async #beatOrRest(): Promise<void> {
    if (this.#live.size > 0 || this.#claiming || this.#mayOwnMore) return this.#beat().catch((error: unknown) => this.#complain(error));
    clearInterval(this.#heartbeat);
    this.#cancels.stop();
    this.#heartbeat = undefined;
  }

  async #beat(): Promise<void> {
    const now = performance.now();
    const wasAway = this.#live.size > 0 && this.#lastBeat > 0 && now - this.#lastBeat > this.leaseMs / 2;
    this.#lastBeat = now;
    await this.log.work.heartbeat(this.id, this.leaseMs);
    this.#isSilent = false;
    if (wasAway) await this.#findLost();
    if (!this.#mayOwnMore || this.#asking > 0) return;
    this.#mayOwnMore = false;
    const known = [...this.#live.values()].map(({ lease }) => lease);
    if ((await this.log.work.disown(this.id, known)) > 0) await this.takeUp();
  }

  /** After a time without signs of life others may have taken runs over: what is still done to them here would be in vain. */
  async #findLost(): Promise<void> {
    const all = [...this.#live.values()];
    const held = await this.log.work.append(all.map(({ lease }) => ({ lease })));
    for (const [i, live] of all.entries()) if (held[i] === false) live.abandon();
  }

  async #lookForCancelled(): Promise<void> {
    if (this.#live.size === 0) return;
    try {
      for (const { tenant, resourceId, runId } of await this.log.work.cancelled(this.id))
        this.live({ tenant, resourceId, id: runId })?.cancel();
    } catch (error) {
      this.#complain(error);
    }
  }

  #every(ms: number, work: () => Promise<unknown>): void {
    let isBusy = false;
    const turn = async (): Promise<void> => {
      if (isBusy) return;
      isBusy = true;
      await work().catch((error: unknown) => this.#complain(error));
      isBusy = false;
    };
    this.#polls.push(unrefed(setInterval(() => void turn(), ms)));
  }

  /** Once per outage. */
  #complain(error: unknown): void {
    if (!this.#isSilent) this.#logger.error("The store of runs does not answer", { error });
    this.#isSilent = true;
    this.#unansweredAt = performance.now();
  }

  /** Looks for ready runs at this time: one of this process sleeps until then. */
  #wakeAt(time: number): void {
    this.start();
    if (this.#isStopping || (this.#alarm && this.#alarm.at <= time)) return;
    clearTimeout(this.#alarm?.timer);
    const ring = (): void => {
      this.#alarm = undefined;
      this.takeUp().catch((error: unknown) => this.#complain(error));
    };
    this.#alarm = { at: time, timer: unrefed(setTimeout(ring, Math.min(Math.max(0, time - Date.now()), LONGEST_TIMER_MS))) };
  }

  #begin(claimed: ClaimedRun, local: unknown): LiveRun {
    const live = new LiveRun(this.log, claimed, local, this.#kinds.get(claimed.run.kind)?.batching);
    const key = keyOf(live.ref);
    // What this process had of it was taken away while it gave no sign of life.
    this.#live.get(key)?.abandon();
    this.#live.set(key, live);
    const { threadId } = live.record;
    if (threadId !== undefined) this.#tellOfThread(live, threadId);
    if (this.#isStopping) live.isLeaving = true;
    live.done = this.#work(live, key);
    return live;
  }

  /** Those who follow the thread, here and in other processes. */
  #tellOfThread({ ref, isShared }: LiveRun, threadId: string): void {
    const thread = { ...ref, threadId };
    if (!this.threads.isEmpty) this.threads.tell(thread);
    if (isShared) this.log.hints?.tell(threadTopic(thread));
  }

  async #work(live: LiveRun, key: string): Promise<void> {
    const wasFull = this.#live.size >= this.#concurrency;
    let settlement: Settlement | undefined;
    try {
      const made = await this.#drive(live);
      if (await live.settle(made.end, made.closing)) settlement = made;
    } catch (error) {
      if (!live.isLost && !(error instanceof LeaseLost)) {
        this.#logger.error("A run could not be ended", { runId: live.id, error });
        this.#mayOwnMore = true;
      }
    }
    if (this.#live.get(key) === live) this.#live.delete(key);
    live.release();
    try {
      await settlement?.after?.();
    } catch (error) {
      this.#logger.error("A callback of a run failed", { runId: live.id, error });
    }
    const { status, wakeAt } = settlement?.end ?? {};
    if (status === "ready" && wakeAt !== undefined) this.#wakeAt(wakeAt);
    // An answer may have come while the run was being put away, and others may wait for a place.
    if (status === "suspended" || status === "ready" || wasFull) await this.takeUp().catch((error: unknown) => this.#complain(error));
  }

  async #drive(live: LiveRun): Promise<Settlement> {
    const drive = this.#kinds.get(live.record.kind)?.drive;
    try {
      if (!drive) throw new FermataError("INTERNAL", `Nothing here runs a ${live.record.kind}.`);
      return await drive(live);
    } catch (error) {
      if (live.isLost) throw error;
      this.#logger.error("A run broke off", { runId: live.id, error });
      return {
        end: { status: "failed", output: { status: "failed", error: { name: "Error", message: "The run failed.", code: "INTERNAL" } } },
        closing: [],
      };
    }
  }
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new FermataError("MISCONFIGURED", `${name} must be a whole number from ${least} to ${most}, not ${value}.`);
}

function keyOf({ tenant, resourceId, id }: RunRef): string {
  return `${tenant}\n${resourceId}\n${id}`;
}

function unrefed<T extends ReturnType<typeof setTimeout>>(timer: T): T {
  timer.unref();
  return timer;
}
