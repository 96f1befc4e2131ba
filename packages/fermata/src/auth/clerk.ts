/** Users of Clerk. */
import { FermataError } from "../errors.ts";
import { browserSignIn, codeFlow, openIdProvider } from "./oidc/set-up.ts";
import type { SessionOptions } from "./oidc/sign-in.ts";
import { secureUrl, setting } from "./tokens/settings.ts";
import { claimsWithSubject, keysAt, TokenProvider, type TokenProviderOptions } from "./tokens/token-provider.ts";
import type { Claims } from "./tokens/verifier.ts";

export type { SessionOptions } from "./oidc/sign-in.ts";

export type ClerkUser = Claims & { readonly sub: string };

export interface MastraAuthClerkOptions extends TokenProviderOptions<ClerkUser> {
  /** Says which Clerk instance issues the tokens. Default: `CLERK_PUBLISHABLE_KEY`. */
  readonly publishableKey?: string | undefined;
  /** Taken so that configurations move over as they are; nothing here calls Clerk's own API. Default: `CLERK_SECRET_KEY`. */
  readonly secretKey?: string | undefined;
  /** Where the instance publishes its keys. Default: `CLERK_JWKS_URI`, then what the publishable key says. */
  readonly jwksUri?: string | undefined;
  /** The origins whose pages may get tokens, as in the claim `azp`. Default: all of the instance. */
  readonly authorizedParties?: readonly string[] | undefined;
  /** Refuses tokens that are not for it. Default: Clerk's session tokens are for nobody in particular. */
  readonly audience?: string | readonly string[] | undefined;
  /** Lets in who is signed in with this organization. Default: `CLERK_ORGANIZATION_ID`. */
  readonly organizationId?: string | undefined;
  /** The same by its slug. Default: `CLERK_ORGANIZATION_SLUG`. */
  readonly organizationSlug?: string | undefined;
  /** The id of an OAuth application of the instance. With it and its secret users can sign in in a browser. Default: `CLERK_OAUTH_CLIENT_ID`. */
  readonly oauthClientId?: string | undefined;
  /** Default: `CLERK_OAUTH_CLIENT_SECRET`. */
  readonly oauthClientSecret?: string | undefined;
  /** Where the browser comes back to: the address of `/auth/sso/callback`. Default: `CLERK_OAUTH_REDIRECT_URI`. */
  readonly redirectUri?: string | undefined;
  /** Default `openid profile email`. */
  readonly scopes?: readonly string[] | undefined;
  /** The password's variable is `CLERK_COOKIE_PASSWORD`. */
  readonly session?: SessionOptions | undefined;
}

/** The user is what the session token says. */
export class MastraAuthClerk extends TokenProvider<ClerkUser> {
  readonly #organization: { readonly id: string | undefined; readonly slug: string | undefined };

  /** @throws FermataError `MISCONFIGURED` when it is not known which instance issues the tokens, or with two organizations. */
  constructor(options: MastraAuthClerkOptions = {}) {
    const publishableKey = setting(options.publishableKey, "CLERK_PUBLISHABLE_KEY");
    const jwksUri = setting(options.jwksUri, "CLERK_JWKS_URI");
    if (publishableKey === undefined && jwksUri === undefined)
      throw new FermataError("MISCONFIGURED", "Clerk: give publishableKey or jwksUri, or set CLERK_PUBLISHABLE_KEY or CLERK_JWKS_URI.");
    const keysUrl = jwksUri === undefined ? undefined : secureUrl(jwksUri, "Clerk's jwksUri");
    const instance = publishableKey === undefined ? new URL(keysUrl ?? "").origin : instanceOf(publishableKey);
    const { audience, authorizedParties, fetch } = options;
    super(options, {
      name: "clerk",
      keys: keysAt(keysUrl ?? `${instance}/.well-known/jwks.json`, fetch),
      issuer: instance,
      audience,
      toUser(claims) {
        // Signed in, but something is left to be done, for example to choose an organization.
        if (claims.sts === "pending") return undefined;
        if (authorizedParties && typeof claims.azp === "string" && !authorizedParties.includes(claims.azp)) return undefined;
        return claimsWithSubject(claims);
      },
    });
    const [id, slug] = [
      setting(options.organizationId, "CLERK_ORGANIZATION_ID"),
      setting(options.organizationSlug, "CLERK_ORGANIZATION_SLUG"),
    ];
    if (id !== undefined && slug !== undefined)
      throw new FermataError("MISCONFIGURED", "Clerk: give organizationId or organizationSlug, not both.");
    this.#organization = { id, slug };
    // What the options say replaces the method below, so the organization is asked about before it.
    const { authorizeUser } = this;
    this.authorizeUser = (user, request) => this.#isMember(user) && authorizeUser.call(this, user, request);
    this.#enableSignIn(instance, options);
  }

  #enableSignIn(instance: string, options: MastraAuthClerkOptions): void {
    const clientId = setting(options.oauthClientId, "CLERK_OAUTH_CLIENT_ID");
    if (clientId === undefined) return;
    const { clockToleranceSeconds, fetch, session } = options;
    const flow = codeFlow(openIdProvider({ issuer: instance, fetch }), {
      clientId,
      clientSecret: setting(options.oauthClientSecret, "CLERK_OAUTH_CLIENT_SECRET"),
      scopes: options.scopes ?? ["openid", "profile", "email"],
      clockToleranceSeconds,
      fetch,
      toUser: claimsWithSubject,
    });
    const redirectUri = setting(options.redirectUri, "CLERK_OAUTH_REDIRECT_URI");
    const { name } = this;
    this.enableSignIn(browserSignIn(flow, { name, label: "Clerk", redirectUri, session, passwordVariable: "CLERK_COOKIE_PASSWORD" }));
  }

  #isMember(user: ClerkUser): boolean {
    const { id, slug } = this.#organization;
    // Newer tokens have one claim `o` for what were several.
    const active = (typeof user.o === "object" && user.o !== null ? user.o : {}) as { readonly id?: unknown; readonly slg?: unknown };
    if (id !== undefined) return (active.id ?? user.org_id) === id;
    return slug === undefined || (active.slg ?? user.org_slug) === slug;
  }
}

export { MastraAuthClerk as Clerk };

/** The address of the instance, which stands in the publishable key. */
function instanceOf(publishableKey: string): string {
  try {
    const host = atob(publishableKey.replace(/^pk_(test|live)_/, "")).replace(/\$$/, "");
    return secureUrl(`https://${host}`, "Clerk's instance");
  } catch {
    throw new FermataError("MISCONFIGURED", "Clerk: the publishable key is none.");
  }
}
