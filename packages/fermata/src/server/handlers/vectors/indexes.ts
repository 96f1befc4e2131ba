import type { vectors as routes } from "../../../contract/routes/vectors.ts";
import type { Handler } from "../../route-table.ts";

export const list: Handler<typeof routes.list> = (_input, { mastra }) => ({
  vectors: Object.entries(mastra.listVectors()).map(([name, store]) => ({ id: store.id, name, type: store.constructor.name })),
});

/** Embedders are objects of the app's; none is known by name. */
export const embedders: Handler<typeof routes.embedders> = () => ({ embedders: [] });

export const createIndex: Handler<typeof routes.createIndex> = async ({ params, body }, call) => {
  const { indexName, dimension, metric } = body;
  await call.mastra.getVector(params.vectorName).createIndex({ indexName, dimension, metric });
  return { success: true };
};

export const upsert: Handler<typeof routes.upsert> = async ({ params, body }, call) => {
  const { indexName, vectors, metadata, ids } = body;
  return { ids: await call.mastra.getVector(params.vectorName).upsert({ indexName, vectors, metadata, ids }) };
};

export const query: Handler<typeof routes.query> = async ({ params, body }, call) => {
  const { indexName, queryVector, topK, filter, includeVector } = body;
  const found = await call.mastra.getVector(params.vectorName).query({ indexName, queryVector, topK, filter, includeVector });
  return found.map(({ id, score, metadata, vector }) => ({
    id,
    score,
    ...(metadata && { metadata: { ...metadata } }),
    ...(vector && { vector: [...vector] }),
  }));
};

export const listIndexes: Handler<typeof routes.listIndexes> = ({ params }, call) => call.mastra.getVector(params.vectorName).listIndexes();

export const describeIndex: Handler<typeof routes.describeIndex> = ({ params }, call) =>
  call.mastra.getVector(params.vectorName).describeIndex({ indexName: params.indexName });

export const deleteIndex: Handler<typeof routes.deleteIndex> = async ({ params }, call) => {
  await call.mastra.getVector(params.vectorName).deleteIndex({ indexName: params.indexName });
  return { success: true };
};
