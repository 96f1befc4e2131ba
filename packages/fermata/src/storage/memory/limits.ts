import { assertId } from "../ids.ts";
import type { Counted, LimitStore } from "../limits.ts";

/** Counters and places held in the process. What is over is forgotten, so their number is bounded by what is going on. */
export function memoryLimits(): LimitStore {
  const counters = new Map<string, { used: number; readonly resetAt: number }>();
  const places = new Map<string, Map<string, number>>();
  let forgetAt = 1_000;

  function prune(): number {
    const before = counters.size + places.size;
    const now = Date.now();
    for (const [key, { resetAt }] of counters) if (resetAt <= now) counters.delete(key);
    for (const [key, holders] of places) {
      for (const [holder, until] of holders) if (until <= now) holders.delete(holder);
      if (holders.size === 0) places.delete(key);
    }
    forgetAt = Math.max(1_000, (counters.size + places.size) * 2);
    return before - counters.size - places.size;
  }

  return {
    async add(key, amount, windowMs): Promise<Counted> {
      const now = Date.now();
      let counter = counters.get(key);
      if (!counter || counter.resetAt <= now) {
        assertId(key, "limit's key");
        counters.set(key, (counter = { used: 0, resetAt: now + windowMs }));
        if (counters.size + places.size > forgetAt) prune();
      }
      counter.used += amount;
      return { used: counter.used, resetAt: counter.resetAt };
    },
    async enter(key, holder, max, ttlMs) {
      assertId(key, "limit's key");
      assertId(holder, "limit's holder");
      const now = Date.now();
      let holders = places.get(key);
      if (!holders) places.set(key, (holders = new Map()));
      for (const [other, until] of holders) if (until <= now) holders.delete(other);
      if (!holders.has(holder) && holders.size >= max) return false;
      holders.set(holder, now + ttlMs);
      return true;
    },
    async stay(key, holder, ttlMs) {
      const until = places.get(key)?.get(holder);
      if (until === undefined || until <= Date.now()) return false;
      places.get(key)?.set(holder, Date.now() + ttlMs);
      return true;
    },
    async leave(key, holder) {
      const holders = places.get(key);
      holders?.delete(holder);
      if (holders?.size === 0) places.delete(key);
    },
    prune: async () => prune(),
  };
}
