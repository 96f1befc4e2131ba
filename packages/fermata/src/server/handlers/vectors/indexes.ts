import type { vectors as routes } from "../../../contract/routes/vectors.ts";
import { FermataError } from "../../../errors.ts";
import { reachOf } from "../../../storage/reach.ts";
import type { VectorStore } from "../../../storage/vector/vector.ts";
import type { Call } from "../../call.ts";
import type { Handler } from "../../route-table.ts";

/** What is in a vector store knows no owner, so it is for those who reach every resource. @throws FermataError `FORBIDDEN`, `NOT_FOUND` */
function storeOf(name: string, { mastra, principal }: Call): VectorStore {
  if (reachOf(principal).resourceId !== undefined)
    throw new FermataError("FORBIDDEN", "Vector stores are shared by all users: this needs the scope resources:*.");
  return mastra.getVector(name);
}

export const list: Handler<typeof routes.list> = (_input, { mastra }) => ({
  vectors: Object.entries(mastra.listVectors()).map(([name, store]) => ({ id: store.id, name, type: store.constructor.name })),
});

/** Embedders are objects of the app's; none is known by name. */
export const embedders: Handler<typeof routes.embedders> = () => ({ embedders: [] });

export const createIndex: Handler<typeof routes.createIndex> = async ({ params, body }, call) => {
  const { indexName, dimension, metric } = body;
  await storeOf(params.vectorName, call).createIndex({ indexName, dimension, metric });
  return { success: true };
};

export const upsert: Handler<typeof routes.upsert> = async ({ params, body }, call) => {
  const { indexName, vectors, metadata, ids } = body;
  return { ids: await storeOf(params.vectorName, call).upsert({ indexName, vectors, metadata, ids }) };
};

export const query: Handler<typeof routes.query> = async ({ params, body }, call) => {
  const { indexName, queryVector, topK, filter, includeVector } = body;
  const found = await storeOf(params.vectorName, call).query({ indexName, queryVector, topK, filter, includeVector });
  return found.map(({ id, score, metadata, vector }) => ({
    id,
    score,
    ...(metadata && { metadata: { ...metadata } }),
    ...(vector && { vector: [...vector] }),
  }));
};

export const listIndexes: Handler<typeof routes.listIndexes> = ({ params }, call) => storeOf(params.vectorName, call).listIndexes();

export const describeIndex: Handler<typeof routes.describeIndex> = ({ params }, call) =>
  storeOf(params.vectorName, call).describeIndex({ indexName: params.indexName });

export const deleteIndex: Handler<typeof routes.deleteIndex> = async ({ params }, call) => {
  await storeOf(params.vectorName, call).deleteIndex({ indexName: params.indexName });
  return { success: true };
};
