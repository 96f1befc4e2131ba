/** Readers of a run in other processes: the one that works on it must know that somebody is there. */
import type { LeaseStore } from "../storage/leases.ts";

/** How long a reader counts whose process has died, and how often a living one says that it is there. */
const PRESENT_MS = 15_000;
const RENEW_MS = 5_000;

function nameOf(runId: string): string {
  return `reads:${runId}`;
}

/** Says that somebody reads the run here. Of several readers one says it for all. Gives the function that ends it. */
export function attend(leases: LeaseStore, runId: string): () => void {
  const holder = crypto.randomUUID();
  const say = (): void => void leases.acquire(nameOf(runId), holder, PRESENT_MS).catch(() => undefined); // it is said again soon
  const timer = setInterval(say, RENEW_MS);
  timer.unref();
  say();
  return () => {
    clearInterval(timer);
    void leases.release(nameOf(runId), holder).catch(() => undefined); // it ends by itself
  };
}

/** Whether somebody does in any process. */
export async function isAttended(leases: LeaseStore, runId: string): Promise<boolean> {
  const holder = crypto.randomUUID();
  const { acquired } = await leases.acquire(nameOf(runId), holder, 1);
  if (acquired) await leases.release(nameOf(runId), holder);
  return !acquired;
}
