import { setTimeout as delay } from "node:timers/promises";
import { FermataError } from "../../errors.ts";
import { number } from "../sql/row.ts";
import type { Dialect, SqlDatabase, SqlValue, Work } from "../sql/database.ts";
import { SqliteConnection, isBusy, locationOf } from "./connection.ts";
import { SqliteHints } from "./hints.ts";
import { migrateSqlite } from "./migrate.ts";
import { SqliteWriter, runWork } from "./writer.ts";

/** How long opening waits for another process that is making the tables. */
const LONGEST_OPENING_MS = 30_000;

const DIALECT: Dialect = {
  name: "sqlite",
  table: (name) => `fermata_${name}`,
  jsonEquals(column, key, value, values: SqlValue[]) {
    const name = `$${values.push(key)}`;
    const entry = (condition: string): string => `exists (select 1 from json_each(${column}) e where e.key = ${name} and ${condition})`;
    if (value === null || typeof value === "boolean") return entry(`e.type = '${String(value)}'`);
    const types = typeof value === "number" ? "('integer', 'real')" : "('text')";
    return entry(`e.type in ${types} and e.value = $${values.push(value)}`);
  },
  forUpdate: "",
  skipLocked: "",
};

/** One SQLite file as the SQL stores see it. Opened when it is first used. */
export class SqliteDatabase implements SqlDatabase {
  readonly dialect = DIALECT;
  readonly hints = new SqliteHints(() => this.#version());
  readonly #location: string;
  #opening: Promise<Open> | undefined;
  #open: Open | undefined;
  #closed = false;

  /** @throws FermataError `MISCONFIGURED` when the address is not a file. */
  constructor(url: string) {
    this.#location = locationOf(url);
  }

  async init(): Promise<void> {
    await this.#ready();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.hints.close();
    const open = await this.#opening?.catch(() => undefined);
    this.#open = undefined;
    await open?.writer.idle();
    open?.connection.close();
  }

  async read<T>(work: () => Work<T>): Promise<T> {
    const { connection } = this.#open ?? (await this.#ready());
    for (let attempt = 0; ; attempt += 1) {
      try {
        return runWork(connection, work);
      } catch (error) {
        // A reader waits for nobody but a process that puts the log in order after another one died.
        if (!isBusy(error) || attempt >= 500) throw error;
        await delay(1 + Math.random() * 10);
      }
    }
  }

  async write<T>(work: () => Work<T>): Promise<T> {
    const { writer } = this.#open ?? (await this.#ready());
    return await writer.write(work);
  }

  writeAlone<T>(work: () => Work<T>): Promise<T> {
    return this.write(work);
  }

  #version(): number | undefined {
    try {
      const [row] = this.#open?.connection.run({ text: "pragma data_version", values: [] }).rows ?? [];
      return row && number(row, "data_version");
    } catch (error) {
      if (isBusy(error)) return undefined; // another process puts the log in order
      throw error;
    }
  }

  #ready(): Promise<Open> {
    if (this.#closed) return Promise.reject(new FermataError("UNAVAILABLE", "The store is closed."));
    this.#opening ??= openStore(this.#location).then(
      (open) => (this.#open = open),
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }
}

interface Open {
  readonly connection: SqliteConnection;
  readonly writer: SqliteWriter;
}

async function openStore(location: string): Promise<Open> {
  const deadline = Date.now() + LONGEST_OPENING_MS;
  for (;;) {
    let connection: SqliteConnection | undefined;
    try {
      connection = new SqliteConnection(location);
      migrateSqlite(connection);
      return { connection, writer: new SqliteWriter(connection) };
    } catch (error) {
      connection?.close();
      if (!isBusy(error) || Date.now() > deadline) throw error;
      await delay(2 + Math.random() * 20);
    }
  }
}
