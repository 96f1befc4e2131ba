/**
 * Values that travel with one request to every agent, tool and step it reaches. Some come from the client, the others from the
 * server: who the caller is, and whatever middleware and the app's own code put there. Which is which is kept, across suspension
 * too, and a client's value never takes the place of the server's.
 */
import type { Meter } from "./meter.ts";
import type { Principal } from "./principal.ts";
import type { TraceHeaders } from "./trace.ts";

/** The owner of threads and runs, decided by the server. */
export const MASTRA_RESOURCE_ID_KEY = "mastra__resourceId";
/** The thread of the conversation, decided by the server. */
export const MASTRA_THREAD_ID_KEY = "mastra__threadId";

/** The caller's token. It is never put away with a run. */
export const MASTRA_AUTH_TOKEN_KEY = "mastra__authToken";

/** What the server's own keys begin with. A client may set none of them, those of the future included. */
const RESERVED_PREFIXES = ["mastra__", "fermata__"];

/** Other keys that say who the caller is or may do; and names that would reach into a prototype when the context becomes an object. */
const RESERVED_KEYS: ReadonlySet<string> = new Set([
  "user",
  "userRoles",
  "userPermissions",
  "organizationId",
  "__proto__",
  "constructor",
  "prototype",
]);

function isReserved(key: string): boolean {
  return RESERVED_KEYS.has(key) || RESERVED_PREFIXES.some((prefix) => key.startsWith(prefix));
}

type Values = Record<string, unknown>;

/**
 * A typed map of request values.
 * @example
 * const context = new RequestContext<{ tier: "free" | "gold" }>();
 * context.set("tier", "gold");
 */
export class RequestContext<T extends object = Values> {
  readonly #values: Map<string, unknown>;
  /** What the request's runs may spend. Set by the server; it is no value, and is not put away with a run. */
  meter: Meter | undefined;
  /** The trace that the request belongs to. As `meter`, it is no value. */
  trace: TraceHeaders | undefined;
  /** The keys whose values came from the client. */
  #fromClient: Set<string> | undefined;
  #principal: Principal | undefined;

  constructor(entries?: Iterable<readonly [string, unknown]> | null) {
    this.#values = new Map(entries ?? undefined);
  }

  /** A context of what a client sent, without the keys that only the server may set. */
  static fromClient(values: unknown): RequestContext {
    const context = new RequestContext();
    context.addFromClient(values);
    return context;
  }

  /** The context of a run that was put away, as `toSaved` gave it. */
  static fromSaved(saved: SavedContext | Readonly<Values> | undefined): RequestContext {
    const context = new RequestContext();
    if (!isSaved(saved)) {
      context.addFromClient(saved); // an older form, which does not tell the two apart
      return context;
    }
    for (const [key, value] of Object.entries(saved.trusted)) context.#values.set(key, value);
    context.addFromClient(saved.client);
    context.#principal = saved.principal;
    return context;
  }

  /** Whom the request acts for. `undefined` where no request is behind the call. */
  get principal(): Principal | undefined {
    return this.#principal;
  }

  /** Says whom the request acts for. The server does it; a client cannot. */
  actFor(principal: Principal): void {
    this.#principal = principal;
  }

