import type { LimitStore } from "../../storage/limits.ts";

/** What came of asking for one. */
export interface Taken {
  readonly granted: boolean;
  /** How many are left, as far as this process knows. */
  readonly left: number;
  readonly resetAt: number;
}

/** At most so many are taken ahead, and no more than this part of what is left. */
const MAX_AHEAD = 100;
const PART_AHEAD = 1 / 50;

/**
 * A number of requests that all processes of a store share, as one process takes from it. It takes some ahead while there are many, so
 * that most requests ask nobody, and one by one towards the end: never more than the quota are let in, and all of them are while
 * requests come.
 */
export class QuotaCounter {
  readonly #store: LimitStore;
  readonly #key: string;
  readonly #windowMs: number;
  readonly #quota: number;
  #used = 0;
  #resetAt = 0;
  #ahead = 0;
  #waiting: { readonly resolve: (taken: Taken) => void; readonly reject: (error: unknown) => void }[] = [];
  #busy = false;

  constructor(store: LimitStore, key: string, windowMs: number, quota: number) {
    this.#store = store;
    this.#key = key;
    this.#windowMs = windowMs;
    this.#quota = quota;
  }

  /** Whether nothing would be lost with it. */
  get isIdle(): boolean {
    return !this.#busy && this.#resetAt <= Date.now();
  }

  take(): Taken | Promise<Taken> {
    if (this.#resetAt > Date.now()) {
      if (this.#ahead > 0) {
        this.#ahead -= 1;
        return this.#taken(true);
      }
      // What is used up stays used up until the window ends: a flood costs the store nothing.
      if (this.#used >= this.#quota) return this.#taken(false);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (!this.#busy) void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const together = this.#waiting;
      this.#waiting = [];
      const left = this.#resetAt > Date.now() ? Math.max(0, this.#quota - this.#used) : this.#quota;
      const wanted = together.length + Math.min(MAX_AHEAD, Math.floor(left * PART_AHEAD));
      try {
        const { used, resetAt } = await this.#store.add(this.#key, wanted, this.#windowMs);
        if (resetAt !== this.#resetAt) this.#ahead = 0; // those were of a window that is over
        const granted = Math.max(0, Math.min(wanted, this.#quota - (used - wanted)));
        this.#used = used;
        this.#resetAt = resetAt;
        this.#ahead += Math.max(0, granted - together.length);
        for (const [index, { resolve }] of together.entries()) resolve(this.#taken(index < granted, Math.max(0, granted - index - 1)));
        this.#serveFromAhead();
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#busy = false;
  }

  /** Those who came meanwhile. */
  #serveFromAhead(): void {
    while (this.#ahead > 0) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#ahead -= 1;
      next.resolve(this.#taken(true));
    }
  }

  #taken(granted: boolean, ahead = this.#ahead): Taken {
    return { granted, left: Math.max(0, this.#quota - this.#used) + ahead, resetAt: this.#resetAt };
  }
}
