/**
 * Values that travel with one request to every agent, tool and step it reaches. Some keys say who the caller is;
 * those are set by the server alone, and a client that sends them is not heard.
 */
import type { Meter } from "./meter.ts";

/** The owner of threads and runs, decided by the server. */
export const MASTRA_RESOURCE_ID_KEY = "mastra__resourceId";
/** The thread of the conversation, decided by the server. */
export const MASTRA_THREAD_ID_KEY = "mastra__threadId";

/** Keys that a client may not set, in any spelling of the request. */
const RESERVED_KEYS: ReadonlySet<string> = new Set([
  MASTRA_RESOURCE_ID_KEY,
  MASTRA_THREAD_ID_KEY,
  "mastra__user",
  "mastra__userPermissions",
  "mastra__userRoles",
  "mastra__authToken",
  "mastra__isStudio",
  "mastra__authMode",
  "mastra__inheritedMemory",
  "mastra__messageAuthor",
  "mastra__versions",
  "user",
  "organizationId",
]);

/** Names that would reach into an object's prototype when the context is turned into a plain object. */
const UNSAFE_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

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

  constructor(entries?: Iterable<readonly [string, unknown]> | null) {
    this.#values = new Map(entries ?? undefined);
  }

  /** Adds what a client sent, leaving out the keys that only the server may set. */
  static fromClient(values: unknown): RequestContext {
    const context = new RequestContext();
    if (typeof values !== "object" || values === null || Array.isArray(values)) return context;
    for (const [key, value] of Object.entries(values)) {
      if (!RESERVED_KEYS.has(key) && !UNSAFE_KEYS.has(key)) context.#values.set(key, value);
    }
    return context;
  }

  get<K extends keyof T & string>(key: K): T[K] {
    // The map is untyped inside; `set` is the only typed way in.
    return this.#values.get(key) as T[K];
  }

  set<K extends keyof T & string>(key: K, value: T[K]): void {
    this.#values.set(key, value);
  }

  has(key: keyof T & string): boolean {
    return this.#values.has(key);
  }

  delete(key: keyof T & string): boolean {
    return this.#values.delete(key);
  }

  /** `get` without the type of the key. */
  getRaw(key: string): unknown {
    return this.#values.get(key);
  }

  /** `set` without the type of the key. */
  setRaw(key: string, value: unknown): void {
    this.#values.set(key, value);
  }

  hasRaw(key: string): boolean {
    return this.#values.has(key);
  }

  deleteRaw(key: string): boolean {
    return this.#values.delete(key);
  }

  clear(): void {
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
