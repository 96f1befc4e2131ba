/** A turn of an agent as a run in the log: it can be read again, read by others, and stopped, from any process. */
import { FermataError } from "../../errors.ts";
import type { LiveRun } from "../../runs/live-run.ts";
import type { Durability } from "../../runs/run-log.ts";
import type { Settlement } from "../../runs/run-worker.ts";
import type { ScopedRuns } from "../../runs/scoped-runs.ts";
import type { NewRun } from "../../storage/runs.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Attending } from "../attending.ts";
import type { AgentChunk, ChunkSink } from "../chunks.ts";
import type { OpenRun } from "../delegation.ts";
import { toChunkError } from "../loop/errors.ts";
import { Mailbox } from "../mail/mailbox.ts";
import { NO_SINK, type Run } from "../loop/run.ts";
import type { RunStatus } from "../loop/state.ts";
import { toKept } from "./kept-chunk.ts";
import { markAgain, type Orphan } from "./orphan.ts";

/** The kind of agents' turns in the log. */
export const AGENT_KIND = "agent";

export interface KeptTurnOptions {
  readonly runs: ScopedRuns;
  /** `memory`: the run is in the log of the process alone. */
  readonly durability: Durability;
  readonly logger: Logger;
  /** Who else waits for the turn; readers in this process are counted in. */
  readonly attending?: Attending | undefined;
  /** Somebody begins the turn again when its process is gone. */
  readonly isRepeatable?: boolean | undefined;
  /** Called when a turn that must be in the log is there. */
  readonly onBegun?: (() => void) | undefined;
}

/** Milliseconds after which a run is in the log although nobody knows of it yet. */
const LATE_MS = 100;

/** What the log says of a turn. */
type Turn = Omit<NewRun, "workerId" | "kind">;

/** The last event of a stretch of a turn, by how the stretch ended. */
const TERMINAL = { finished: "finish", tripwire: "finish", failed: "error", aborted: "abort", suspended: "suspended" } as const;
const STATUS = { finished: "done", tripwire: "done", failed: "failed", aborted: "cancelled", suspended: "suspended" } as const;

export class KeptTurn {
  readonly runs: ScopedRuns;
  readonly attending: Attending | undefined;
  /** What is sent to it while it is under way. */
  readonly mailbox = new Mailbox();
  readonly #options: KeptTurnOptions;
  readonly #controller = new AbortController();
  readonly #settlement = Promise.withResolvers<Settlement>();
  #live: LiveRun | undefined;
  /** Chunks that came before the run was in the log; `undefined` when it is not going to be there. */
  #early: AgentChunk[] | undefined = [];
  #seq = 0;
  #unfollow: (() => void) | undefined;

  constructor(options: KeptTurnOptions) {
    this.runs = options.runs;
    this.attending = options.attending;
    this.#options = options;
  }

  /** The signal of the turn, which also aborts when `outer` does. */
  follow(outer: AbortSignal | undefined): AbortSignal {
    if (outer) {
      const onAbort = (): void => this.#controller.abort(outer.reason);
      if (outer.aborted) onAbort();
      else outer.addEventListener("abort", onAbort, { once: true });
      this.#unfollow = () => outer.removeEventListener("abort", onAbort);
    }
    return this.#controller.signal;
  }

  /** Makes room for a run whose id the caller has chosen. @throws FermataError `CONFLICT` when there is one that has not ended. */
  async claimId(runId: string): Promise<void> {
    const known = await this.runs.get(runId);
    if (!known) return;
    const isOver = known.status === "done" || known.status === "failed" || known.status === "cancelled";
    if (!isOver || known.kind !== AGENT_KIND || !(await this.runs.store.remove(runId)))
      throw new FermataError("CONFLICT", `There is a run with the id "${runId}" already. Choose another id.`);
  }

  /** The new run `about`, kept. With `isUnknown` nobody knows its id before it has ended: a short one is written in one go then. */
  begin(open: OpenRun, about: Turn, isUnknown: boolean): OpenRun {
    const { runs, durability } = this.#options;
    const start = (): Promise<LiveRun | undefined> => runs.start({ ...about, kind: AGENT_KIND }, this, durability);
    if (about.metadata?.call !== undefined) return this.#keep(open, () => start().then(begunHere), "first", about, true);
    const isFirst = durability === "full" || this.#options.isRepeatable === true;
    return this.#keep(open, start, isFirst ? "first" : isUnknown && durability === "batched" ? "late" : "beside", about);
  }

  /** The run from its beginning again, in the place of one whose process is gone. */
  again(open: OpenRun, { live, settle }: Orphan): OpenRun {
    const take = async (): Promise<LiveRun> => {
      await markAgain(live);
      settle(this.drive(live));
      return live;
    };
    return this.#keep(open, take, "first", live.record);
  }

  /** The next stretch of a run that waited. One that the log does not know begins there anew. */
  goOn(open: OpenRun, about: Turn, isGone: () => boolean): OpenRun {
    const { runs, durability } = this.#options;
    const take = async (): Promise<LiveRun | undefined> => {
      if (isGone()) return undefined; // it goes on waiting
      const known = await runs.get(about.id);
      if (!known) return runs.start({ ...about, kind: AGENT_KIND }, this, durability);
      // It was seen to wait; its process may still be putting it away.
      await runs.settled(known);
      return runs.take(about.id, this);
    };
    return this.#keep(open, take, "first", about);
  }

