/** Exact search: the nearest are found among all. What it needs of a place to keep vectors is little, and the same for all of them. */
import { FermataError } from "../../errors.ts";
import { assertId } from "../ids.ts";
import { metadataText } from "../metadata.ts";
import type { Metadata } from "../metadata.ts";
import { compileFilter } from "./filter.ts";
import type { VectorFilter } from "./filter.ts";
import { scorerOf, toVector } from "./score.ts";
import { TopK } from "./top-k.ts";
import type { IndexDescription, Metric, VectorMatch, VectorQuery, VectorStore, VectorUpdate, VectorUpsert } from "./vector.ts";

export interface StoredVector {
  readonly id: string;
  readonly vector: Float32Array;
  /** JSON. */
  readonly metadata: string | undefined;
}

export interface IndexShape {
  readonly dimension: number;
  readonly metric: Metric;
}

/** Where indexes are kept. */
export interface VectorRows {
  /** Makes the index unless there is one of this name. */
  create(indexName: string, shape: IndexShape): Promise<void>;
  open(indexName: string): Promise<VectorIndex | undefined>;
  names(): Promise<string[]>;
  close(): Promise<void>;
}

/** Where the vectors of one index are kept. */
export interface VectorIndex extends IndexShape {
  count(): Promise<number>;
  drop(): Promise<void>;
  get(id: string): Promise<StoredVector | undefined>;
  /** Parts of the index, which together hold at least what matches the filter. */
  scan(filter: VectorFilter | null | undefined): AsyncIterable<readonly StoredVector[]>;
  /** As `scan`, the nearest first, where the database itself can do that; the first part has `topK`. */
  nearest?(query: Float32Array, filter: VectorFilter | null | undefined, topK: number): AsyncIterable<readonly StoredVector[]>;
  /** Deletes, then inserts or replaces, in one transaction. */
  change(gone: readonly string[], put: readonly StoredVector[]): Promise<void>;
}

const DEFAULT_TOP_K = 10;
const MOST_MATCHES = 10_000;
const MOST_DIMENSIONS = 16_384;
const METRICS: readonly unknown[] = ["cosine", "euclidean", "dotproduct"];

export class ExactVector implements VectorStore {
  readonly id: string;
  readonly #rows: VectorRows;

  constructor(id: string, rows: VectorRows) {
    this.id = id;
    this.#rows = rows;
  }

  async createIndex({
    indexName,
    dimension,
    metric = "cosine",
  }: {
    indexName: string;
    dimension: number;
    metric?: Metric | undefined;
  }): Promise<void> {
    assertId(indexName, "index's name");
    if (!Number.isSafeInteger(dimension) || dimension < 1 || dimension > MOST_DIMENSIONS) {
      throw new FermataError("VALIDATION_FAILED", `The dimension must be an integer from 1 to ${MOST_DIMENSIONS}.`);
    }
    if (!METRICS.includes(metric)) throw new FermataError("VALIDATION_FAILED", "The metric must be cosine, euclidean or dotproduct.");
    await this.#rows.create(indexName, { dimension, metric });
    const found = await this.#index(indexName);
    if (found.dimension !== dimension || found.metric !== metric) {
      throw new FermataError("CONFLICT", `Index ${indexName} has ${found.dimension} dimensions and the metric ${found.metric}.`);
    }
  }

  async upsert({ indexName, vectors, metadata, ids, deleteFilter }: VectorUpsert): Promise<string[]> {
    const index = await this.#index(indexName);
    for (const list of [ids, metadata]) {
      if (list && list.length !== vectors.length)
        throw new FermataError("VALIDATION_FAILED", "There must be one id and one metadata for each vector.");
    }
    const put = vectors.map((values, i): StoredVector => {
      const id = ids?.[i] ?? crypto.randomUUID();
      assertId(id, "vector's id");
      return { id, vector: toVector(values, index.dimension), metadata: textOf(metadata?.[i]) };
    });
    const gone = deleteFilter === undefined ? [] : await matching(index, deleteFilter);
    await index.change(
      gone.map(({ id }) => id),
      [...new Map(put.map((row) => [row.id, row])).values()],
    );
    return put.map(({ id }) => id);
  }

