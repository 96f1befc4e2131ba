import { setTimeout as delay } from "node:timers/promises";
import { FermataError } from "../../errors.ts";
import type { Dialect, Query, Result, Row, SqlDatabase, SqlValue, Work } from "../sql/database.ts";
import type { PostgresClient, PostgresPool, PostgresQuery } from "./pool.ts";

/** Sends a statement and waits for what comes back. */
type Send = (query: Query) => Promise<Result>;

const MOST_ATTEMPTS = 10;

const [BYTEA, INT8, INT2, INT4] = [17, 20, 21, 23];

/** Numbers are numbers and bytes are bytes; everything else is the text that the server sent, as SQLite has it. */
const TYPES: NonNullable<PostgresQuery["types"]> = {
  getTypeParser(type) {
    if (type === INT8 || type === INT4 || type === INT2) return Number;
    return type === BYTEA ? fromHex : String;
  },
};

function fromHex(text: string): Uint8Array {
  // oxlint-disable-next-line no-restricted-globals -- decodes tens of megabytes per search, and nothing else in Node does it natively
  return Buffer.from(text.slice(2), "hex");
}

/**
 * Names of prepared statements. A connection keeps a statement under its name, and several stores may share a pool:
 * so one text has one name in the whole process.
 */
const names = new Map<string, string>();

export function postgresDialect(schema: string): Dialect {
  const prefix = `${quoted(schema)}.fermata_`;
  return {
    name: "postgres",
    table: (name) => `${prefix}${name}`,
    jsonEquals(column, key, value, values: SqlValue[]) {
      return `${column} -> $${values.push(key)}::text = $${values.push(JSON.stringify(value))}::jsonb`;
    },
    forUpdate: "for update",
    skipLocked: "for update skip locked",
  };
}

export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** A pool as the SQL stores see it. */
export class PostgresDatabase implements SqlDatabase {
  readonly dialect: Dialect;
  readonly #pool: () => Promise<PostgresPool>;
  readonly #prepare: boolean;

  /** @param pool resolves when the tables are there. */
  constructor(dialect: Dialect, pool: () => Promise<PostgresPool>, prepare: boolean) {
    this.dialect = dialect;
    this.#pool = pool;
    this.#prepare = prepare;
  }

  async read<T>(work: () => Work<T>): Promise<T> {
    return await repeated(isLost, async () => {
      const pool = await this.#pool();
      return await runWork((query) => this.#send(pool, query), work);
    });
  }

  async writeAlone<T>(work: () => Work<T>): Promise<T> {
    return await repeated(isCollision, async () => {
      const pool = await this.#pool();
      return await runWork((query) => this.#send(pool, query), work);
    });
  }

  async write<T>(work: () => Work<T>): Promise<T> {
    return await repeated(isCollision, async () => {
      const pool = await this.#pool();
      return await transaction(pool, (client) => runWork((query) => this.#send(client, query), work));
    });
  }

  async #send(on: PostgresPool | PostgresClient, { text, values, cold = false }: Query): Promise<Result> {
    const name = cold || !this.#prepare ? undefined : nameOf(text);
    const { rows, rowCount } = await on.query({ text, values: [...values], types: TYPES, ...(name !== undefined && { name }) });
    // `TYPES` leaves numbers, texts and NULL.
    return { rows: rows as Row[], changes: rowCount ?? 0 };
  }
}

function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `fermata_${names.size + 1}`;
  names.set(text, name);
  return name;
}

/** Runs `work` between BEGIN and COMMIT on one connection. */
export async function transaction<T>(pool: PostgresPool, work: (client: PostgresClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = true;
  // A connection that breaks between two statements says so here, and the next statement fails; without a listener it would end the process.
  const onError = (): void => {};
  client.on("error", onError);
  try {
    await client.query({ text: "begin" });
    try {
      const value = await work(client);
      await client.query({ text: "commit" });
      broken = false;
      return value;
    } catch (error) {
      // On a broken connection there is nothing to roll back, and the first error says why.
      await client.query({ text: "rollback" }).then(
        () => (broken = false),
        () => {},
      );
      throw error;
    }
  } finally {
    client.removeListener("error", onError);
    client.release(broken);
  }
}

async function runWork<T>(send: Send, work: () => Work<T>): Promise<T> {
  const statements = work();
  let step = statements.next();
  while (!step.done) {
    let result: Result;
    try {
      result = await send(step.value);
    } catch (error) {
      step = statements.throw(error);
      continue;
    }
    step = statements.next(result);
  }
  return step.value;
}

/** Tries again where that cannot do anything twice. @throws FermataError `UNAVAILABLE` when the server cannot be reached. */
export async function repeated<T>(mayRepeat: (error: unknown) => boolean, attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count < MOST_ATTEMPTS && mayRepeat(error)) {
        await delay(Math.random() * 10 * 2 ** Math.min(count, 5));
        continue;
      }
      if (isLost(error)) throw new FermataError("UNAVAILABLE", "The database does not answer. Try again.", { cause: error });
      throw error;
    }
  }
}

/** The server took the transaction back, or refused the connection before there was one: nothing of it happened. */
export function isCollision(error: unknown): boolean {
  return ["40001", "40P01", "55P03", "57P03", "ECONNREFUSED"].includes(codeOf(error));
}

/** The connection broke, the server is stopping or starting, or it has no connection left. What was under way may have happened. */
function isLost(error: unknown): boolean {
  if (FermataError.is(error)) return false;
  const code = codeOf(error);
  if (/^(08|57P0|53300|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_)/.test(code)) return true;
  return (
    code === "" &&
    error instanceof Error &&
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(error.message)
  );
}

export function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";
}
