/** What all providers of signed tokens have in common. */
import { MastraAuthProvider, type AuthRequest, type MastraAuthProviderOptions } from "../provider.ts";
import { userIdOf } from "../user-id.ts";
import type { Fetch } from "./fetch-json.ts";
import { PUBLIC_KEY_ALGORITHMS, type KeySource } from "./keys.ts";
import { RemoteKeys } from "./remote-keys.ts";
import { TokenVerifier, type Claims } from "./verifier.ts";

/** Options of every provider of signed tokens. The defaults are right for the provider. */
export interface TokenProviderOptions<TUser = unknown> extends MastraAuthProviderOptions<TUser> {
  /** The only algorithms that are accepted. Default: all with a public key; HS* where there is a secret. */
  readonly algorithms?: readonly string[] | undefined;
  /** How far this clock and the issuer's may be apart. Default 10. */
  readonly clockToleranceSeconds?: number | undefined;
  /** How long a token that was verified is not verified again. Never longer than it is valid. Default 60. */
  readonly cacheSeconds?: number | undefined;
  /** Longer tokens are refused unread. Default 16,384. */
  readonly maxTokenLength?: number | undefined;
  /** Asked at every request, also for tokens that were verified before. */
  isRevoked?(claims: Claims): boolean | Promise<boolean>;
  /** Used for keys and sign-in instead of the global `fetch`, for example to go through a proxy. */
  readonly fetch?: Fetch | undefined;
}

/** What a provider says about its tokens. */
export interface TokenRules<TUser> {
  readonly name: string;
  readonly keys: KeySource;
  readonly algorithms?: readonly string[] | undefined;
  readonly issuer?: string | readonly string[] | undefined;
  readonly audience?: string | readonly string[] | undefined;
  /** Default `exp`. */
  readonly requiredClaims?: readonly string[];
  /** The user that the claims are about; `undefined` refuses them. */
  toUser(claims: Claims): TUser | undefined;
}

/** Knows users by tokens that somebody else has signed. */
export abstract class TokenProvider<TUser extends object> extends MastraAuthProvider<TUser> {
  readonly #verifier: TokenVerifier<TUser>;
  readonly #isRevoked: TokenProviderOptions<TUser>["isRevoked"];

  constructor(options: TokenProviderOptions<TUser>, rules: TokenRules<TUser>) {
    super({ ...options, name: options.name ?? rules.name });
    const { algorithms, cacheSeconds, clockToleranceSeconds, isRevoked, maxTokenLength } = options;
    this.#isRevoked = isRevoked?.bind(options);
    this.#verifier = new TokenVerifier({
      keys: rules.keys,
      algorithms: algorithms ?? rules.algorithms ?? PUBLIC_KEY_ALGORITHMS,
      issuer: rules.issuer,
      audience: rules.audience,
      requiredClaims: rules.requiredClaims ?? ["exp"],
      clockToleranceSeconds,
      cacheSeconds,
      maxTokenLength,
      toUser: (claims) => rules.toUser(claims),
    });
  }

  /** @throws FermataError `UNAVAILABLE` when the issuer's keys cannot be had. */
  async authenticateToken(token: string, _request?: AuthRequest): Promise<TUser | null> {
    const verified = await this.#verifier.verify(token);
    if (!verified) return null;
    return (await this.#isRevoked?.(verified.claims)) === true ? null : verified.user;
  }

  authorizeUser(user: TUser, _request: AuthRequest): Promise<boolean> | boolean {
    return userIdOf(user) !== undefined;
  }

  /** Who makes this request; `null` for nobody. */
  async getCurrentUser(request: Request): Promise<TUser | null> {
    return this.authenticateToken(bearerOf(request));
  }

  /** Tokens say who their owner is and nothing about others: always `null`. */
  async getUser(_userId: string): Promise<TUser | null> {
    return null;
  }
}

/** The token of the `Authorization` header, with or without `Bearer`; empty when there is none. */
export const bearerOf = (request: Request): string => (request.headers.get("authorization") ?? "").replace(/^bearer\s+/i, "").trim();

/** Keys at an address that is known from the start. */
export const keysAt = (url: string, fetch: Fetch | undefined): KeySource => new RemoteKeys({ url: async () => url, fetch });

/** The claims of a token that belongs to somebody. */
export function claimsWithSubject(claims: Claims): (Claims & { readonly sub: string }) | undefined {
  return hasSubject(claims) ? claims : undefined;
}

const hasSubject = (claims: Claims): claims is Claims & { readonly sub: string } => typeof claims.sub === "string" && claims.sub !== "";

export const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

export const textsOf = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
