/** Finding by meaning: vectors in named indexes, each with facts to filter by. */
import type { Metadata } from "../metadata.ts";
import type { VectorFilter } from "./filter.ts";

/** How near two vectors are. For every metric a greater score means nearer. */
export type Metric =
  /** The cosine of their angle, from -1 to 1. */
  | "cosine"
  /** 1 / (1 + their distance), from 0 to 1. */
  | "euclidean"
  /** Their dot product. */
  | "dotproduct";

export interface IndexDescription {
  readonly dimension: number;
  readonly metric: Metric;
  /** Vectors in it. */
  readonly count: number;
}

export interface VectorMatch {
  readonly id: string;
  readonly score: number;
  readonly metadata?: Metadata;
  readonly vector?: readonly number[];
}

export interface VectorUpsert {
  readonly indexName: string;
  readonly vectors: readonly (readonly number[])[];
  /** One for each vector. */
  readonly metadata?: readonly Metadata[] | undefined;
  /** One for each vector. Default: new ones. */
  readonly ids?: readonly string[] | undefined;
  /** What matches is deleted first, in the same transaction. */
  readonly deleteFilter?: VectorFilter | undefined;
}

export interface VectorQuery {
  readonly indexName: string;
  readonly queryVector: readonly number[];
  /** Default 10. */
  readonly topK?: number | undefined;
  readonly filter?: VectorFilter | null | undefined;
  /** Default false. */
  readonly includeVector?: boolean | undefined;
  /** Leaves out what scores less. */
  readonly minScore?: number | undefined;
}

export interface VectorUpdate {
  readonly indexName: string;
  /** Which one; or `filter`, for all that match. */
  readonly id?: string | undefined;
  readonly filter?: VectorFilter | undefined;
  readonly update: { readonly vector?: readonly number[] | undefined; readonly metadata?: Metadata | undefined };
}

/** Every method throws FermataError `NOT_FOUND` for an unknown index and `VALIDATION_FAILED` for a vector that does not fit it. */
export interface VectorStore {
  readonly id: string;
  /**
   * Does nothing when there is such an index already.
   * @param metric default `cosine`.
   * @throws FermataError `CONFLICT` when there is one of this name with another dimension or metric.
   */
  createIndex(index: { readonly indexName: string; readonly dimension: number; readonly metric?: Metric | undefined }): Promise<void>;
  /** Inserts or replaces by id. Resolves to the ids. */
  upsert(upsert: VectorUpsert): Promise<string[]>;
  /** The nearest first. */
  query(query: VectorQuery): Promise<VectorMatch[]>;
  listIndexes(): Promise<string[]>;
  describeIndex(index: { readonly indexName: string }): Promise<IndexDescription>;
  deleteIndex(index: { readonly indexName: string }): Promise<void>;
  /** Changes what `update` names. @throws FermataError `NOT_FOUND` when there is no vector with this id. */
  updateVector(update: VectorUpdate): Promise<void>;
  /** Unknown ids are left out. */
  deleteVector(vector: { readonly indexName: string; readonly id: string }): Promise<void>;
  deleteVectors(vectors: {
    readonly indexName: string;
    readonly ids?: readonly string[] | undefined;
    readonly filter?: VectorFilter | undefined;
  }): Promise<void>;
  close(): Promise<void>;
}
