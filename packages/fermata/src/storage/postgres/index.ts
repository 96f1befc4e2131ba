export { PostgresStore } from "./postgres-store.ts";
export type { PostgresStoreOptions } from "./postgres-store.ts";
export { PgVector } from "./pg-vector.ts";
export type { PgVectorOptions } from "./pg-vector.ts";
export type { PostgresOptions } from "./connection.ts";
export type { ConnectionOptions, PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from "./pool.ts";
