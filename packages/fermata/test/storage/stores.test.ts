import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { MemoryStore, MemoryVector } from "../../src/storage/index.ts";
import { SqliteStore, SqliteVector } from "../../src/storage/sqlite/index.ts";
import { storeSuite } from "../suites/store-suite.ts";
import { vectorSuite } from "../suites/vector-suite.ts";

const folder = mkdtempSync(join(tmpdir(), "fermata-store-"));
const stores = {
  memory: new MemoryStore(),
  "SQLite in memory": new SqliteStore({ url: ":memory:" }),
  "SQLite in a file": new SqliteStore({ url: `file:${join(folder, "data.db")}` }),
};
for (const [name, store] of Object.entries(stores)) storeSuite(name, () => store);

const vectors = {
  memory: new MemoryVector(),
  "SQLite in memory": new SqliteVector({ url: ":memory:" }),
  // The same file as a store's.
  "SQLite in a file": new SqliteVector({ url: `file:${join(folder, "data.db")}` }),
};
for (const [name, vector] of Object.entries(vectors)) vectorSuite(name, () => vector);

afterAll(async () => {
  for (const store of [...Object.values(stores), ...Object.values(vectors)]) await store.close();
  rmSync(folder, { recursive: true, force: true });
});
