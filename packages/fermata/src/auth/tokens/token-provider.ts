/** What all providers of signed tokens have in common. */
import { MastraAuthProvider, type AuthRequest, type MastraAuthProviderOptions } from "../provider.ts";
import type { SignIn } from "../oidc/sign-in.ts";
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
  /**
   * Asked at every request, also for tokens that were verified before. Of a session that began in a browser it gets
   * `sub`, and `iat`: when the user signed in.
   */
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

/** Knows users by tokens that somebody else has signed, and by the cookie of those who signed in. */
export abstract class TokenProvider<TUser extends object> extends MastraAuthProvider<TUser> {
  readonly #verifier: TokenVerifier<TUser>;
  readonly #isRevoked: TokenProviderOptions<TUser>["isRevoked"];
  #signIn: SignIn<TUser> | undefined;

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

  /** Lets users sign in: the server looks for the methods on the object. Called by the constructors of those who can. */
  protected enableSignIn(signIn: SignIn<TUser> | undefined): void {
    this.#signIn = signIn;
    if (signIn) Object.assign(this, signIn.capabilities());
  }

  /**
   * The user of the token, or of the cookie where there is no token.
   * @throws FermataError `UNAVAILABLE` when the issuer's keys cannot be had.
   */
  async authenticateToken(token: string, request?: Request): Promise<TUser | null> {
    if (token === "" && request && this.#signIn) return this.#fromSession(this.#signIn, request);
    const verified = await this.#verifier.verify(token);
    if (!verified) return null;
    return (await this.#isRevoked?.(verified.claims)) === true ? null : verified.user;
  }

  async #fromSession(signIn: SignIn<TUser>, request: Request): Promise<TUser | null> {
    const session = await signIn.sessionOf(request);
    if (!session) return null;
    const isRevoked = await this.#isRevoked?.({ sub: session.subject, iat: session.since });
    return isRevoked === true ? null : session.user;
  }

  authorizeUser(user: TUser, _request: AuthRequest): Promise<boolean> | boolean {
    return userIdOf(user) !== undefined;
  }

  /** Who makes this request; `null` for nobody. */
  async getCurrentUser(request: Request): Promise<TUser | null> {
    return this.authenticateToken(bearerOf(request), request);
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
