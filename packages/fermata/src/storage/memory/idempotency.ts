import { assertId } from "../ids.ts";
import { KEEP_BROKEN_MS, type IdempotencyStore } from "../idempotency.ts";
import type { Reach } from "../reach.ts";
import { BoundedMap } from "./bounded-map.ts";

interface Row {
  readonly fingerprint: string;
  readonly runId: string;
  expiresAt: number;
  answer?: string;
}

export interface MemoryIdempotency {
  readonly for: (reach: Reach) => IdempotencyStore;
  prune(): number;
  size(): number;
}

/** Idempotency keys held in the process: of `maxKeys` keys, or `maxChars` characters of answers, the oldest are forgotten. */
export function memoryIdempotency(maxKeys: number, maxChars = 64 * 1024 * 1024): MemoryIdempotency {
  let chars = 0;
  const rows = new BoundedMap<Row>(maxKeys, ({ answer = "" }) => (chars -= answer.length));
  /** Answers go first: a key whose call is under way still keeps a second one away. */
  const makeRoom = (): void => {
    if (chars <= maxChars) return;
    for (const [name, { answer }] of rows.entries()) {
      if (chars <= maxChars) return;
      if (answer !== undefined) rows.delete(name);
    }
  };
  return {
    for: ({ tenant, subject }) => {
      const nameOf = (key: string): string => `${tenant}\0${subject}\0${key}`;
      const mine = (key: string, fingerprint: string): Row | undefined => {
        const row = rows.get(nameOf(key));
        return row?.fingerprint === fingerprint && row.answer === undefined ? row : undefined;
      };
      return {
        async begin(key, fingerprint, ttlMs, runId) {
          assertId(key, "idempotency key");
          const row = rows.get(nameOf(key));
          if (!row || row.expiresAt <= Date.now()) {
            const isAgain = row?.fingerprint === fingerprint && row.answer === undefined;
            const begun = isAgain ? row.runId : runId;
            rows.set(nameOf(key), { fingerprint, runId: begun, expiresAt: Date.now() + ttlMs });
            return { state: "started", runId: begun, isAgain };
          }
          if (row.fingerprint !== fingerprint) return { state: "mismatch" };
          return row.answer === undefined ? { state: "running", runId: row.runId } : { state: "done", answer: row.answer };
        },
        async renew(key, fingerprint, ttlMs) {
          const row = mine(key, fingerprint);
          if (row) row.expiresAt = Date.now() + ttlMs;
        },
        async finish(key, fingerprint, answer, ttlMs) {
          const row = mine(key, fingerprint);
          if (!row) return;
          row.answer = answer.replaceAll("\0", "");
          row.expiresAt = Date.now() + ttlMs;
          chars += row.answer.length;
          makeRoom();
        },
        async abandon(key, fingerprint) {
          if (mine(key, fingerprint)) rows.delete(nameOf(key));
        },
      };
    },
    prune() {
      const before = rows.size;
      const now = Date.now();
      for (const [key, { expiresAt, answer }] of rows.entries())
        if (expiresAt <= (answer === undefined ? now - KEEP_BROKEN_MS : now)) rows.delete(key);
      return before - rows.size;
    },
    size: () => rows.size,
  };
}
