/** Users of any OpenID provider: Keycloak, Authentik, Zitadel, Entra ID, Dex and others. */
import { mapOidcClaimsToUser, type OidcUser } from "./oidc/user.ts";
import { browserSignIn, codeFlow, openIdProvider } from "./oidc/set-up.ts";
import type { ClientAuthentication } from "./oidc/code-flow.ts";
import type { ServerMetadata } from "./oidc/discovery.ts";
import type { SessionOptions } from "./oidc/sign-in.ts";
import { requiredSetting, setting } from "./tokens/settings.ts";
import { TokenProvider, type TokenProviderOptions } from "./tokens/token-provider.ts";
import type { Claims } from "./tokens/verifier.ts";

export { mapOidcClaimsToUser, type OidcUser } from "./oidc/user.ts";
export type { ClientAuthentication } from "./oidc/code-flow.ts";
export type { ServerMetadata } from "./oidc/discovery.ts";
export type { SessionOptions } from "./oidc/sign-in.ts";
export type { Claims } from "./tokens/verifier.ts";

export interface MastraAuthOidcOptions extends TokenProviderOptions<OidcUser> {
  /** Everything else is found out there: `<issuer>/.well-known/openid-configuration`. Default: `OIDC_ISSUER`. */
  readonly issuer?: string | undefined;
  /** Default: `OIDC_CLIENT_ID`. */
  readonly clientId?: string | undefined;
  /** With it users can sign in in a browser. Default: `OIDC_CLIENT_SECRET`. */
  readonly clientSecret?: string | undefined;
  /** Where the browser comes back to: the address of `/auth/sso/callback`. Default: `OIDC_REDIRECT_URI`. */
  readonly redirectUri?: string | undefined;
  /** Whom bearer tokens must be for. Default: `OIDC_AUDIENCE`, then the client's id. */
  readonly audience?: string | readonly string[] | undefined;
  /** Default: `OIDC_SCOPES`, then `openid profile email`. With `offline_access` most providers let sessions be renewed. */
  readonly scopes?: readonly string[] | undefined;
  /** What the button says: “Sign in with …”. Default `SSO`. */
  readonly label?: string | undefined;
  /** How the app shows who it is. `none` is for an app without a secret; PKCE is always used. Default `client_secret_post`. */
  readonly tokenEndpointAuthMethod?: ClientAuthentication | undefined;
  /** More parameters of the way to the provider, for example `{ prompt: "select_account" }`. */
  readonly loginParameters?: Readonly<Record<string, string>> | undefined;
  /** Plain http to a provider beyond this machine: tokens and secrets can be read on the way. Default false. */
  readonly allowInsecureRequests?: boolean | undefined;
  /** Instead of asking the provider where its endpoints are. */
  readonly serverMetadata?: ServerMetadata | undefined;
  readonly session?: SessionOptions | undefined;
  /** The user that the claims are about; `undefined` turns them away. */
  mapClaims?(claims: Claims): OidcUser | undefined;
}

/**
 * @example
 * new Oidc({ issuer: "https://id.example.com/realms/acme", clientId: "app", clientSecret: process.env.OIDC_CLIENT_SECRET });
 */
export class MastraAuthOidc extends TokenProvider<OidcUser> {
  /** @throws FermataError `MISCONFIGURED` without issuer or client id; with sign-in, for a short password of the cookie, or in production for none */
  constructor(options: MastraAuthOidcOptions = {}) {
    const clientId = requiredSetting(options.clientId, "The OpenID client's id", "OIDC_CLIENT_ID");
    const toUser = (claims: Claims): OidcUser | undefined => options.mapClaims?.(claims) ?? mapOidcClaimsToUser(claims);
    const { allowInsecureRequests: allowInsecure, clockToleranceSeconds, fetch, loginParameters, serverMetadata: metadata } = options;
    const issuer = requiredSetting(options.issuer, "The OpenID issuer", "OIDC_ISSUER");
    const provider = openIdProvider({ issuer, fetch, allowInsecure, metadata });
    const { keys } = provider;
    const audience = options.audience ?? setting(undefined, "OIDC_AUDIENCE") ?? clientId;
    super(options, { name: "oidc", keys, issuer: provider.issuer, audience, toUser });
    const flow = codeFlow(provider, {
      clientId,
      clientSecret: setting(options.clientSecret, "OIDC_CLIENT_SECRET"),
      clientAuthentication: options.tokenEndpointAuthMethod,
      scopes: options.scopes ?? setting(undefined, "OIDC_SCOPES")?.split(/[\s,]+/) ?? ["openid", "profile", "email"],
      loginParameters,
      clockToleranceSeconds,
      fetch,
      toUser,
    });
    const redirectUri = setting(options.redirectUri, "OIDC_REDIRECT_URI");
    const { label = "SSO", session } = options;
    this.enableSignIn(browserSignIn(flow, { name: this.name, label, redirectUri, session, passwordVariable: "OIDC_COOKIE_PASSWORD" }));
  }
}

export { MastraAuthOidc as Oidc };
