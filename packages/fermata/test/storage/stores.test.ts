import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { MemoryStore } from "../../src/storage/index.ts";
import { SqliteStore } from "../../src/storage/sqlite/index.ts";
import { storeSuite } from "../suites/store-suite.ts";

const folder = mkdtempSync(join(tmpdir(), "fermata-store-"));
const stores = {
  memory: new MemoryStore(),
  "SQLite in memory": new SqliteStore({ url: ":memory:" }),
  "SQLite in a file": new SqliteStore({ url: `file:${join(folder, "data.db")}` }),
};
for (const [name, store] of Object.entries(stores)) storeSuite(name, () => store);

afterAll(async () => {
  for (const store of Object.values(stores)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});
