/**
 * One queue for the writes of a process. All that is asked for in one turn of the event loop becomes one commit, so that one wait for the
 * disk serves them all. A write that fails takes back only itself: the batch is then done again, each write where it can be taken back alone.
 * That is not the first way, because SQLite copies every page that is changed behind a savepoint.
 */
import { setTimeout as delay } from "node:timers/promises";
import { FermataError } from "../../errors.ts";
import type { Work } from "../sql/database.ts";
import { isBusy } from "./connection.ts";
import type { SqliteConnection } from "./connection.ts";

interface Waiting {
  /** Runs inside the open transaction and keeps what came of it. What it throws takes the whole batch back, unless it is alone. */
  attempt(isAlone: boolean): void;
  /** After the commit. */
  settle(): void;
  reject(error: unknown): void;
}

/** A turn of the event loop that only writes would hold up everything else. */
const LONGEST_BATCH_MS = 8;
/** How many of a commit's writers go on in one turn of the event loop: all at once, they would hold it up with what they do next. */
const WRITERS_PER_TURN = 4;
/** Another process that holds the file longer than this hangs. */
const LONGEST_WAIT_MS = 60_000;

export class SqliteWriter {
  readonly #connection: SqliteConnection;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  /** A write of the batch failed: each is tried for itself. */
  #isCareful = false;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  /** Runs `work` in a transaction. Resolves after the commit. */
  write<T>(work: () => Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let settle: () => void = () => {};
      const attempt = (isAlone: boolean): void => {
        try {
          const value = isAlone ? this.#inSavepoint(work) : runWork(this.#connection, work);
          settle = () => resolve(value);
        } catch (error) {
          if (!isAlone || isBusy(error)) throw error;
          settle = () => reject(error);
        }
      };
      this.#waiting.push({ attempt, settle: () => settle(), reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#flushing) await this.#flushing;
  }

  async #flush(): Promise<void> {
    await nextTurn();
    while (this.#waiting.length > 0) {
      const done = (await this.#begin()) ? this.#commit() : [];
      for (const [index, { settle }] of done.entries()) {
        if (index > 0 && index % WRITERS_PER_TURN === 0) await nextTurn();
        settle();
      }
      if (this.#waiting.length > 0) await nextTurn();
    }
    this.#flushing = undefined;
  }

  /** Opens a transaction, and waits without blocking while another process has one. Resolves to false when everything was given up. */
  async #begin(): Promise<boolean> {
    const deadline = Date.now() + LONGEST_WAIT_MS;
    for (let attempt = 0; ; attempt += 1) {
      try {
        this.#connection.exec("begin immediate");
        return true;
      } catch (error) {
        if (!isBusy(error) || Date.now() > deadline) {
          const failure = isBusy(error)
            ? new FermataError("UNAVAILABLE", "Another process has held the database for a minute.", { cause: error })
            : error;
          for (const { reject } of this.#waiting.splice(0)) reject(failure);
          return false;
        }
        // Of several processes that wait, none always comes last.
        await delay(1 + Math.random() * Math.min(attempt + 1, 10));
      }
    }
  }

  /** Gives the writes that are on disk. */
  #commit(): readonly Waiting[] {
    const start = performance.now();
    let done = 0;
    try {
      for (const { attempt } of this.#waiting) {
        attempt(this.#isCareful);
        done += 1;
        if (performance.now() - start > LONGEST_BATCH_MS) break;
      }
      this.#connection.exec("commit");
    } catch (error) {
      this.#rollBack();
      // Nothing of a batch that met a lock has happened: it stays in the queue and is tried again.
      if (isBusy(error)) return [];
      if (!this.#isCareful && done < this.#waiting.length) {
        this.#isCareful = true;
        return [];
      }
      for (const { reject } of this.#waiting.splice(0, Math.max(done, 1))) reject(error);
      return [];
    }
    this.#isCareful = false;
    return this.#waiting.splice(0, done);
  }

  #rollBack(): void {
    try {
      this.#connection.exec("rollback");
    } catch {
      // SQLite takes the transaction back itself after some errors, and then there is none to roll back.
    }
  }

  #inSavepoint<T>(work: () => Work<T>): T {
    this.#connection.run({ text: "savepoint w", values: [] });
    try {
      const value = runWork(this.#connection, work);
      this.#connection.run({ text: "release w", values: [] });
      return value;
    } catch (error) {
      this.#connection.exec("rollback to w; release w");
      throw error;
    }
  }
}

/** Runs every statement of `work` at once. */
export function runWork<T>(connection: SqliteConnection, work: () => Work<T>): T {
  const statements = work();
  let step = statements.next();
  while (!step.done) {
    let result;
    try {
      result = connection.run(step.value);
    } catch (error) {
      step = statements.throw(error);
      continue;
    }
    step = statements.next(result);
  }
  return step.value;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
