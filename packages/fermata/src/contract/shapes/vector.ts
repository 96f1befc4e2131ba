import { z } from "zod";

const Name = z.string().min(1).max(256);
const Vector = z.array(z.number()).min(1).max(16_384);
const Metadata = z.record(z.string(), z.unknown());
const context = { requestContext: z.unknown().optional() };

export const VectorParams = z.object({ vectorName: z.string() });
export const VectorIndexParams = z.object({ vectorName: z.string(), indexName: z.string() });
export const VectorContextQuery = z.object({ requestContext: z.string().optional() });

export const VectorStores = z.object({ vectors: z.array(z.object({ id: z.string(), name: z.string(), type: z.string() })) });
export const Embedders = z.object({ embedders: z.array(z.looseObject({ id: z.string() })) });

export const CreateIndexBody = z.object({
  indexName: Name,
  dimension: z.int().min(1).max(16_384),
  metric: z.enum(["cosine", "euclidean", "dotproduct"]).optional(),
  ...context,
});
export const UpsertBody = z.object({
  indexName: Name,
  vectors: z.array(Vector).max(1000),
  metadata: z.array(Metadata).optional(),
  ids: z.array(Name).optional(),
  ...context,
});
export const UpsertedVectors = z.object({ ids: z.array(z.string()) });
export const QueryBody = z.object({
  indexName: Name,
  queryVector: Vector,
  topK: z.int().min(1).max(1000).optional(),
  filter: Metadata.nullable().optional(),
  includeVector: z.boolean().optional(),
  ...context,
});
export const VectorMatches = z.array(
  z.object({ id: z.string(), score: z.number(), metadata: Metadata.optional(), vector: z.array(z.number()).optional() }),
);
export const IndexNames = z.array(z.string());
export const IndexDescription = z.object({
  dimension: z.number(),
  count: z.number(),
  metric: z.enum(["cosine", "euclidean", "dotproduct"]).optional(),
});
export const VectorSuccess = z.object({ success: z.literal(true) });
