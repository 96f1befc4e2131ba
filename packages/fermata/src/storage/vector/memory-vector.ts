import { ExactVector } from "./exact-vector.ts";
import type { IndexShape, StoredVector, VectorIndex, VectorRows } from "./exact-vector.ts";

/** Vectors in the process, gone when it ends. For tests and small collections; `maxVectors` bounds each index (default 100,000), the oldest go first. */
export class MemoryVector extends ExactVector {
  constructor({ id = "memory-vector", maxVectors = 100_000 }: { readonly id?: string; readonly maxVectors?: number } = {}) {
    super(id, memoryRows(maxVectors));
  }
}

function memoryRows(maxVectors: number): VectorRows {
  const indexes = new Map<string, VectorIndex>();
  return {
    async create(name, shape) {
      if (!indexes.has(name))
        indexes.set(
          name,
          memoryIndex(shape, maxVectors, () => indexes.delete(name)),
        );
    },
    open: async (name) => indexes.get(name),
    names: async () => [...indexes.keys()].sort(),
    async close() {},
  };
}

function memoryIndex(shape: IndexShape, maxVectors: number, drop: () => void): VectorIndex {
  const rows = new Map<string, StoredVector>();
  return {
    ...shape,
    count: async () => rows.size,
    async drop() {
      drop();
    },
    get: async (id) => rows.get(id),
    async *scan() {
      yield [...rows.values()];
    },
    async change(gone, put) {
      for (const id of gone) rows.delete(id);
      for (const row of put) rows.set(row.id, row);
      for (const oldest of rows.keys()) {
        if (rows.size <= maxVectors) break;
        rows.delete(oldest);
      }
    },
  };
}
