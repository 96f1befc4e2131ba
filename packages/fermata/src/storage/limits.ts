/** A counter after an amount was added. */
export interface Counted {
  /** Everything added since the window began. */
  readonly used: number;
  /** When the window ends and the counter begins at 0 again: epoch milliseconds. */
  readonly resetAt: number;
}

/** Counters and places that all processes of a store share. What a key stands for is the caller's affair. */
export interface LimitStore {
  /** Adds a whole number. Where no window is open, this opens one. No two callers see the same `used`, unless one of them added 0. */
  add(key: string, amount: number, windowMs: number): Promise<Counted>;
  /** Takes a place for `ttlMs`, where fewer than `max` are taken by others. Who has one already keeps it. Resolves to whether it did. */
  enter(key: string, holder: string, max: number, ttlMs: number): Promise<boolean>;
  /** Keeps the place for `ttlMs` from now. False when it was lost. */
  stay(key: string, holder: string, ttlMs: number): Promise<boolean>;
  /** Without effect where the holder has no place. */
  leave(key: string, holder: string): Promise<void>;
  /** Deletes what is over. Resolves to the number of rows. */
  prune(): Promise<number>;
}
