import { FermataError } from "../../errors.ts";
import { PostgresDatabase, isCollision, postgresDialect, repeated } from "./database.ts";
import { checkTables, migratePostgres } from "./migrate.ts";
import { PostgresHints } from "./hints.ts";
import { createListener, createPool } from "./pool.ts";
import type { ConnectionOptions, PostgresPool } from "./pool.ts";

export interface PostgresOptions extends ConnectionOptions {
  /** A pool that the app has already. It is not ended by `close`, and the other options of the connection do not matter. */
  readonly pool?: PostgresPool;
  /** Where the tables are. Default `public`. */
  readonly schema?: string;
  readonly schemaName?: string;
  /** Make and change the tables when the store is opened. Default: true outside of production (`NODE_ENV`). */
  readonly autoMigrate?: boolean;
  /**
   * Keep hot statements prepared on each connection. Default true; false behind a pooler that gives every transaction another connection
   * and does not know about statements.
   */
  readonly prepare?: boolean;
  /**
   * Where to listen for word from other processes, over one more connection that is there while something runs: the address of the server
   * itself, where `connectionString` leads to a pooler. False: nowhere. Default: where `connectionString` leads; with a `pool`, nowhere.
   * Without it the database is asked ten times a second in place of once.
   */
  readonly listen?: string | false;
}

/** A pool and the tables behind it, looked at when they are first used. */
export class PostgresConnection {
  readonly database: PostgresDatabase;
  readonly hints: PostgresHints;
  readonly #options: PostgresOptions;
  readonly #schema: string;
  #pool: Promise<PostgresPool> | undefined;
  #ready: Promise<PostgresPool> | undefined;
  #closed = false;

  /** @throws FermataError `MISCONFIGURED` when the schema's name cannot be one. */
  constructor(options: PostgresOptions) {
    this.#options = options;
    this.#schema = options.schema ?? options.schemaName ?? "public";
    if (!/^[^\0]{1,63}$/u.test(this.#schema))
      throw new FermataError("MISCONFIGURED", "The schema's name must have between 1 and 63 characters.");
    this.database = new PostgresDatabase(postgresDialect(this.#schema), () => this.#open(), options.prepare ?? true);
    this.hints = new PostgresHints({
      schema: this.#schema,
      listen: listening(options),
      notify: async (channel, payload) => (await this.#connect()).query({ text: "select pg_notify($1, $2)", values: [channel, payload] }),
    });
  }

  async init(): Promise<void> {
    await repeated(isCollision, () => this.#open());
  }

  async migrate(): Promise<void> {
    const pool = await this.#connect();
    await repeated(isCollision, () => migratePostgres(pool, this.#schema));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.hints.close();
    const pool = await this.#pool?.catch(() => undefined);
    await this.#ready?.catch(() => {});
    if (this.#options.pool === undefined) await pool?.end();
  }

  #connect(): Promise<PostgresPool> {
    if (this.#closed) return Promise.reject(new FermataError("UNAVAILABLE", "The store is closed."));
    this.#pool ??= this.#makePool();
    return this.#pool;
  }

  async #makePool(): Promise<PostgresPool> {
    const pool = this.#options.pool ?? (await createPool(this.#options));
    // A connection that breaks while nobody uses it is replaced by the pool; without a listener it would end the process.
    pool.on("error", () => {});
    // Nor may one that breaks while it goes from hand to hand, when neither the pool nor its user listens.
    pool.on("connect", (client) => void client.on("error", () => {}));
    return pool;
  }

  /** The pool, once the tables are known to be there. After a failure the next call tries again. */
  #open(): Promise<PostgresPool> {
    if (this.#closed) return this.#connect();
    this.#ready ??= this.#check().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #check(): Promise<PostgresPool> {
    const pool = await this.#connect();
    await checkTables(pool, this.#schema, this.#options.autoMigrate ?? process.env["NODE_ENV"] !== "production");
    return pool;
  }
}

function listening({ listen, pool, connectionString, ssl }: PostgresOptions): ConstructorParameters<typeof PostgresHints>[0]["listen"] {
  if (listen === false || (listen === undefined && pool !== undefined)) return undefined;
  const address = listen ?? connectionString;
  const options = { ...(address !== undefined && { connectionString: address }), ...(ssl !== undefined && { ssl }) };
  return (channel, heard, ended) => createListener(options, channel, heard, ended);
}
