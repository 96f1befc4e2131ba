export { SqliteStore } from "./sqlite-store.ts";
export type { SqliteStoreOptions } from "./sqlite-store.ts";
/** The name under which an app may know the embedded store. */
export { SqliteStore as LibSQLStore } from "./sqlite-store.ts";
