/** Users of Auth0. */
import { requiredSetting, secureUrl } from "./tokens/settings.ts";
import { claimsWithSubject, keysAt, TokenProvider, type TokenProviderOptions } from "./tokens/token-provider.ts";
import type { Claims } from "./tokens/verifier.ts";

export type Auth0User = Claims & { readonly sub: string };

export interface MastraAuthAuth0Options extends TokenProviderOptions<Auth0User> {
  /** For example `tenant.eu.auth0.com`, or a domain of one's own. Default: `AUTH0_DOMAIN`. */
  readonly domain?: string | undefined;
  /** The identifier of the API. Default: `AUTH0_AUDIENCE`. */
  readonly audience?: string | undefined;
}

/** The user is what the access token says. */
export class MastraAuthAuth0 extends TokenProvider<Auth0User> {
  /** @throws FermataError `MISCONFIGURED` without domain or audience. */
  constructor(options: MastraAuthAuth0Options = {}) {
    const domain = requiredSetting(options.domain, "Auth0's domain", "AUTH0_DOMAIN");
    const origin = secureUrl(domain.includes("://") ? domain : `https://${domain}`, "Auth0's domain");
    super(options, {
      name: "auth0",
      keys: keysAt(`${origin}/.well-known/jwks.json`, options.fetch),
      issuer: `${origin}/`,
      audience: requiredSetting(options.audience, "Auth0's audience", "AUTH0_AUDIENCE"),
      toUser: claimsWithSubject,
    });
  }
}

export { MastraAuthAuth0 as Auth0 };
