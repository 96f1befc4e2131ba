/** Keys for programs, kept hashed in the store. */
import { base64url } from "jose";
import { FermataError } from "../errors.ts";
import { LOCAL_PRINCIPAL } from "../context/principal.ts";
import type { ApiKeyFilter, ApiKeyRecord } from "../storage/api-keys.ts";
import { BoundedMap } from "../storage/memory/bounded-map.ts";
import type { Page } from "../storage/page.ts";
import { SYSTEM, type Store } from "../storage/store.ts";
import type { IApiKeyProvider } from "./capabilities.ts";
import type { ApiKeyInfo, NewApiKey } from "./new-api-key.ts";
import { MastraAuthProvider, type AuthRequest, type MastraAuthProviderOptions, type UserClaims } from "./provider.ts";
import { bearerOf } from "./tokens/token-provider.ts";

export type { ApiKeyInfo, NewApiKey } from "./new-api-key.ts";

export interface ApiKeyAuthOptions extends MastraAuthProviderOptions<ApiKeyUser> {
  /** Where the keys are: as a rule the app's own `storage`. */
  readonly store: Store;
  /** What a key begins with, so that people and scanners for secrets know one when they see it. Default `fermata`. */
  readonly prefix?: string | undefined;
  /** How long another process may still take a key that was revoked here. Default 5. */
  readonly cacheSeconds?: number | undefined;
}

/** Whom a key acts for. */
export interface ApiKeyUser {
  /** The user who owns what is made with the key. */
  readonly id: string;
  readonly keyId: string;
  readonly name: string;
  readonly tenant: string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
}

const MAX_REMEMBERED = 1_000;
const MINUTE_MS = 60_000;
const PREFIX = /^[A-Za-z][A-Za-z0-9-]{0,31}$/;

/**
 * A key is `<prefix>_<id>_<secret>`, as a bearer token or in `x-api-key`. The store has the hash of its secret alone.
 * @example
 * const keys = new ApiKeyAuth({ store });
 * const { key } = await keys.create({ name: "nightly report", subject: "ada", scopes: ["agents:report:execute"] });
 */
export class ApiKeyAuth extends MastraAuthProvider<ApiKeyUser> implements IApiKeyProvider {
  readonly #store: Store;
  readonly #prefix: string;
  readonly #form: RegExp;
  readonly #cacheMs: number;
  /** Keys that were found to be good, by themselves. */
  readonly #known = new BoundedMap<{ readonly user: ApiKeyUser; readonly until: number }>(MAX_REMEMBERED);
  readonly #touched = new BoundedMap<number>(MAX_REMEMBERED);

  /** @throws FermataError `MISCONFIGURED` for a prefix that no key could have. */
  constructor(options: ApiKeyAuthOptions) {
    super({ ...options, name: options.name ?? "api-keys" });
    const { cacheSeconds = 5, prefix = "fermata", store } = options;
    if (!PREFIX.test(prefix)) throw new FermataError("MISCONFIGURED", "ApiKeyAuth: a prefix has letters, digits and hyphens, at most 32.");
    this.#store = store;
    this.#prefix = prefix;
    this.#form = new RegExp(`^${prefix}_([0-9a-f]{24})_([\\w-]{43})$`);
    this.#cacheMs = cacheSeconds * 1_000;
  }

  /** @throws FermataError `UNAVAILABLE` when the store does not answer. */
  async authenticateToken(token: string, request?: Request): Promise<ApiKeyUser | null> {
    const key = token === "" ? (request?.headers.get("x-api-key") ?? "") : token;
    const known = this.#known.get(key);
    if (known && known.until > Date.now()) return known.user;
    const [, id, secret] = this.#form.exec(key) ?? [];
    if (id === undefined || secret === undefined) return null;
    const record = await this.#find(id);
    const isRight = sameText(record?.hash ?? "", await hashOf(secret));
    if (!record || !isRight || !isValid(record)) return null;
    const user = Object.freeze(toUser(record));
    this.#known.set(key, { user, until: Math.min(Date.now() + this.#cacheMs, record.expiresAt ?? Number.POSITIVE_INFINITY) });
    this.#note(id);
    return user;
  }