  async query({
    indexName,
    queryVector,
    topK = DEFAULT_TOP_K,
    filter,
    includeVector = false,
    minScore = -Infinity,
  }: VectorQuery): Promise<VectorMatch[]> {
    const index = await this.#index(indexName);
    if (!Number.isSafeInteger(topK) || topK < 1 || topK > MOST_MATCHES) {
      throw new FermataError("VALIDATION_FAILED", `topK must be an integer from 1 to ${MOST_MATCHES}.`);
    }
    const vector = toVector(queryVector, index.dimension);
    const score = scorerOf(index.metric, vector);
    const matches = compileFilter(filter);
    const best = new TopK<StoredVector & { readonly score: number }>(topK);
    for await (const part of index.nearest?.(vector, filter, topK) ?? index.scan(filter)) {
      for (const row of part) {
        const scored = score(row.vector);
        // The filter reads JSON, so it is asked last.
        if (scored > best.threshold && scored >= minScore && matches(metadataIn(row) ?? {})) best.add({ ...row, score: scored });
      }
      // The nearest come first, so nothing better follows.
      if (index.nearest && best.threshold > -Infinity) break;
    }
    return best.sorted().map((row) => {
      const metadata = metadataIn(row);
      return { id: row.id, score: row.score, ...(metadata && { metadata }), ...(includeVector && { vector: [...row.vector] }) };
    });
  }

  async listIndexes(): Promise<string[]> {
    return await this.#rows.names();
  }

  async describeIndex({ indexName }: { indexName: string }): Promise<IndexDescription> {
    const index = await this.#index(indexName);
    return { dimension: index.dimension, metric: index.metric, count: await index.count() };
  }

  async deleteIndex({ indexName }: { indexName: string }): Promise<void> {
    await (await this.#index(indexName)).drop();
  }

  async updateVector({ indexName, id, filter, update }: VectorUpdate): Promise<void> {
    const index = await this.#index(indexName);
    const vector = update.vector && toVector(update.vector, index.dimension);
    const rows = await chosen(index, id, filter);
    if (id !== undefined && rows.length === 0) throw new FermataError("NOT_FOUND", `Vector ${id} was not found.`);
    const put = rows.map((row) => ({
      id: row.id,
      vector: vector ?? row.vector,
      metadata: update.metadata ? textOf(update.metadata) : row.metadata,
    }));
    await index.change([], put);
  }

  async deleteVector({ indexName, id }: { indexName: string; id: string }): Promise<void> {
    await this.deleteVectors({ indexName, ids: [id] });
  }

  async deleteVectors(vectors: {
    readonly indexName: string;
    readonly ids?: readonly string[] | undefined;
    readonly filter?: VectorFilter | undefined;
  }): Promise<void> {
    const index = await this.#index(vectors.indexName);
    const gone = vectors.ids ?? (await chosen(index, undefined, vectors.filter)).map(({ id }) => id);
    await index.change(gone, []);
  }

  async close(): Promise<void> {
    await this.#rows.close();
  }

  async #index(indexName: string): Promise<VectorIndex> {
    const index = await this.#rows.open(indexName);
    if (!index) throw new FermataError("NOT_FOUND", `Index ${indexName} not found`);
    return index;
  }
}

async function chosen(index: VectorIndex, id: string | undefined, filter: VectorFilter | undefined): Promise<StoredVector[]> {
  if (id !== undefined) {
    const row = await index.get(id);
    return row ? [row] : [];
  }
  // Without this, a filter that was forgotten would mean everything.
  if (filter === undefined || Object.keys(filter).length === 0) {
    throw new FermataError("VALIDATION_FAILED", "Say which vectors: an id or a filter.");
  }
  return await matching(index, filter);
}

async function matching(index: VectorIndex, filter: VectorFilter): Promise<StoredVector[]> {
  const matches = compileFilter(filter);
  const found: StoredVector[] = [];
  for await (const part of index.scan(filter)) found.push(...part.filter((row) => matches(metadataIn(row) ?? {})));
  return found;
}

function textOf(metadata: Metadata | undefined): string | undefined {
  return metadata === undefined ? undefined : metadataText(metadata);
}

function metadataIn({ metadata }: StoredVector): Metadata | undefined {
  // Written by `metadataText`.
  return metadata === undefined ? undefined : (JSON.parse(metadata) as Metadata);
}
