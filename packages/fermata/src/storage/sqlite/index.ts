export { SqliteStore } from "./sqlite-store.ts";
export type { SqliteStoreOptions } from "./sqlite-store.ts";
export { SqliteVector } from "./sqlite-vector.ts";
export type { SqliteVectorOptions } from "./sqlite-vector.ts";
/** The names under which an app may know them. */
export { SqliteStore as LibSQLStore } from "./sqlite-store.ts";
export { SqliteVector as LibSQLVector } from "./sqlite-vector.ts";
