import { ExactVector } from "./exact-vector.ts";
import type { IndexShape, StoredVector, VectorRows } from "./exact-vector.ts";

interface Index {
  readonly shape: IndexShape;
  readonly rows: Map<string, StoredVector>;
}

/** Vectors in the process, gone when it ends. For tests and small collections; `maxVectors` bounds each index (default 100,000), the oldest go first. */
export class MemoryVector extends ExactVector {
  constructor({ id = "memory-vector", maxVectors = 100_000 }: { readonly id?: string; readonly maxVectors?: number } = {}) {
    super(id, memoryRows(maxVectors));
  }
}

function memoryRows(maxVectors: number): VectorRows {
  const indexes = new Map<string, Index>();
  return {
    async create(name, shape) {
      const index = indexes.get(name) ?? { shape, rows: new Map<string, StoredVector>() };
      indexes.set(name, index);
      return index.shape;
    },
    shape: async (name) => indexes.get(name)?.shape,
    names: async () => [...indexes.keys()].sort(),
    count: async (name) => indexes.get(name)?.rows.size ?? 0,
    async drop(name) {
      indexes.delete(name);
    },
    get: async (name, id) => indexes.get(name)?.rows.get(id),
    async *scan(name) {
      yield [...(indexes.get(name)?.rows.values() ?? [])];
    },
    async change(name, gone, put) {
      const rows = indexes.get(name)?.rows;
      if (!rows) return;
      for (const id of gone) rows.delete(id);
      for (const row of put) rows.set(row.id, row);
      for (const oldest of rows.keys()) {
        if (rows.size <= maxVectors) break;
        rows.delete(oldest);
      }
    },
    async close() {},
  };
}
