import { FermataError } from "../../errors.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "../sql/schema.ts";
import { codeOf, quoted, transaction } from "./database.ts";
import type { PostgresClient, PostgresPool } from "./pool.ts";

/** What replicas that start at the same time agree on: one of them migrates. Any number will do as long as it stays. */
const LOCK = 4_701_938_226;
const [UNDEFINED_TABLE, UNDEFINED_SCHEMA] = ["42P01", "3F000"];

/** One query when the tables are up to date. @throws FermataError `MISCONFIGURED` when they are behind and are not to be changed. */
export async function checkTables(pool: PostgresPool, schema: string, autoMigrate: boolean): Promise<void> {
  const version = await versionOf(pool, schema);
  if (version >= SCHEMA_VERSION) return;
  if (!autoMigrate) {
    throw new FermataError(
      "MISCONFIGURED",
      `The tables of the database are behind (version ${version}, needed ${SCHEMA_VERSION}). Run \`fermata migrate\` before the server starts, or set autoMigrate: true.`,
    );
  }
  await migratePostgres(pool, schema);
}

/** Brings the tables up to date, in one transaction. Of several that call it at once one does it, and the others find it done. */
export async function migratePostgres(pool: PostgresPool, schema: string): Promise<void> {
  await transaction(pool, async (client) => {
    await client.query({ text: "select pg_advisory_xact_lock($1)", values: [LOCK] });
    if (schema !== "public") await client.query({ text: `create schema if not exists ${quoted(schema)}` });
    const table = `${quoted(schema)}.fermata_migrations`;
    await client.query({
      text: `create table if not exists ${table} (version integer primary key, name text not null, applied_at timestamptz not null default now())`,
    });
    const { rows } = await client.query({ text: `select coalesce(max(version), 0)::int as version from ${table}` });
    const version = toVersion(rows);
    for (const migration of MIGRATIONS) {
      if (migration.version <= version) continue;
      for (const statement of migration.statements) await client.query({ text: inPostgres(statement, schema) });
      await client.query({ text: `insert into ${table} (version, name) values ($1, $2)`, values: [migration.version, migration.name] });
    }
  });
}

async function versionOf(on: PostgresPool | PostgresClient, schema: string): Promise<number> {
  try {
    const { rows } = await on.query({ text: `select coalesce(max(version), 0)::int as version from ${quoted(schema)}.fermata_migrations` });
    return toVersion(rows);
  } catch (error) {
    if ([UNDEFINED_TABLE, UNDEFINED_SCHEMA].includes(codeOf(error))) return 0;
    throw error;
  }
}

function toVersion([row]: readonly unknown[]): number {
  return typeof row === "object" && row !== null && "version" in row ? Number(row.version) : 0;
}

function inPostgres(statement: string, schema: string): string {
  const words: Readonly<Record<string, string>> = {
    "{t}": `${quoted(schema)}.fermata_`,
    // An index is always in the schema of its table, and its name must not say so.
    "{i}": "fermata_",
    "{key}": "bigint generated always as identity primary key",
    "{id}": 'text collate "C"',
    "{long}": "bigint",
    "{json}": "jsonb",
    "{bytes}": "bytea",
    "{clustered}": "",
  };
  return statement.replaceAll(/\{\w+\}/g, (word) => words[word] ?? word);
}
