export { PostgresStore } from "./postgres-store.ts";
export type { PostgresStoreOptions } from "./postgres-store.ts";
export type { ConnectionOptions, PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from "./pool.ts";
