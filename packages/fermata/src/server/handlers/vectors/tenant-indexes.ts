import { LOCAL_PRINCIPAL } from "../../../context/principal.ts";
import { FermataError } from "../../../errors.ts";
import type { VectorStore } from "../../../storage/vector/vector.ts";

/** What the names of other tenants' indexes begin with. The app's own code, which knows no tenants, makes none. */
const TENANT = "tenant:";
/** The memory's: what all users of all tenants have said. */
const MEMORY = "memory_messages_";

/**
 * The indexes of a vector store that a tenant reaches: its own. Those that the app itself makes are of the tenant of users who are of none.
 */
export class TenantIndexes {
  readonly store: VectorStore;
  readonly #prefix: string;
  readonly #seesMemory: boolean;

  /** @param seesMemory on a server without authentication all is one user's */
  constructor(store: VectorStore, tenant: string, seesMemory: boolean) {
    this.store = store;
    this.#prefix = tenant === LOCAL_PRINCIPAL.tenant ? "" : `${TENANT}${encodeURIComponent(tenant)}:`;
    this.#seesMemory = seesMemory;
  }

  /** As the store knows it. @throws FermataError `NOT_FOUND` for a name that is another one's */
  nameOf(indexName: string): string {
    if (!this.#isOwn(`${this.#prefix}${indexName}`)) throw new FermataError("NOT_FOUND", `Index "${indexName}" not found`);
    return `${this.#prefix}${indexName}`;
  }

  async list(): Promise<string[]> {
    const names = await this.store.listIndexes();
    return names.filter((name) => this.#isOwn(name)).map((name) => name.slice(this.#prefix.length));
  }

  #isOwn(name: string): boolean {
    if (this.#prefix !== "") return name.startsWith(this.#prefix);
    return !name.startsWith(TENANT) && (this.#seesMemory || !name.startsWith(MEMORY));
  }
}
