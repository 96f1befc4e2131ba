/** Turns on one thread follow each other, also over processes: who has the thread's lease in the store has the turn. */
import type { LeaseStore } from "../storage/leases.ts";
import type { TurnPolicy } from "./options.ts";
import { turnIsTaken } from "./turn-leases.ts";

/** A turn whose process died is over after this time, in milliseconds. */
const TTL_MS = 15_000;
const RENEW_EVERY_MS = 5_000;
/** Between two looks at a lease that somebody else has. */
const LEAST_WAIT_MS = 10;
const MOST_WAIT_MS = 250;

export interface ThreadLeaseRequest {
  readonly threadId: string;
  readonly runId: string;
  readonly policy: Exclude<TurnPolicy, "parallel">;
  readonly signal: AbortSignal;
  /** Called when another turn, or the store, has taken the lease away. */
  readonly onLost: () => void;
}

/**
 * Resolves, when this run has the lease, to the function that gives it back.
 * @throws FermataError `CONFLICT` with the running run's id, under the policy `reject`; the signal's reason when it aborts.
 */
export async function acquireThread(
  leases: LeaseStore,
  { threadId, runId, policy, signal, onLost }: ThreadLeaseRequest,
): Promise<() => Promise<void>> {
  const name = nameOf(threadId);
  // Clients choose run ids, and may choose one twice.
  const holder = `${runId}#${crypto.randomUUID()}`;
  for (let waitMs = LEAST_WAIT_MS; ; waitMs = Math.min(waitMs * 1.5, MOST_WAIT_MS)) {
    signal.throwIfAborted();
    const answer = await leases.acquire(name, holder, TTL_MS);
    if (answer.acquired) break;
    if (policy === "reject") throw turnIsTaken(runIdOf(answer.holder));
    // The other one hears of it when it next renews its lease.
    if (policy === "interrupt") await leases.release(name, answer.holder);
    else await wait(waitMs * (0.5 + Math.random()), signal);
  }
  const renewal = setInterval(() => {
    leases.renew(name, holder, TTL_MS).then(
      (held) => {
        if (!held) onLost();
      },
      () => undefined, // the store may answer again before the lease ends
    );
  }, RENEW_EVERY_MS);
  return async () => {
    clearInterval(renewal);
    // A lease that cannot be given back ends by itself.
    await leases.release(name, holder).catch(() => undefined);
  };
}

/** Ends the turn of a run whose process is known to be gone. */
export async function releaseThread(
  leases: LeaseStore,
  { threadId, runId }: Pick<ThreadLeaseRequest, "threadId" | "runId">,
): Promise<void> {
  const name = nameOf(threadId);
  const asking = `${runId}#${crypto.randomUUID()}`;
  const answer = await leases.acquire(name, asking, TTL_MS);
  if (answer.acquired) await leases.release(name, asking);
  else if (runIdOf(answer.holder) === runId) await leases.release(name, answer.holder);
}

function nameOf(threadId: string): string {
  return `turn:${threadId}`;
}

function runIdOf(holder: string): string {
  return holder.slice(0, holder.lastIndexOf("#"));
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      // Whatever a signal was aborted with is what its caller wants to hear.
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
