/** A thread as a stream: its turns one after the other, as long as the reader stays. */
import type { Agent } from "../../../agents/agent.ts";
import type { agents } from "../../../contract/routes/agents.ts";
import type { ScopedRuns, ThreadOwner } from "../../../runs/scoped-runs.ts";
import type { RunRecord } from "../../../storage/runs.ts";
import type { Call } from "../../call.ts";
import type { Handler } from "../../route-table.ts";
import type { StreamSource } from "../../wire/event-stream.ts";
import { runsOf } from "../runs/find-run.ts";
import { showRun } from "../runs/run-source.ts";
import { threadOf, turnsOf } from "./thread.ts";

/** Milliseconds between looks for turns that other processes have begun. */
const POLL_MS = 1_000;
/** The newest turns of a thread, among which new ones are looked for. */
const RECENT = 50;

export const subscribeToThread: Handler<typeof agents.subscribeToThread> = async ({ params, body }, call) => {
  const agent = call.mastra.getAgentById(params.agentId);
  const thread = threadOf(body, call);
  // Whatever begins once the reply is there is shown: from here on.
  const follower = new Follower(agent, thread, call);
  await follower.look();
  return {
    runId: "",
    // Each turn counts its own events.
    numbered: false,
    greeting: "connected",
    reform: (shown) => [withoutHistory(shown)],
    async start(sink) {
      await follower.show(sink);
      return undefined;
    },
  };
};

/** What is known of a turn that is followed: the last event that was shown, and its state then. */
interface Place {
  seq: number;
  seen: string;
}

class Follower {
  readonly #agent: Agent;
  readonly #thread: ThreadOwner;
  readonly #runs: ScopedRuns;
  readonly #signal: AbortSignal;
  readonly #unfollow: () => void;
  #places: Map<string, Place> | undefined;
  #isStale = true;
  #wake: (() => void) | undefined;

  constructor(agent: Agent, thread: ThreadOwner, call: Call) {
    this.#agent = agent;
    this.#thread = thread;
    this.#runs = runsOf(call);
    this.#signal = call.signal;
    this.#unfollow = this.#runs.follow(thread, () => this.#stir());
    this.#signal.addEventListener("abort", () => this.#end(), { once: true });
    if (this.#signal.aborted) this.#end();
  }

  /** Finds the turns that are to be shown now, oldest first. Of those that were there before the first look, the ones that are under way. */
  async look(): Promise<readonly RunRecord[]> {
    this.#isStale = false;
    const { items } = await this.#runs.store.list({ ...turnsOf(this.#agent, this.#thread), perPage: RECENT });
    const before = this.#places;
    const places = new Map<string, Place>();
    for (const run of items) places.set(nameOf(run), before?.get(nameOf(run)) ?? (before ? { seq: 0, seen: "" } : await this.#first(run)));
    this.#places = places;
    return items.filter((run) => places.get(nameOf(run))?.seen !== stateOf(run)).toReversed();
  }

  async show(sink: Parameters<StreamSource["start"]>[0]): Promise<void> {
    try {
      // The first look was made before the reply; nothing that it found is old yet.
      this.#isStale = true;
      while (!this.#signal.aborted) {
        for (const run of await this.look()) await this.#showTurn(run, sink);
        if (this.#runs.isStopping) return;
        await this.#stirred();
      }
    } finally {
      this.#end();
    }
  }

  async #showTurn(run: RunRecord, sink: Parameters<StreamSource["start"]>[0]): Promise<void> {
    const place = this.#places?.get(nameOf(run));
    if (!place || this.#signal.aborted) return;
    place.seq = await showRun(run, this.#runs, { after: place.seq, signal: this.#signal }, sink);
    const now = await this.#runs.get(run.id);
    // It may have been taken up again meanwhile.
    place.seen = now && now.status !== "running" && now.status !== "ready" ? stateOf(now) : "";
  }

  /** A turn that waits has been shown as far as it came; one that is under way is shown from its beginning. */
  async #first(run: RunRecord): Promise<Place> {
    if (run.status === "running" || run.status === "ready") return { seq: 0, seen: "" };
    const seq = run.status === "suspended" ? ((await this.#runs.events(run)).at(-1)?.seq ?? 0) : 0;
    return { seq, seen: stateOf(run) };
  }

  #stir(): void {
    this.#isStale = true;
    this.#wake?.();
  }

  #stirred(): Promise<void> {
    if (this.#isStale || this.#signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#runs.isShared ? setTimeout(() => this.#wake?.(), POLL_MS) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #end(): void {
    this.#unfollow();
    this.#stir();
  }
}

/** An id may be given again once its run has ended. */
function nameOf({ id, createdAt }: RunRecord): string {
  return `${createdAt} ${id}`;
}

function stateOf({ status, updatedAt }: RunRecord): string {
  return `${status} ${updatedAt}`;
}

/** A reader who stays has seen every message already. */
function withoutHistory(shown: unknown): unknown {
  const chunk = shown as { readonly type: string; readonly payload?: { readonly messages?: unknown; readonly output?: object } };
  if ((chunk.type !== "finish" && chunk.type !== "step-finish") || !chunk.payload) return shown;
  const { messages: _messages, output, ...payload } = chunk.payload;
  const { steps: _steps, ...rest } = (output ?? {}) as { readonly steps?: unknown };
  return { ...chunk, payload: { ...payload, output: rest } };
}
