/**
 * What the SQL stores need of a database. A transaction is a generator of statements: it says what to run and is given the result,
 * and it does not know whether it waits. So the same code runs in one go on SQLite, many transactions to a commit, and over a
 * connection on PostgreSQL.
 */
export type SqlValue = string | number | null | Uint8Array;
export type Row = Readonly<Record<string, SqlValue>>;

export interface Query {
  /** With `$1`, `$2` … for the values. */
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** The text is one of many: not worth keeping prepared. */
  readonly cold?: boolean;
}

export interface Result {
  readonly rows: readonly Row[];
  /** Rows inserted, updated or deleted. */
  readonly changes: number;
}

/** Statements and what becomes of their results. It may be run again from its start, so it changes nothing but the database. */
export type Work<T> = Generator<Query, T, Result>;

export interface SqlDatabase {
  readonly dialect: Dialect;
  /** Runs statements that only read. They do not see one state of the database together. */
  read<T>(work: () => Work<T>): Promise<T>;
  /** Runs one transaction. Resolves when it is safe on disk. */
  write<T>(work: () => Work<T>): Promise<T>;
  /** Runs work whose first statement alone writes: it needs no transaction around it, and may read afterwards. */
  writeAlone<T>(work: () => Work<T>): Promise<T>;
}

export interface Dialect {
  readonly name: "sqlite" | "postgres";
  /** The full name of one of our tables. */
  table(name: string): string;
  /** The condition that the JSON in `column` has an equal value under a key. Adds to `values`. */
  jsonEquals(column: string, key: string, value: string | number | boolean | null, values: SqlValue[]): string;
  /** Takes rows for an update in the order they are locked, where the database locks rows. */
  readonly forUpdate: string;
  /** The same, leaving out rows that another transaction has. */
  readonly skipLocked: string;
}

/** A work of one statement. */
export function* one(query: Query): Work<Result> {
  return yield query;
}
