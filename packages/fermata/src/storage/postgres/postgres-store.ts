import type { Principal } from "../../context/principal.ts";
import { one } from "../sql/database.ts";
import { sqlHandles } from "../sql/store.ts";
import type { SqlHandles } from "../sql/store.ts";
import type { ScopedStore, Store, System, SystemStore } from "../store.ts";
import { PostgresConnection } from "./connection.ts";
import type { PostgresOptions } from "./connection.ts";

export interface PostgresStoreOptions extends PostgresOptions {
  /** Default `postgres`. */
  readonly id?: string;
}

/** A store in PostgreSQL, for servers of more than one machine. Needs the package `pg`. */
export class PostgresStore implements Store {
  readonly id: string;
  readonly #connection: PostgresConnection;
  readonly #handles: SqlHandles;

  /** @throws FermataError `MISCONFIGURED` when the schema's name cannot be one. */
  constructor(options: PostgresStoreOptions = {}) {
    this.id = options.id ?? "postgres";
    this.#connection = new PostgresConnection(options);
    this.#handles = sqlHandles(this.#connection.database, this.#connection.hints);
  }

  /** @throws FermataError `MISCONFIGURED` when the tables are behind and may not be changed; `UNAVAILABLE` when the server does not answer. */
  init(): Promise<void> {
    return this.#connection.init();
  }

  /** Brings the tables up to date, whatever `autoMigrate` says. */
  migrate(): Promise<void> {
    return this.#connection.migrate();
  }

  for(principal: Principal): ScopedStore;
  for(principal: System): SystemStore;
  for(principal: Principal | System): ScopedStore | SystemStore {
    // Both have a handle, and the overloads above say which.
    return this.#handles(principal as Principal);
  }

  async ping(): Promise<void> {
    await this.#connection.database.read(() => one({ text: "select 1 as ok", values: [] }));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
