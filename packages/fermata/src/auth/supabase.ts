/** Users of Supabase Auth. */
import { decodeProtectedHeader } from "jose";
import { FermataError } from "../errors.ts";
import type { AuthRequest } from "./provider.ts";
import { fetchJson, type Fetch } from "./tokens/fetch-json.ts";
import { bothKeys, HMAC_ALGORITHMS, isHmac, PUBLIC_KEY_ALGORITHMS, secretKeys } from "./tokens/keys.ts";
import { Lookup } from "./tokens/lookup.ts";
import { requiredSetting, secureUrl, setting } from "./tokens/settings.ts";
import { keysAt, TokenProvider, type TokenProviderOptions } from "./tokens/token-provider.ts";
import type { Claims } from "./tokens/verifier.ts";

export interface SupabaseUser {
  readonly id: string;
  readonly email?: string;
  readonly phone?: string;
  readonly role?: string;
  readonly is_anonymous?: boolean;
  readonly app_metadata: Readonly<Record<string, unknown>>;
  readonly user_metadata: Readonly<Record<string, unknown>>;
}

export interface MastraAuthSupabaseOptions extends TokenProviderOptions<SupabaseUser> {
  /** For example `https://project.supabase.co`. Default: `SUPABASE_URL`. */
  readonly url?: string | undefined;
  /** The project's public key, with which the column `isAdmin` is read. Default: `SUPABASE_ANON_KEY`. */
  readonly anonKey?: string | undefined;
  /** The secret of projects that sign with HS256. Without it Supabase is asked about such tokens. Default: `SUPABASE_JWT_SECRET`. */
  readonly jwtSecret?: string | undefined;
}

const MAX_REMEMBERED = 1_000;
const REMEMBERED_MS = 60_000;

/**
 * Without `authorizeUser` a user whose row in the table `users` says `isAdmin: false` is not let in, as in the reference; no row
 * and no table let in.
 */
export class MastraAuthSupabase extends TokenProvider<SupabaseUser> {
  readonly #url: string;
  readonly #anonKey: string | undefined;
  readonly #fetch: Fetch | undefined;
  /** Tokens whose secret is not here, as Supabase knows them. */
  readonly #unknown: Lookup<SupabaseUser | null> | undefined;
  readonly #isAdmin: Lookup<boolean>;
  readonly #maxTokenLength: number;

  /** @throws FermataError `MISCONFIGURED` without url, or with neither key nor `authorizeUser`. */
  constructor(options: MastraAuthSupabaseOptions = {}) {
    const url = secureUrl(requiredSetting(options.url, "Supabase's url", "SUPABASE_URL"), "Supabase's url");
    const secret = setting(options.jwtSecret, "SUPABASE_JWT_SECRET");
    const published = keysAt(`${url}/auth/v1/.well-known/jwks.json`, options.fetch);
    super(options, {
      name: "supabase",
      keys: secret === undefined ? published : bothKeys(secretKeys(secret), published),
      algorithms: [...(secret === undefined ? [] : HMAC_ALGORITHMS), ...PUBLIC_KEY_ALGORITHMS],
      issuer: `${url}/auth/v1`,
      audience: "authenticated",
      toUser,
    });
    this.#url = url;
    this.#fetch = options.fetch;
    this.#maxTokenLength = options.maxTokenLength ?? 16_384;
    this.#anonKey = setting(options.anonKey, "SUPABASE_ANON_KEY");
    if (this.#anonKey === undefined && !options.authorizeUser)
      throw new FermataError("MISCONFIGURED", "Supabase: give anonKey or set SUPABASE_ANON_KEY; or give authorizeUser.");
    this.#unknown =
      secret === undefined && this.#anonKey !== undefined
        ? new Lookup(MAX_REMEMBERED, REMEMBERED_MS, (token) => this.#askAbout(token))
        : undefined;
    this.#isAdmin = new Lookup(MAX_REMEMBERED, REMEMBERED_MS, (id) => this.#askIfAdmin(id));
  }

  override async authenticateToken(token: string, request?: Request): Promise<SupabaseUser | null> {
    if (this.#unknown && token.length <= this.#maxTokenLength && isSignedWithSecret(token)) return this.#unknown.get(token);
    return super.authenticateToken(token, request);
  }

  override authorizeUser(user: SupabaseUser, _request: AuthRequest): Promise<boolean> | boolean {
    return this.#isAdmin.get(user.id);
  }

  async #askAbout(token: string): Promise<SupabaseUser | null> {
    const { status, body } = await this.#ask("/auth/v1/user", token);
    if (status !== 200 || typeof body !== "object" || body === null) return null;
    return toUser({ ...body, sub: "id" in body && typeof body.id === "string" ? body.id : "" }) ?? null;
  }

  async #askIfAdmin(id: string): Promise<boolean> {
    const { status, body } = await this.#ask(`/rest/v1/users?select=isAdmin&id=eq.${encodeURIComponent(id)}`, this.#anonKey ?? "");
    if (status !== 200 || !Array.isArray(body)) return true; // there is no such table
    const [row] = body as readonly unknown[];
    if (typeof row !== "object" || row === null) return true; // nor such a row
    return "isAdmin" in row && row.isAdmin === true;
  }

  async #ask(path: string, token: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const headers = { apikey: this.#anonKey ?? "", authorization: `Bearer ${token}` };
    const reply = await fetchJson(`${this.#url}${path}`, { fetch: this.#fetch, init: { headers } });
    if (reply.status >= 500) throw new FermataError("UNAVAILABLE", "The sign-in service cannot be reached. Try again.");
    return reply;
  }
}

export { MastraAuthSupabase as Supabase };

function toUser(claims: Claims): SupabaseUser | undefined {
  const { app_metadata, email, is_anonymous, phone, role, sub, user_metadata } = claims;
  if (typeof sub !== "string" || sub === "") return undefined;
  return {
    id: sub,
    ...(typeof email === "string" && email !== "" && { email }),
    ...(typeof phone === "string" && phone !== "" && { phone }),
    ...(typeof role === "string" && { role }),
    ...(typeof is_anonymous === "boolean" && { is_anonymous }),
    app_metadata: toRecord(app_metadata),
    user_metadata: toRecord(user_metadata),
  };
}

const toRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  // Any object can be read as a record.
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

function isSignedWithSecret(token: string): boolean {
  try {
    return isHmac(decodeProtectedHeader(token).alg ?? "");
  } catch {
    return false;
  }
}
