/** How long things are kept. What is older is deleted a batch at a time, so that nobody waits for it. */
import { toMilliseconds } from "../schema/duration.ts";
import { SYSTEM } from "../storage/store.ts";
import type { Store, SystemStore } from "../storage/store.ts";

/** Milliseconds, or a text such as `30d`, `12h`, `90m`; false for ever. */
export type Duration = number | string | false;

export interface Retention {
  /** Messages, from when they were said. Default: for ever. */
  readonly messages?: Duration;
  /** Runs with their events, from when they ended. Default `30d`. */
  readonly runs?: Duration;
}

/** How much was deleted. */
export interface Pruned {
  readonly messages: number;
  readonly runs: number;
  readonly idempotency: number;
  /** Counters and places of limits that are over. */
  readonly limits: number;
}

const BATCH = 1_000;

/** @throws FermataError `MISCONFIGURED` for a duration that is none. */
export function toRetention({ messages = false, runs = "30d" }: Retention = {}): { readonly messagesMs: number; readonly runsMs: number } {
  return { messagesMs: toMs("messages", messages), runsMs: toMs("runs", runs) };
}

/** Deletes what is older than it may be. Resolves when nothing of it is left. */
export async function prune(store: Store, retention: Retention | undefined, now = Date.now()): Promise<Pruned> {
  const { messagesMs, runsMs } = toRetention(retention);
  const system = store.for(SYSTEM);
  return {
    messages: await inBatches(messagesMs, now, (before) => system.pruneMessages(before, BATCH)),
    runs: await inBatches(runsMs, now, (before) => system.work.prune(before, BATCH)),
    idempotency: await system.pruneIdempotency(),
    limits: await system.limits.prune(),
  };
}

async function inBatches(ms: number, now: number, remove: (before: number) => ReturnType<SystemStore["pruneMessages"]>): Promise<number> {
  if (ms === Infinity) return 0;
  let sum = 0;
  for (;;) {
    const removed = await remove(now - ms);
    sum += removed;
    if (removed < BATCH) return sum;
    // Requests come first.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function toMs(name: string, duration: Duration): number {
  return duration === false ? Infinity : toMilliseconds(`retention.${name}`, duration);
}
