import { FermataError } from "../errors.ts";

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 500;
const LONGEST_OUTAGE_MS = 300_000;

export interface Patience {
  /** Called before another try: nobody needs the work any more. */
  readonly isOver?: () => boolean;
  /** Milliseconds of an outage after which to give up. Default 300,000. */
  readonly longestMs?: number;
}

/**
 * Repeats `work` while the store does not answer: an outage is not a failure of what runs. `work` may have happened before its answer was lost.
 */
export async function insist<T>(work: () => Promise<T>, { isOver, longestMs = LONGEST_OUTAGE_MS }: Patience = {}): Promise<T> {
  const start = performance.now();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      const isOutage = FermataError.is(error) && error.code === "UNAVAILABLE";
      if (!isOutage || isOver?.() === true || performance.now() - start > longestMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
  }
}