  /** Adds what a client sent where the server has not said anything, without the keys that only the server may set. */
  addFromClient(values: unknown): void {
    if (typeof values !== "object" || values === null || Array.isArray(values)) return;
    const known = (this.#fromClient ??= new Set());
    for (const [key, value] of Object.entries(values)) {
      if (isReserved(key) || (this.#values.has(key) && !known.has(key))) continue;
      known.add(key);
      this.#values.set(key, value);
    }
  }

  /** Another context with the same values. */
  copy(): RequestContext {
    const copy = new RequestContext(this.#values);
    copy.#fromClient = this.#fromClient && new Set(this.#fromClient);
    copy.#principal = this.#principal;
    copy.meter = this.meter;
    copy.trace = this.trace;
    return copy;
  }

  /** Adds what an earlier request of the same run said and this one does not. The server's earlier values go before a client's of now. */
  completeFrom(earlier: RequestContext): this {
    for (const [key, value] of earlier.#values) {
      const wasClients = earlier.#fromClient?.has(key) === true;
      const isClients = this.#fromClient?.has(key) === true;
      if (this.#values.has(key) && (wasClients || !isClients)) continue;
      this.#values.set(key, value);
      if (wasClients) (this.#fromClient ??= new Set()).add(key);
      else this.#fromClient?.delete(key);
    }
    this.#principal ??= earlier.#principal;
    return this;
  }

  /** What the client sent and the server let in. */
  get client(): Readonly<Values> {
    return Object.fromEntries([...this.#values].filter(([key]) => this.#fromClient?.has(key)));
  }

  /** What the server itself set. */
  get trusted(): Readonly<Values> {
    return Object.fromEntries([...this.#values].filter(([key]) => !this.#fromClient?.has(key)));
  }

  /** What can be put away with a run: data, without the caller's token. Whoever goes on with the run brings their own. */
  toSaved(): SavedContext {
    const trusted: Values = {};
    const client: Values = {};
    for (const [key, value] of this.#values) {
      if (key !== MASTRA_AUTH_TOKEN_KEY && isJson(value)) define(this.#fromClient?.has(key) ? client : trusted, key, value);
    }
    return { trusted, client, ...(this.#principal && { principal: this.#principal }) };
  }

  get<K extends keyof T & string>(key: K): T[K] {
    // The map is untyped inside; `set` is the only typed way in.
    return this.#values.get(key) as T[K];
  }

  set<K extends keyof T & string>(key: K, value: T[K]): void {
    this.setRaw(key, value);
  }

  has(key: keyof T & string): boolean {
    return this.#values.has(key);
  }

  delete(key: keyof T & string): boolean {
    return this.deleteRaw(key);
  }

  /** `get` without the type of the key. */
  getRaw(key: string): unknown {
    return this.#values.get(key);
  }

  /** `set` without the type of the key. */
  setRaw(key: string, value: unknown): void {
    this.#fromClient?.delete(key);
    this.#values.set(key, value);
  }

  hasRaw(key: string): boolean {
    return this.#values.has(key);
  }

  deleteRaw(key: string): boolean {
    this.#fromClient?.delete(key);
    return this.#values.delete(key);
  }

  clear(): void {
    this.#fromClient?.clear();
    this.#values.clear();
  }

  keys(): IterableIterator<string> {
    return this.#values.keys();
  }

  values(): IterableIterator<unknown> {
    return this.#values.values();
  }

  entries(): IterableIterator<[string, unknown]> {
    return this.#values.entries();
  }

  [Symbol.iterator](): IterableIterator<[string, unknown]> {
    return this.#values.entries();
  }

  /** The number of values. A method, as in the reference. */
  size(): number {
    return this.#values.size;
  }

  forEach(visit: (value: unknown, key: string) => void): void {
    for (const [key, value] of this.#values) visit(value, key);
  }

  /** A plain copy of all values. */
  get all(): Partial<T> {
    return Object.fromEntries(this.#values) as Partial<T>;
  }

  /** The values that survive JSON; functions, symbols and cycles are left out. */
  toJSON(): Values {
    // Not by assignment: a key may be called `__proto__`.
    return Object.fromEntries([...this.#values].filter(([, value]) => isJson(value)));
  }
}

/** A context as it is put away. */
export interface SavedContext {
  readonly trusted: Readonly<Values>;
  readonly client: Readonly<Values>;
  readonly principal?: Principal;
}

function isSaved(value: SavedContext | Readonly<Values> | undefined): value is SavedContext {
  return isRecord(value) && isRecord(value.trusted) && isRecord(value.client);
}

function isRecord(value: unknown): value is Readonly<Values> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Assignment to `__proto__` would set the prototype. */
function define(target: Values, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

function isJson(value: unknown): boolean {
  if (value === undefined || typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") return false;
  if (typeof value !== "object" || value === null) return true;
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
