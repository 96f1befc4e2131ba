/**
 * The hot statements on a thousand and on a million messages: `node packages/fermata/test/storage/measure-rows.ts [postgres-url postgres-url]`.
 * Prints JSON: by store, by action, what one cost on few and on many. The databases must be empty.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { PostgresDatabase, postgresDialect } from "../../src/storage/postgres/database.ts";
import { migratePostgres } from "../../src/storage/postgres/migrate.ts";
import type { SqlDatabase } from "../../src/storage/sql/database.ts";
import { sqlHandles } from "../../src/storage/sql/store.ts";
import { SqliteDatabase } from "../../src/storage/sqlite/database.ts";
import { fill } from "./explain.ts";
import { measure, type Measured } from "./measure.ts";

const ROWS = [1_000, 1_000_000] as const;
const TIMES = 5_000;

async function onSqlite(rows: number): Promise<Record<string, Measured>> {
  const folder = mkdtempSync(join(tmpdir(), "fermata-measure-"));
  const database = new SqliteDatabase(`file:${join(folder, "data.db")}`);
  try {
    return await measureRows(database, rows);
  } finally {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function onPostgres(connectionString: string, rows: number): Promise<Record<string, Measured>> {
  const pool = new pg.Pool({ connectionString });
  try {
    await migratePostgres(pool, "public");
    return await measureRows(new PostgresDatabase(postgresDialect("public"), async () => pool, true), rows);
  } finally {
    await pool.end();
  }
}

async function measureRows(database: SqlDatabase, rows: number): Promise<Record<string, Measured>> {
  await fill(database, rows);
  const { messages } = sqlHandles(database)({ tenant: "tenant1", subject: "resource1", scopes: [] });
  const content = { format: 2, parts: [{ type: "text", text: "x".repeat(400) }] };
  const save = (i: number): Promise<unknown> =>
    messages.save("id1", [
      { id: `u${i}`, role: "user", content },
      { id: `a${i}`, role: "assistant", content },
    ]);
  await measure(TIMES / 10, (i) => save(-1 - i));
  return {
    "save 2 messages": await measure(TIMES, save),
    "read the last 20 messages": await measure(TIMES, () => messages.recent("id1", 20)),
    "list 40 messages": await measure(TIMES, () => messages.list({ threadId: "id1", perPage: 40 })),
  };
}

const urls = process.argv.slice(2);
const results: Record<string, Record<string, Measured[]>> = {};
for (const [index, rows] of ROWS.entries()) {
  const url = urls[index];
  for (const [store, measured] of [
    ["sqlite", await onSqlite(rows)],
    ...(url === undefined ? [] : [["postgres", await onPostgres(url, rows)] as const]),
  ] as const)
    for (const [action, one] of Object.entries(measured)) ((results[store] ??= {})[action] ??= []).push(one);
}
console.log(JSON.stringify(results));
