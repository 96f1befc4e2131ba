/** The only file that knows `node:sqlite`. */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { FermataError } from "../../errors.ts";
import type { Query, Result, Row } from "../sql/database.ts";

/** A statement of the cache: `$2` may stand anywhere and more than once, where SQLite wants one value per `?`. */
interface Prepared {
  readonly statement: StatementSync;
  /** Absent when the values stand in their own order. */
  readonly order: readonly number[] | undefined;
  readonly returnsRows: boolean;
}

/** Our own statements alone come here. Node 22 could not be asked until 22.16. */
const RETURNS_ROWS = /^\s*(select|pragma|explain)\b|\breturning\b/i;

const MOST_PREPARED = 256;
/** How long SQLite itself waits for a lock. It blocks the process, so it is short; longer waits are the writer's. */
const BUSY_TIMEOUT_MS = 5;
/** Larger files are not checked when they are opened: it would take seconds. */
const MOST_BYTES_TO_CHECK = 64 * 1024 * 1024;

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** One connection to one file, used from one thread: every call returns when it is done. */
export class SqliteConnection {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();
  #isClosed = false;

  /** @throws FermataError `MISCONFIGURED` when the file cannot be opened or is damaged. Throws what `isBusy` knows when another process holds it. */
  constructor(location: string) {
    const known = location === ":memory:" ? 0 : prepareFile(location);
    try {
      this.#db = new DatabaseSync(location);
      this.#open(known);
    } catch (error) {
      if (isBusy(error) || FermataError.is(error)) throw error;
      const damaged = [SQLITE_CORRUPT, SQLITE_NOTADB].includes(codeOf(error));
      const message = damaged
        ? `The file ${location} is damaged or is no database. Restore it from a copy, or move it away.`
        : `The database ${location} cannot be opened.`;
      throw new FermataError("MISCONFIGURED", message, { cause: error });
    }
  }

  #open(bytes: number): void {
    try {
      this.#db.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
      this.#db.exec("pragma journal_mode = wal");
      this.#db.exec("pragma synchronous = full");
      this.#db.exec("pragma journal_size_limit = 67108864");
      // Pages that change with every commit are copied into the file once for many of them.
      this.#db.exec("pragma wal_autocheckpoint = 4000");
      this.#db.exec("pragma cache_size = -16384");
      if (bytes > 0 && bytes <= MOST_BYTES_TO_CHECK) this.#check();
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  #check(): void {
    const [found] = this.run({ text: "pragma quick_check(1)", values: [], cold: true }).rows;
    const answer = found && Object.values(found)[0];
    if (answer !== "ok")
      throw new FermataError("MISCONFIGURED", `The database file is damaged (${String(answer)}). Restore it from a copy, or move it away.`);
  }

  run(query: Query): Result {
    const { statement, order, returnsRows } = this.#prepare(query.text);
    const values = order ? order.map((index) => query.values[index - 1] ?? null) : query.values;
    if (returnsRows) {
      // SQLite gives texts, numbers, NULL and bytes, and our statements ask for no other.
      const rows = statement.all(...values) as Row[];
      return { rows, changes: rows.length };
    }
    return { rows: [], changes: Number(statement.run(...values).changes) };
  }

  exec(text: string): void {
    this.#db.exec(text);
  }

  close(): void {
    this.#prepared.clear();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#db.close();
  }

  #prepare(text: string): Prepared {
    const known = this.#prepared.get(text);
    if (known) return known;
    const order: number[] = [];
    const sql = text.replaceAll(/\$(\d+)/g, (_, index: string) => {
      order.push(Number(index));
      return "?";
    });
    const statement = this.#db.prepare(sql);
    const isPlain = order.every((index, i) => index === i + 1);
    const prepared = { statement, order: isPlain ? undefined : order, returnsRows: RETURNS_ROWS.test(text) };
    for (const oldest of this.#prepared.keys()) {
      if (this.#prepared.size < MOST_PREPARED) break;
      this.#prepared.delete(oldest);
    }
    this.#prepared.set(text, prepared);
    return prepared;
  }
}

/** Whether the database is locked by somebody else: worth trying again. */
export function isBusy(error: unknown): boolean {
  // The low byte is the code, the rest says more.
  return (codeOf(error) & 0xff) === SQLITE_BUSY;
}

function codeOf(error: unknown): number {
  return typeof error === "object" && error !== null && "errcode" in error && typeof error.errcode === "number" ? error.errcode : 0;
}

/** Makes the folder. Resolves to the size of the file, 0 when it is new. */
function prepareFile(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch (error) {
    throw new FermataError("MISCONFIGURED", `The database ${path} cannot be opened.`, { cause: error });
  }
}

/** The file that a `file:` URL means, relative ones from the working folder. @throws FermataError `MISCONFIGURED` for another kind of address. */
export function locationOf(url: string): string {
  if (url === ":memory:" || url === "file::memory:") return ":memory:";
  if (url.startsWith("file://")) return fileURLToPath(url);
  if (url.startsWith("file:")) return decodeURI(url.slice("file:".length).replace(/\?.*$/, ""));
  if (/^[a-z][a-z+]+:/i.test(url)) {
    throw new FermataError(
      "MISCONFIGURED",
      `The embedded store keeps a file of its own: "${url.slice(0, url.indexOf(":"))}:" is not a file. Give "file:./data.db", or use PostgresStore for a server.`,
    );
  }
  return url;
}
