/** Waiting for what other processes do. */
import { LOOK_OFTEN_MS, type Following, type StoreHints } from "../storage/hints.ts";

/** Says when to look again at something that others change: when word of it comes, and after a while without. */
export class News {
  readonly #following: Following | undefined;
  readonly #keepsAlive: boolean;
  #isNew = false;
  #wake: (() => void) | undefined;

  /** @param keepsAlive whether the process stays for it. Default true. */
  constructor(hints: StoreHints | undefined, topic: string, keepsAlive = true) {
    this.#keepsAlive = keepsAlive;
    this.#following = hints?.follow(topic, () => this.#heard());
  }

  /** Calls `wake` once, when it is time to look: at once if word has come since the last call. Gives the function that takes it back. */
  wait(wake: () => void): () => void {
    const end = (): void => {
      clearTimeout(timer);
      this.#wake = undefined;
      this.#isNew = false;
      wake();
    };
    const timer = setTimeout(end, this.#isNew ? 0 : (this.#following?.lookAfterMs() ?? LOOK_OFTEN_MS));
    if (!this.#keepsAlive) timer.unref();
    this.#wake = end;
    return () => {
      clearTimeout(timer);
      this.#wake = undefined;
    };
  }

  /** Resolves when it is time to look, or the signal aborts. */
  next(signal: AbortSignal | undefined): Promise<void> {
    return unlessAborted(signal, (wake) => this.wait(wake));
  }

  stop(): void {
    this.#following?.stop();
  }

  #heard(): void {
    this.#isNew = true;
    this.#wake?.();
  }
}

/** Resolves when `listen` calls back or the signal aborts; neither outlives the call. */
export function unlessAborted(signal: AbortSignal | undefined, listen: (wake: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const listening: { stop?: () => void } = {};
    const end = (): void => {
      signal?.removeEventListener("abort", end);
      listening.stop?.();
      resolve();
    };
    listening.stop = listen(end);
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
  });
}
