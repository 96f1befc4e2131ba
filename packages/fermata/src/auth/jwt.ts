/** Signed tokens of an issuer of one's own: a shared secret, a public key, or a published key set. */
import { FermataError } from "../errors.ts";
import { bothKeys, HMAC_ALGORITHMS, isPem, pemKeys, PUBLIC_KEY_ALGORITHMS, secretKeys, type KeySource } from "./tokens/keys.ts";
import { secureUrl, setting } from "./tokens/settings.ts";
import { keysAt, TokenProvider, type TokenProviderOptions } from "./tokens/token-provider.ts";
import type { Claims } from "./tokens/verifier.ts";

export type { Claims } from "./tokens/verifier.ts";

export interface JwtAuthOptions extends TokenProviderOptions<Claims> {
  /** At least 32 bytes, for HS256, HS384 and HS512; or a public key or certificate in PEM, for all others. Default: `JWT_AUTH_SECRET`. */
  readonly secret?: string | undefined;
  /** Where the issuer publishes its keys, for RS*, PS*, ES* and EdDSA. */
  readonly jwksUri?: string | undefined;
  /** Who must have issued the token. Default: not looked at. */
  readonly issuer?: string | readonly string[] | undefined;
  /**
   * Whom the token must be for. With `jwksUri` it must be said, since the same keys may sign tokens for other apps;
   * `false` accepts them all.
   */
  readonly audience?: string | readonly string[] | false | undefined;
}

/**
 * The user is what the token says.
 * @example
 * new JwtAuth({ jwksUri: "https://id.example.com/keys", issuer: "https://id.example.com", audience: "my-app" });
 */
export class JwtAuth extends TokenProvider<Claims> {
  /** @throws FermataError `MISCONFIGURED` without a key, or with keys of others and no audience. */
  constructor(options: JwtAuthOptions = {}) {
    const { audience, fetch, issuer } = options;
    const jwksUri = options.jwksUri === undefined ? undefined : secureUrl(options.jwksUri, "jwksUri");
    const secret = options.secret ?? (jwksUri === undefined ? setting(undefined, "JWT_AUTH_SECRET") : undefined);
    if (jwksUri !== undefined && audience === undefined)
      throw new FermataError("MISCONFIGURED", "JwtAuth: with jwksUri, say whom tokens must be for: audience (or audience: false).");
    super(options, {
      name: "jwt",
      keys: keysOf(secret, jwksUri === undefined ? undefined : keysAt(jwksUri, fetch)),
      algorithms: algorithmsOf(secret, jwksUri !== undefined),
      issuer,
      audience: audience === false ? undefined : audience,
      // Tokens for machines, signed by hand with one's own secret, often have no end.
      requiredClaims: jwksUri === undefined ? [] : ["exp"],
      toUser: (claims) => claims,
    });
  }
}

export { JwtAuth as MastraJwtAuth };

function keysOf(secret: string | undefined, published: KeySource | undefined): KeySource {
  const own = secret === undefined ? undefined : isPem(secret) ? pemKeys(secret) : secretKeys(secret);
  if (own && published) return bothKeys(own, published);
  const keys = own ?? published;
  if (!keys) throw new FermataError("MISCONFIGURED", "JwtAuth: give a secret or jwksUri, or set JWT_AUTH_SECRET.");
  return keys;
}

function algorithmsOf(secret: string | undefined, published: boolean): readonly string[] {
  const shared = secret !== undefined && !isPem(secret);
  return [...(shared ? HMAC_ALGORITHMS : []), ...(published || !shared ? PUBLIC_KEY_ALGORITHMS : [])];
}
