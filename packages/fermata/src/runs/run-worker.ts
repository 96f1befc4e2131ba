/** Works on the runs of one process: starts them, claims those that are ready, and lets go of each when it settles. */
import { FermataError } from "../errors.ts";
import type { NewRun, RunEnd, RunRecord } from "../storage/runs.ts";
import type { Logger } from "../telemetry/logger.ts";
import { LeaseLost, LiveRun } from "./live-run.ts";
import type { RunLog } from "./run-log.ts";

/** How a run's work ended, with the last events of it. */
export interface Settlement {
  readonly end: Omit<RunEnd, "events" | "signals">;
  readonly closing: readonly { readonly type: string; readonly data: unknown }[];
  /** Called once the end is written. */
  readonly after?: () => void | Promise<void>;
}

/** Does the work of one kind of runs. What it throws is a fault of the house: the run ends as failed. */
export type Drive = (live: LiveRun) => Promise<Settlement>;

/** Runs that one `claim` takes. */
const CLAIM_AT_ONCE = 16;
/** Milliseconds between signs of life, and after which others may take the runs of a process that gives none. */
const HEARTBEAT_MS = 1_000;
const LEASE_MS = 5_000;
/** Milliseconds between looks at a run that another process works on. */
const POLL_MS = 250;

export class RunWorker {
  readonly log: RunLog;
  /** Unique per start of a process. */
  readonly id = crypto.randomUUID();
  readonly #logger: Logger;
  readonly #kinds = new Map<string, Drive>();
  readonly #live = new Map<string, LiveRun>();
  readonly #done = new Map<string, Promise<void>>();
  /** Values of the process for runs that are about to be claimed. */
  readonly #local = new Map<string, unknown>();
  #claiming: Promise<void> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  constructor(log: RunLog, logger: Logger) {
    this.log = log;
    this.#logger = logger;
  }

  handle(kind: string, drive: Drive): void {
    this.#kinds.set(kind, drive);
  }

  /** The run, while this process works on it. */
  live(id: string): LiveRun | undefined {
    return this.#live.get(id);
  }

  get liveCount(): number {
    return this.#live.size;
  }

  /** Creates a run and begins to work on it. `undefined` when there is one with this id already. */
  async start(run: Omit<NewRun, "workerId">, local: unknown): Promise<LiveRun | undefined> {
    await this.#showLife();
    const { run: record, created, lease } = await this.log.runs.create({ ...run, workerId: this.id });
    if (!created || !lease) return undefined;
    return this.#begin(
      new LiveRun(this.log, { lease, run: record, journal: new Map(), lastSeq: 0, signals: 0, cancelRequested: false }, local),
    );
  }

  /** Claims what is ready. `local` goes to the run `id` when this process gets it. */
  async wake(id: string, local: unknown): Promise<void> {
    if (local !== undefined) this.#local.set(id, local);
    try {
      await this.#claim();
    } finally {
      this.#local.delete(id);
    }
  }

  /** Claims what is ready. */
  takeUp(): Promise<void> {
    return this.#claim();
  }

  /** False when the run has ended or is not there. */
  async cancel(id: string): Promise<boolean> {
    const asked = await this.log.runs.cancel(id);
    if (!asked) return false;
    const live = this.#live.get(id);
    if (live) live.cancel();
    else await this.#claim();
    return true;
  }

  /** Resolves when nobody works on the run any more. Rejects when it is not there, or with the signal's reason. */
  async settled(id: string, signal?: AbortSignal): Promise<RunRecord> {
    for (;;) {
      signal?.throwIfAborted();
      const done = this.#done.get(id);
      if (done) {
        await (signal ? orAborted(signal, done) : done);
        continue;
      }
      const run = await this.log.runs.get(id);
      if (!run) throw new FermataError("NOT_FOUND", "Workflow run not found");
      if (run.status !== "ready" && run.status !== "running") return run;
      if (this.#live.has(id)) continue;
      await delay(POLL_MS, signal);
    }
  }

  async #claim(): Promise<void> {
    // A claim under way may have looked before this run became ready.
    await this.#claiming;
    this.#claiming ??= this.#claimAll().finally(() => (this.#claiming = undefined));
    await this.#claiming;
  }

  async #claimAll(): Promise<void> {
    await this.#showLife();
    for (;;) {
      const claimed = await this.log.work.claim(this.id, CLAIM_AT_ONCE, [...this.#kinds.keys()]);
      for (const run of claimed) this.#begin(new LiveRun(this.log, run, this.#local.get(run.run.id)));
      if (claimed.length < CLAIM_AT_ONCE) return;
    }
  }

  /** Says that this process lives, and goes on saying so while it has work. */
  async #showLife(): Promise<void> {
    if (!this.log.isShared || this.#heartbeat) return;
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS);
    this.#heartbeat.unref();
    await this.log.work.heartbeat(this.id, LEASE_MS);
  }

  async #beat(): Promise<void> {
    if (this.#live.size === 0) {
      clearInterval(this.#heartbeat);
      this.#heartbeat = undefined;
      return;
    }
    try {
      await this.log.work.heartbeat(this.id, LEASE_MS);
      // What other processes were asked to cancel.
      for (const { runId } of await this.log.work.cancelled(this.id)) this.#live.get(runId)?.cancel();
    } catch (error) {
      this.#logger.error("The store of runs does not answer", { error });
    }
  }

  #begin(live: LiveRun): LiveRun {
    this.#live.set(live.id, live);
    this.#done.set(live.id, this.#work(live));
    return live;
  }

  async #work(live: LiveRun): Promise<void> {
    let after: Settlement["after"];
    let waits = false;
    try {
      const { end, closing, after: callback } = await this.#drive(live);
      waits = end.status === "suspended" || end.status === "ready";
      if (await live.settle(end, closing)) after = callback;
    } catch (error) {
      if (!(error instanceof LeaseLost)) this.#logger.error("A run could not be ended", { runId: live.id, error });
    }
    this.#live.delete(live.id);
    this.#done.delete(live.id);
    live.release();
    try {
      await after?.();
    } catch (error) {
      this.#logger.error("A callback of a run failed", { runId: live.id, error });
    }
    // An answer may have come while the run was being put away.
    if (waits) await this.#claim().catch((error: unknown) => this.#logger.error("Runs could not be claimed", { error }));
  }

  async #drive(live: LiveRun): Promise<Settlement> {
    const drive = this.#kinds.get(live.record.kind);
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

function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error); // whatever the caller aborted with
    };
    signal?.addEventListener("abort", onAbort, { once: true });
  });
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
