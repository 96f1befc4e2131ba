import type { Counted, LimitStore } from "../../storage/limits.ts";

/** A counter as somebody found it. */
export interface Turn {
  /** What had been added by all others before. */
  readonly before: number;
  readonly resetAt: number;
}

interface Waiting {
  readonly amount: number;
  readonly resolve: (turn: Turn) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A counter in the store, as one process uses it. What comes while the store is being asked waits and goes there in one statement,
 * so the count is exact over all processes and the store is asked once at a time, however many requests there are.
 */
export class SharedCounter {
  readonly #store: LimitStore;
  readonly #key: string;
  readonly #windowMs: number;
  #waiting: Waiting[] = [];
  #busy = false;
  #known: Counted = { used: 0, resetAt: 0 };

  constructor(store: LimitStore, key: string, windowMs: number) {
    this.#store = store;
    this.#key = key;
    this.#windowMs = windowMs;
  }

  /** What is known of the open window without asking. It can only have become more since. */
  get known(): Counted | undefined {
    return this.#known.resetAt > Date.now() ? this.#known : undefined;
  }

  /** Whether nothing would be lost with it. */
  get isIdle(): boolean {
    return !this.#busy && this.#known.resetAt <= Date.now();
  }

  add(amount: number): Promise<Turn> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ amount, resolve, reject });
      if (!this.#busy) void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const together = this.#waiting;
      this.#waiting = [];
      const sum = together.reduce((total, { amount }) => total + amount, 0);
      try {
        const counted = await this.#store.add(this.#key, sum, this.#windowMs);
        this.#known = counted;
        let before = counted.used - sum;
        for (const { amount, resolve } of together) {
          resolve({ before, resetAt: counted.resetAt });
          before += amount;
        }
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#busy = false;
  }
}

/** Counters by key; those whose window is over are forgotten. */
export class Counters<C extends { readonly isIdle: boolean }> {
  readonly #counters = new Map<string, C>();
  #forgetAt = 1_000;

  get(key: string, make: () => C): C {
    let counter = this.#counters.get(key);
    if (!counter) {
      this.#counters.set(key, (counter = make()));
      if (this.#counters.size > this.#forgetAt) this.#forget(counter);
    }
    return counter;
  }

  #forget(used: C): void {
    for (const [key, counter] of this.#counters) if (counter !== used && counter.isIdle) this.#counters.delete(key);
    this.#forgetAt = Math.max(1_000, this.#counters.size * 2);
  }
}

/** What is spent of each key. */
export class SharedCounters {
  readonly #store: LimitStore;
  readonly #counters = new Counters<SharedCounter>();

  constructor(store: LimitStore) {
    this.#store = store;
  }

  get(key: string, windowMs: number): SharedCounter {
    return this.#counters.get(key, () => new SharedCounter(this.#store, key, windowMs));
  }
}
