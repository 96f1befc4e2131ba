/** Users of Auth0. */
import { browserSignIn, codeFlow, openIdProvider } from "./oidc/set-up.ts";
import type { SessionOptions } from "./oidc/sign-in.ts";
import { requiredSetting, secureUrl, setting } from "./tokens/settings.ts";
import { claimsWithSubject, keysAt, TokenProvider, type TokenProviderOptions } from "./tokens/token-provider.ts";
import type { Claims } from "./tokens/verifier.ts";

export type { SessionOptions } from "./oidc/sign-in.ts";

export type Auth0User = Claims & { readonly sub: string };

export interface MastraAuthAuth0Options extends TokenProviderOptions<Auth0User> {
  /** For example `tenant.eu.auth0.com`, or a domain of one's own. Default: `AUTH0_DOMAIN`. */
  readonly domain?: string | undefined;
  /** The identifier of the API. Default: `AUTH0_AUDIENCE`. */
  readonly audience?: string | undefined;
  /** With it and the secret users can sign in in a browser. Default: `AUTH0_CLIENT_ID`. */
  readonly clientId?: string | undefined;
  /** Default: `AUTH0_CLIENT_SECRET`. */
  readonly clientSecret?: string | undefined;
  /** Where the browser comes back to: the address of `/auth/sso/callback`. Default: `AUTH0_REDIRECT_URI`. */
  readonly redirectUri?: string | undefined;
  /** Default `openid profile email`. With `offline_access` sessions can be renewed. */
  readonly scopes?: readonly string[] | undefined;
  /** The password's variable is `AUTH0_COOKIE_PASSWORD`. */
  readonly session?: SessionOptions | undefined;
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
    const clientId = setting(options.clientId, "AUTH0_CLIENT_ID");
    if (clientId === undefined) return;
    const { clockToleranceSeconds, fetch, session } = options;
    const flow = codeFlow(openIdProvider({ issuer: origin, fetch }), {
      clientId,
      clientSecret: setting(options.clientSecret, "AUTH0_CLIENT_SECRET"),
      scopes: options.scopes ?? ["openid", "profile", "email"],
      clockToleranceSeconds,
      fetch,
      toUser: claimsWithSubject,
    });
    const redirectUri = setting(options.redirectUri, "AUTH0_REDIRECT_URI");
    const { name } = this;
    this.enableSignIn(browserSignIn(flow, { name, label: "Auth0", redirectUri, session, passwordVariable: "AUTH0_COOKIE_PASSWORD" }));
  }
}

export { MastraAuthAuth0 as Auth0 };
