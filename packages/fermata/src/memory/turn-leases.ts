/** Turns on one thread follow each other. The leases of this process. */
import { FermataError } from "../errors.ts";
import type { TurnPolicy } from "./options.ts";

interface Line {
  /** Who has the turn. More than one where turns run in parallel. */
  readonly holders: Set<TurnRequest>;
  readonly waiting: Waiting[];
}

interface Waiting {
  /** Called when the turn is there; who waits has it from then on. */
  readonly start: () => void;
}

export interface TurnRequest {
  /** Which thread of which owner. */
  readonly thread: string;
  readonly runId: string;
  readonly policy: TurnPolicy;
  /** Ends a wait. */
  readonly signal: AbortSignal;
  /** Ends the turn when another one interrupts it. */
  readonly interrupt: () => void;
}

export class TurnLeases {
  readonly #lines = new Map<string, Line>();

  /** The run that has the turn on a thread. */
  holder(thread: string): string | undefined {
    return this.#lines.get(thread)?.holders.values().next().value?.runId;
  }

  /**
   * Resolves, when it is this run's turn, to the function that ends it.
   * @throws FermataError `CONFLICT` with the running run's id, under the policy `reject`; the signal's reason when it aborts.
   */
  async acquire(request: TurnRequest): Promise<() => void> {
    const { thread, policy, signal } = request;
    signal.throwIfAborted();
    let line = this.#lines.get(thread);
    if (!line) this.#lines.set(thread, (line = { holders: new Set(), waiting: [] }));
    const busy = line.holders.size > 0;
    if (busy && policy === "reject") throw turnIsTaken(this.holder(thread) ?? "");
    if (busy && policy === "interrupt") for (const holder of [...line.holders]) holder.interrupt();
    if (busy && policy !== "parallel") await wait(line, request);
    else line.holders.add(request);
    const current = line;
    return () => this.#release(current, request);
  }

  #release(line: Line, request: TurnRequest): void {
    if (!line.holders.delete(request) || line.holders.size > 0) return;
    const next = line.waiting.shift();
    if (next) next.start();
    else this.#lines.delete(request.thread);
  }
}

export function turnIsTaken(runId: string): FermataError<{ runId: string }> {
  return new FermataError("CONFLICT", `Another turn of this thread is running: ${runId}.`, { details: { runId } });
}

function wait(line: Line, request: TurnRequest): Promise<void> {
  const { signal } = request;
  return new Promise((resolve, reject) => {
    const waiting: Waiting = {
      start: () => {
        line.holders.add(request);
        signal.removeEventListener("abort", onAbort);
        resolve();
      },
    };
    const onAbort = (): void => {
      line.waiting.splice(line.waiting.indexOf(waiting), 1);
      // Whatever a signal was aborted with is what its caller wants to hear.
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    line.waiting.push(waiting);
  });
}
