import type { vectors as routes } from "../../../contract/routes/vectors.ts";
import { FermataError } from "../../../errors.ts";
import { reachOf } from "../../../storage/reach.ts";
import type { Call } from "../../call.ts";
import type { Handler } from "../../route-table.ts";
import { TenantIndexes } from "./tenant-indexes.ts";

/** What is in a vector store knows no user, so it is for those who reach every resource of their tenant. @throws FermataError `FORBIDDEN`, `NOT_FOUND` */
function indexesOf(name: string, { gate, mastra, principal }: Call): TenantIndexes {
  if (reachOf(principal).resourceId !== undefined)
    throw new FermataError("FORBIDDEN", "Vector stores are shared by all users of a tenant: this needs the scope resources:*.");
  return new TenantIndexes(mastra.getVector(name), principal.tenant, gate === undefined);
}

export const list: Handler<typeof routes.list> = (_input, { mastra }) => ({
  vectors: Object.entries(mastra.listVectors()).map(([name, store]) => ({ id: store.id, name, type: store.constructor.name })),
});

/** Embedders are objects of the app's; none is known by name. */
export const embedders: Handler<typeof routes.embedders> = () => ({ embedders: [] });

export const createIndex: Handler<typeof routes.createIndex> = async ({ params, body }, call) => {
  const { indexName, dimension, metric } = body;
  const indexes = indexesOf(params.vectorName, call);
  await indexes.store.createIndex({ indexName: indexes.nameOf(indexName), dimension, metric });
  return { success: true };
};

export const upsert: Handler<typeof routes.upsert> = async ({ params, body }, call) => {
  const { indexName, vectors, metadata, ids } = body;
  const indexes = indexesOf(params.vectorName, call);
  return { ids: await indexes.store.upsert({ indexName: indexes.nameOf(indexName), vectors, metadata, ids }) };
};

export const query: Handler<typeof routes.query> = async ({ params, body }, call) => {
  const { indexName, queryVector, topK, filter, includeVector } = body;
  const indexes = indexesOf(params.vectorName, call);
  const found = await indexes.store.query({ indexName: indexes.nameOf(indexName), queryVector, topK, filter, includeVector });
  return found.map(({ id, score, metadata, vector }) => ({
    id,
    score,
    ...(metadata && { metadata: { ...metadata } }),
    ...(vector && { vector: [...vector] }),
  }));
};

export const listIndexes: Handler<typeof routes.listIndexes> = ({ params }, call) => indexesOf(params.vectorName, call).list();

export const describeIndex: Handler<typeof routes.describeIndex> = ({ params }, call) => {
  const indexes = indexesOf(params.vectorName, call);
  return indexes.store.describeIndex({ indexName: indexes.nameOf(params.indexName) });
};

export const deleteIndex: Handler<typeof routes.deleteIndex> = async ({ params }, call) => {
  const indexes = indexesOf(params.vectorName, call);
  await indexes.store.deleteIndex({ indexName: indexes.nameOf(params.indexName) });
  return { success: true };
};