  /** Called with the run's place in the log. Resolves when the stretch has ended. */
  drive(live: LiveRun): Promise<Settlement> {
    this.#live = live;
    if (this.attending && live.isShared) this.attending.isAttendedElsewhere = () => this.runs.isAttended(live.record);
    live.cancellation.onCancel(() => this.#controller.abort(live.cancellation.reason));
    this.#seq = live.lastSeq + (this.#early?.length ?? 0);
    for (const chunk of this.#early?.splice(0) ?? []) live.emit("chunk", chunk);
    return this.#settlement.promise;
  }

  /** Adds a chunk to the log and gives its number. */
  record(chunk: AgentChunk): number {
    this.#seq += 1;
    if (this.#live) this.#live.emit("chunk", toKept(chunk));
    else this.#early?.push(toKept(chunk));
    return this.#seq;
  }

  /** Resolves when everything up to here is on disk. */
  flush(): Promise<void> {
    return this.#live?.flush() ?? Promise.resolve();
  }

  /** @param mustBegin rather nothing happens than what is not in the log */
  #keep(
    open: OpenRun,
    begin: () => Promise<LiveRun | undefined>,
    when: "first" | "beside" | "late",
    about: Turn,
    mustBegin = false,
  ): OpenRun {
    let begun: Promise<LiveRun | undefined> | undefined;
    const beginNow = (): Promise<LiveRun | undefined> =>
      (begun ??= begin().then(
        (live) => this.#begun(live),
        (error: unknown) => this.#failed(open.runId, error),
      ));
    return {
      runId: open.runId,
      start: async (sink) => {
        const late = when === "late" ? setTimeout(() => void beginNow(), LATE_MS) : undefined;
        if (mustBegin) {
          await (begun = begin());
          this.#options.onBegun?.();
        }
        if (!mustBegin && when === "first") await beginNow();
        const shown = when === "beside" ? beginNow() : undefined;
        const run = await open.start(this.#sink(sink, shown));
        clearTimeout(late);
        this.mailbox.close();
        if (begun) {
          this.#settlement.resolve(settlementOf(run));
          const live = await begun;
          // Whoever has the whole answer finds it in the log as well, whatever happens next.
          if (live) await this.runs.idle(live.record);
        } else await this.#writeAll(about, settlementOf(run)).catch((error: unknown) => this.#failed(open.runId, error));
        this.#unfollow?.();
        return run;
      },
    };
  }

  #sink(sink: ChunkSink, shown: Promise<unknown> | undefined): ChunkSink {
    if (this.#options.durability === "full") return new DurableSink(this, sink);
    return this.#options.isRepeatable ? new RepeatableSink(this, sink) : new KeepingSink(this, sink, shown);
  }

  #begun(live: LiveRun | undefined): LiveRun | undefined {
    if (!live) this.#early = undefined;
    return live;
  }

  /** The answer is worth more than its record. */
  #failed(runId: string, error: unknown): undefined {
    this.#early = undefined;
    this.#options.logger.error("A run could not be written to the log", { runId, error });
    return undefined;
  }

  async #writeAll(about: Turn, { end, closing }: Settlement): Promise<void> {
    const chunks = (this.#early ?? []).map((data) => ({ type: "chunk", data }));
    const events = [...chunks, ...closing].map(({ type, data }, index) => ({ seq: index + 1, type, data }));
    await this.runs.record({ ...about, kind: AGENT_KIND }, { ...end, events });
  }
}

/** Shows chunks to the reader of the connection, and puts them into the log. */
class KeepingSink implements ChunkSink {
  protected readonly turn: KeptTurn;
  protected readonly sink: ChunkSink;
  /** What is not shown yet: who knows a run's id finds it in the log, in whichever process they ask. The model is asked meanwhile. */
  #held: (readonly [chunk: AgentChunk, seq: number])[] | undefined;

  /** Shows nothing before `begun` has resolved. */
  constructor(turn: KeptTurn, sink: ChunkSink, begun?: Promise<unknown>) {
    this.turn = turn;
    this.sink = sink;
    if (!begun || sink === NO_SINK) return;
    this.#held = [];
    void begun.then(() => {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const [chunk, seq] of held) void this.sink.push(chunk, seq);
    });
  }

  push(chunk: AgentChunk): void | Promise<void> {
    const seq = this.turn.record(chunk);
    if (this.#held) this.#held.push([chunk, seq]);
    else return this.sink.push(chunk, seq);
  }

  release(): void {
    this.sink.release?.();
  }
}

/** The same, and nobody sees a chunk before it is on disk. */
class DurableSink extends KeepingSink {
  override async push(chunk: AgentChunk): Promise<void> {
    const seq = this.turn.record(chunk);
    await this.turn.flush();
    await this.sink.push(chunk, seq);
  }
}

/** What is called is on disk before it runs: a turn that begins again knows whether something has run. */
class RepeatableSink extends KeepingSink {
  override push(chunk: AgentChunk): void | Promise<void> {
    const pushed = super.push(chunk);
    return chunk.type === "tool-call" ? Promise.all([this.turn.flush(), pushed]).then(() => undefined) : pushed;
  }
}

/** @throws FermataError `CONFLICT` when another process has begun the run */
function begunHere(live: LiveRun | undefined): LiveRun {
  if (live) return live;
  throw new FermataError(
    "CONFLICT",
    "This call has begun its run in another process. Repeat it with the same key to see what comes of it.",
  );
}

function settlementOf(run: Run): Settlement {
  const status: Exclude<RunStatus, "running"> = run.status === "running" ? "failed" : run.status;
  const error = status === "failed" ? toFailure(run.error) : undefined;
  const output = { finishReason: run.steps.at(-1)?.finishReason ?? "other", usage: run.usage };
  return {
    end: { status: STATUS[status], output, ...(error && { error }) },
    closing: [{ type: TERMINAL[status], data: { ...output, ...(error && { error }) } }],
  };
}

function toFailure(error: unknown): { readonly name: string; readonly message: string; readonly code?: string } {
  const { name, message, code } = toChunkError(error);
  return { name, message, ...(code !== undefined && { code }) };
}
