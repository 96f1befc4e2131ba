import { FermataError } from "../../errors.ts";
import { number } from "../sql/row.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "../sql/schema.ts";
import type { Migration } from "../sql/schema.ts";
import type { SqliteConnection } from "./connection.ts";

const WORDS: Readonly<Record<string, string>> = {
  "{t}": "fermata_",
  "{i}": "fermata_",
  "{key}": "integer primary key autoincrement",
  "{id}": "text",
  "{long}": "integer",
  "{json}": "text",
  "{bytes}": "blob",
  "{clustered}": "without rowid",
};

/** Brings the tables up to date. Of several processes that open a new file one does it; the others wait and find it done. */
export function migrateSqlite(connection: SqliteConnection): void {
  if (versionOf(connection) === SCHEMA_VERSION) return;
  connection.exec("begin immediate");
  try {
    const version = versionOf(connection);
    if (version > SCHEMA_VERSION) {
      throw new FermataError(
        "MISCONFIGURED",
        `The database was written by a newer version (tables ${version}, this version knows ${SCHEMA_VERSION}). Update the package.`,
      );
    }
    for (const migration of MIGRATIONS.filter((step) => step.version > version)) apply(connection, migration);
    connection.exec(`pragma user_version = ${SCHEMA_VERSION}`);
    connection.exec("commit");
  } catch (error) {
    connection.exec("rollback");
    throw error;
  }
}

function apply(connection: SqliteConnection, { statements }: Migration): void {
  for (const statement of statements) connection.exec(statement.replaceAll(/\{\w+\}/g, (word) => WORDS[word] ?? word));
}

function versionOf(connection: SqliteConnection): number {
  const [row] = connection.run({ text: "pragma user_version", values: [] }).rows;
  return row ? number(row, "user_version") : 0;
}