  authorizeUser(_user: ApiKeyUser, _request: AuthRequest): Promise<boolean> | boolean {
    return true; // what the key may do is in its scopes
  }

  override mapUserToClaims({ roles, scopes, tenant }: ApiKeyUser): UserClaims {
    return { tenant, ...(roles && { roles }), ...(scopes && { scopes }) };
  }

  async getCurrentUser(request: Request): Promise<ApiKeyUser | null> {
    return this.authenticateToken(bearerOf(request), request);
  }

  async getUser(_userId: string): Promise<ApiKeyUser | null> {
    return null;
  }

  /** Makes a key. This is the only time that it can be seen. @throws FermataError `VALIDATION_FAILED` for a subject or tenant that cannot be one. */
  async create(wanted: NewApiKey): Promise<{ readonly key: string; readonly info: ApiKeyInfo }> {
    const { expiresInSeconds, name, roles, scopes, subject, tenant = LOCAL_PRINCIPAL.tenant } = wanted;
    const id = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const secret = base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
    const createdAt = Date.now();
    const info: ApiKeyInfo = {
      id,
      name,
      tenant,
      subject,
      ...(roles && { roles }),
      ...(scopes && { scopes }),
      createdAt,
      ...(expiresInSeconds !== undefined && { expiresAt: createdAt + expiresInSeconds * 1_000 }),
    };
    await this.#keys.add({ ...info, hash: await hashOf(secret) });
    return { key: `${this.#prefix}_${id}_${secret}`, info };
  }

  /** Newest first; revoked and expired ones, too. */
  async list(filter?: ApiKeyFilter): Promise<Page<ApiKeyInfo>> {
    const { items, ...page } = await this.#keys.list(filter);
    return { ...page, items: items.map(toInfo) };
  }

  /** Resolves to `undefined` when there is no such key. */
  async get(id: string): Promise<ApiKeyInfo | undefined> {
    const record = await this.#keys.get(id);
    return record && toInfo(record);
  }

  /** Takes a key back: here at once, in other processes within `cacheSeconds`. Resolves to whether there is such a key. */
  async revoke(id: string): Promise<boolean> {
    const found = await this.#keys.revoke(id, Date.now());
    this.#forget(id);
    return found;
  }

  /** Forgets a key, and that it was there. Resolves to whether it was. */
  async delete(id: string): Promise<boolean> {
    const found = await this.#keys.delete(id);
    this.#forget(id);
    return found;
  }

  /** A store that does not answer says nothing about the key. */
  async #find(id: string): Promise<ApiKeyRecord | undefined> {
    try {
      return await this.#keys.get(id);
    } catch (cause) {
      throw new FermataError("UNAVAILABLE", "API keys cannot be looked up. Try again.", { cause });
    }
  }

  get #keys() {
    return this.#store.for(SYSTEM).apiKeys;
  }

  #forget(id: string): void {
    for (const [key, { user }] of this.#known.entries()) if (user.keyId === id) this.#known.delete(key);
  }

  /** To the minute, and not waited for: a key is good whether or not its use could be noted. */
  #note(id: string): void {
    const now = Date.now();
    if (now - (this.#touched.get(id) ?? 0) < MINUTE_MS) return;
    this.#touched.set(id, now);
    void this.#keys.touch(id, now).catch(() => this.#touched.delete(id));
  }
}

const isValid = ({ expiresAt, revokedAt }: ApiKeyRecord): boolean =>
  revokedAt === undefined && (expiresAt === undefined || expiresAt > Date.now());

function toInfo({ hash: _hash, ...info }: ApiKeyRecord): ApiKeyInfo {
  return info;
}

function toUser({ id: keyId, name, roles, scopes, subject, tenant }: ApiKeyRecord): ApiKeyUser {
  return { id: subject, keyId, name, tenant, ...(roles && { roles }), ...(scopes && { scopes }) };
}

/** The secret has 256 random bits: there is nothing to guess that a slow hash would have to make slower. */
async function hashOf(secret: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret))));
}

/** Takes as long wherever two texts differ. */
function sameText(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let at = 0; at < other.length; at += 1) difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return difference === 0;
}
