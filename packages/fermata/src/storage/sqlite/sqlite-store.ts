import type { Principal } from "../../context/principal.ts";
import { one } from "../sql/database.ts";
import { sqlHandles } from "../sql/store.ts";
import type { SqlHandles } from "../sql/store.ts";
import type { ScopedStore, Store, System, SystemStore } from "../store.ts";
import { SqliteDatabase } from "./database.ts";

export interface SqliteStoreOptions {
  /** Default `sqlite`. */
  readonly id?: string;
  /** `file:./data.db`, a path, or `:memory:`. Default `file:.fermata/data.db`. */
  readonly url?: string;
}

/**
 * A store in one SQLite file, in the process. What it acknowledged survives the loss of power. Several processes may share the file;
 * several machines may not.
 */
export class SqliteStore implements Store {
  readonly id: string;
  readonly #database: SqliteDatabase;
  readonly #handles: SqlHandles;

  /** @throws FermataError `MISCONFIGURED` when the address is not a file. */
  constructor({ id = "sqlite", url = "file:.fermata/data.db" }: SqliteStoreOptions = {}) {
    this.id = id;
    this.#database = new SqliteDatabase(url);
    this.#handles = sqlHandles(this.#database, this.#database.hints);
  }

  init(): Promise<void> {
    return this.#database.init();
  }

  for(principal: Principal): ScopedStore;
  for(principal: System): SystemStore;
  for(principal: Principal | System): ScopedStore | SystemStore {
    // Both have a handle, and the overloads above say which.
    return this.#handles(principal as Principal);
  }

  async ping(): Promise<void> {
    await this.#database.read(() => one({ text: "select 1 as ok", values: [] }));
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
