/** Users of Okta. */
import { browserSignIn, codeFlow, openIdProvider } from "./oidc/set-up.ts";
import type { SessionOptions } from "./oidc/sign-in.ts";
import { mapOidcClaimsToUser, type OidcUser } from "./oidc/user.ts";
import { FermataError } from "../errors.ts";
import { requiredSetting, setting } from "./tokens/settings.ts";
import { TokenProvider, textOf, type TokenProviderOptions } from "./tokens/token-provider.ts";
import type { Claims } from "./tokens/verifier.ts";

export type { SessionOptions } from "./oidc/sign-in.ts";

export interface OktaUser extends OidcUser {
  readonly oktaId: string;
}

export interface MastraAuthOktaOptions extends TokenProviderOptions<OktaUser> {
  /** For example `dev-123456.okta.com`. Default: `OKTA_DOMAIN`. */
  readonly domain?: string | undefined;
  /** Default: `OKTA_CLIENT_ID`. */
  readonly clientId?: string | undefined;
  /** With it users can sign in in a browser. Default: `OKTA_CLIENT_SECRET`. */
  readonly clientSecret?: string | undefined;
  /** Default: `OKTA_ISSUER`, then `https://<domain>/oauth2/default`. */
  readonly issuer?: string | undefined;
  /** Whom bearer tokens must be for. Default: `OKTA_AUDIENCE`, then the client's id. */
  readonly audience?: string | readonly string[] | undefined;
  /** Where the browser comes back to: the address of `/auth/sso/callback`. Default: `OKTA_REDIRECT_URI`. */
  readonly redirectUri?: string | undefined;
  /** Default `openid profile email groups`. With `offline_access` sessions can be renewed. */
  readonly scopes?: readonly string[] | undefined;
  readonly session?: SessionOptions | undefined;
}

export class MastraAuthOkta extends TokenProvider<OktaUser> {
  /** @throws FermataError `MISCONFIGURED` without issuer or client id; with sign-in, for a short password of the cookie, or in production for none */
  constructor(options: MastraAuthOktaOptions = {}) {
    const clientId = requiredSetting(options.clientId, "Okta's clientId", "OKTA_CLIENT_ID");
    const { clockToleranceSeconds, fetch, session } = options;
    const provider = openIdProvider({ issuer: issuerOf(options), fetch });
    const audience = options.audience ?? setting(undefined, "OKTA_AUDIENCE") ?? clientId;
    super(options, { name: "okta", keys: provider.keys, issuer: provider.issuer, audience, toUser });
    const flow = codeFlow(provider, {
      clientId,
      clientSecret: setting(options.clientSecret, "OKTA_CLIENT_SECRET"),
      scopes: options.scopes ?? ["openid", "profile", "email", "groups"],
      clockToleranceSeconds,
      fetch,
      toUser,
    });
    const redirectUri = setting(options.redirectUri, "OKTA_REDIRECT_URI");
    const { name } = this;
    this.enableSignIn(browserSignIn(flow, { name, label: "Okta", redirectUri, session, passwordVariable: "OKTA_COOKIE_PASSWORD" }));
  }
}

export { MastraAuthOkta as Okta };

function issuerOf({ domain: given, issuer }: MastraAuthOktaOptions): string {
  const said = setting(issuer, "OKTA_ISSUER");
  const domain = setting(given, "OKTA_DOMAIN");
  if (said !== undefined) return said;
  if (domain !== undefined) return `https://${domain}/oauth2/default`;
  throw new FermataError("MISCONFIGURED", "Okta: give domain or issuer, or set OKTA_DOMAIN or OKTA_ISSUER.");
}

/** Access tokens have the user's id in `uid` and the name that it signs in with in `sub`; ID tokens have the id in `sub`. */
function toUser(claims: Claims): OktaUser | undefined {
  const user = mapOidcClaimsToUser(claims);
  const id = textOf(claims.uid) ?? user?.id;
  return user && id !== undefined ? { ...user, id, oktaId: id } : undefined;
}
