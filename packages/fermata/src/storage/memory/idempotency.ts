import { assertId } from "../ids.ts";
import type { IdempotencyStore } from "../idempotency.ts";
import type { Reach } from "../reach.ts";
import { BoundedMap } from "./bounded-map.ts";

interface Row {
  readonly fingerprint: string;
  readonly expiresAt: number;
  answer?: string;
}

export interface MemoryIdempotency {
  readonly for: (reach: Reach) => IdempotencyStore;
  prune(): number;
  size(): number;
}

/** Idempotency keys held in the process. */
export function memoryIdempotency(maxKeys: number): MemoryIdempotency {
  const rows = new BoundedMap<Row>(maxKeys);
  return {
    for: ({ tenant, subject }) => {
      const nameOf = (key: string): string => `${tenant}\0${subject}\0${key}`;
      const mine = (key: string, fingerprint: string): Row | undefined => {
        const row = rows.get(nameOf(key));
        return row?.fingerprint === fingerprint && row.answer === undefined ? row : undefined;
      };
      return {
        async begin(key, fingerprint, ttlMs) {
          assertId(key, "idempotency key");
          const row = rows.get(nameOf(key));
          if (!row || row.expiresAt <= Date.now()) {
            rows.set(nameOf(key), { fingerprint, expiresAt: Date.now() + ttlMs });
            return { state: "started" };
          }
          if (row.fingerprint !== fingerprint) return { state: "mismatch" };
          return row.answer === undefined ? { state: "running" } : { state: "done", answer: row.answer };
        },
        async finish(key, fingerprint, answer) {
          const row = mine(key, fingerprint);
          if (row) row.answer = answer.replaceAll("\0", "");
        },
        async abandon(key, fingerprint) {
          if (mine(key, fingerprint)) rows.delete(nameOf(key));
        },
      };
    },
    prune() {
      const before = rows.size;
      for (const [key, { expiresAt }] of rows.entries()) if (expiresAt <= Date.now()) rows.delete(key);
      return before - rows.size;
    },
    size: () => rows.size,
  };
}
