import type { LimitStore } from "../../storage/limits.ts";
import type { Logger } from "../../telemetry/logger.ts";

/** How long a place outlives a process that died. */
const TTL_MS = 60_000;

/** Places in the store that this process has taken. They are kept while they are held, and free a minute after the process died. */
export class Places {
  readonly #store: LimitStore;
  readonly #logger: Logger;
  /** Keys by holder. */
  readonly #held = new Map<string, string>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(store: LimitStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** Resolves to what gives the place back, or to `undefined` where all are taken. */
  async enter(key: string, max: number): Promise<(() => void) | undefined> {
    const holder = crypto.randomUUID();
    if (!(await this.#store.enter(key, holder, max, TTL_MS))) return undefined;
    this.#held.set(holder, key);
    this.#timer ??= unref(setInterval(() => this.#keep(), TTL_MS / 3));
    return () => this.#leave(key, holder);
  }

  #leave(key: string, holder: string): void {
    if (!this.#held.delete(holder)) return;
    if (this.#held.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    this.#store.leave(key, holder).catch((error: unknown) => this.#logger.warn("A place could not be given back", { key, error }));
  }

  #keep(): void {
    for (const [holder, key] of this.#held) {
      this.#store.stay(key, holder, TTL_MS).catch((error: unknown) => this.#logger.warn("A place could not be kept", { key, error }));
    }
  }
}

/** A timer that does not keep a process alive, where there are processes. */
function unref(timer: ReturnType<typeof setInterval>): ReturnType<typeof setInterval> {
  if (typeof timer === "object" && "unref" in timer) timer.unref();
  return timer;
}
