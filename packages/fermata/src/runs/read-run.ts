/** Reading a run's log: what is there, then what comes. */
import { runTopic } from "../storage/hints.ts";
import { News, unlessAborted } from "./news.ts";
import type { NewEvent } from "./packed-events.ts";
import { unpackEvent } from "./unpack-event.ts";
import { reachOfRun, type RunRef } from "./run-log.ts";
import { ValueReader } from "./shared-values.ts";
import type { RunWorker } from "./run-worker.ts";

const PAGE = 1_000;

export interface ReadOptions {
  /** The number of the last event that is known already. Default 0: from the first one on. */
  readonly after?: number;
  readonly signal: AbortSignal;
  /** Stay while the run waits for an answer. Default false: end there. */
  readonly staysOnWait?: boolean;
}

/** The events of a run in their order, each once, until it ends. Ends silently when the signal aborts. */
export async function* readRun(
  worker: RunWorker,
  ref: RunRef,
  { after = 0, signal, staysOnWait = false }: ReadOptions,
): AsyncGenerator<NewEvent> {
  const runs = worker.log.for(reachOfRun(ref));
  const unpacked = (row: NewEvent): readonly NewEvent[] => unpackEvent(row, ref.id);
  const reader = new ValueReader(async (wanted) =>
    (await runs.events(ref.id, wanted - 1, 1)).flatMap(unpacked).find((event) => event.seq === wanted),
  );
  let seq = after;
  let news: News | undefined;
  try {
    while (!signal.aborted) {
      const live = worker.live(ref);
      const run = live ? undefined : await runs.get(ref.id);
      const here = live?.eventsAfter(seq);
      const events = here ?? (await runs.events(ref.id, seq, PAGE)).flatMap(unpacked);
      for (const event of events) {
        if (event.seq <= seq) continue; // in a row with what follows
        const restored = here ? event : reader.restore(event);
        yield restored instanceof Promise ? await restored : restored;
        seq = event.seq;
      }
      if (events.length > 0) continue;
      if (live) await unlessAborted(signal, (wake) => (worker.live(ref) === live ? live.onChange(wake) : soon(wake)));
      else if (!run || isOver(run.status, staysOnWait)) return;
      else if (worker.live(ref)) continue;
      else if (news) await news.next(signal);
      // It is looked at once more: from here on whatever happens is told.
      else news = new News(worker.log.hints, runTopic(ref));
    }
  } finally {
    news?.stop();
  }
}

/** Asked before the events were read: what came after it ended is then in the events. */
function isOver(status: string, staysOnWait: boolean): boolean {
  return status !== "running" && status !== "ready" && !(staysOnWait && status === "suspended");
}

function soon(wake: () => void): () => void {
  const timer = setTimeout(wake, 0);
  return () => clearTimeout(timer);
}
