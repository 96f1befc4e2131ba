/** Turns whose process is gone, and how they begin again. */
import type { LiveRun } from "../../runs/live-run.ts";
import type { Settlement } from "../../runs/run-worker.ts";
import type { NewEvent } from "../../runs/packed-events.ts";
import type { AgentChunk } from "../chunks.ts";

/** A turn in the hands of those who may begin it again. */
export interface Orphan {
  /** Its place in the log. */
  readonly live: LiveRun;
  /** Hears how the turn ends that takes its place. */
  settle(settlement: Promise<Settlement>): void;
}

/** Begins the turns again that somebody knows the beginning of. Resolves to false for others. */
export type Revive = (orphan: Orphan) => Promise<boolean>;

/** The event in the log before which everything is void: the turn has begun again. */
export const AGAIN = "again";

/** Times that a turn may take its process with it. */
const MOST_LOSSES = 3;

/**
 * Why the turn is not to begin again; `undefined` when it may. A call that is in the log may have run, and might not bear to run a second
 * time. One that is not there has not: see `RepeatableSink`.
 */
export function whyNotAgain(journal: LiveRun["journal"], events: readonly Pick<NewEvent, "type" | "data">[]): string | undefined {
  if (lossesOf(journal) >= MOST_LOSSES) return `The run has lost ${MOST_LOSSES} processes.`;
  const isCall = ({ type, data }: Pick<NewEvent, "type" | "data">): boolean =>
    type === "chunk" && (data as AgentChunk).type === "tool-call"; // written by `KeptTurn`
  return events.some(isCall)
    ? "The process that worked on this run is gone. Tools had been called by then, so that it is not begun a second time."
    : undefined;
}

/** Notes in the log that the turn begins again. */
export async function markAgain(live: LiveRun): Promise<void> {
  live.emit(AGAIN, {});
  await live.write(`${AGAIN}#${lossesOf(live.journal)}`, true);
}

function lossesOf(journal: ReadonlyMap<string, unknown>): number {
  return [...journal.keys()].filter((key) => key.startsWith(`${AGAIN}#`)).length;
}
