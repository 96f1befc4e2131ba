/** Puts the parts of a sign-in at an OpenID provider together. */
import { FermataError } from "../../errors.ts";
import type { Fetch } from "../tokens/fetch-json.ts";
import type { KeySource } from "../tokens/keys.ts";
import { RemoteKeys } from "../tokens/remote-keys.ts";
import { secureUrl, setting } from "../tokens/settings.ts";
import type { Claims } from "../tokens/verifier.ts";
import { CodeFlow, type ClientAuthentication } from "./code-flow.ts";
import { Discovery, type ServerMetadata } from "./discovery.ts";
import { SignIn, type SessionOptions } from "./sign-in.ts";
import type { SignInFlow } from "./sign-in-flow.ts";

/** An OpenID provider as the verifier of its tokens sees it. */
export interface OpenIdProvider {
  readonly discovery: Discovery;
  readonly keys: KeySource;
  /** With and without a slash at the end: providers differ, and both are the same authority. */
  readonly issuer: readonly string[];
}

export interface OpenIdProviderOptions {
  readonly issuer: string;
  readonly fetch?: Fetch | undefined;
  readonly allowInsecure?: boolean | undefined;
  readonly metadata?: ServerMetadata | undefined;
}

/** @throws FermataError `MISCONFIGURED` for an issuer that is no safe address. */
export function openIdProvider({ allowInsecure, fetch, issuer: address, metadata }: OpenIdProviderOptions): OpenIdProvider {
  const issuer = secureUrl(address, "The issuer", allowInsecure);
  const discovery = new Discovery({ issuer, fetch, allowInsecure, metadata });
  return { discovery, keys: new RemoteKeys({ url: () => discovery.endpoint("jwks_uri"), fetch }), issuer: [issuer, `${issuer}/`] };
}

export interface ClientOptions<TUser> {
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  readonly clientAuthentication?: ClientAuthentication | undefined;
  readonly scopes: readonly string[];
  readonly loginParameters?: Readonly<Record<string, string>> | undefined;
  readonly clockToleranceSeconds?: number | undefined;
  readonly fetch?: Fetch | undefined;
  toUser(claims: Claims): TUser | undefined;
}

/** The code flow at `provider`; `undefined` when the app has no way to show who it is. */
export function codeFlow<TUser>(provider: OpenIdProvider, client: ClientOptions<TUser>): SignInFlow<TUser> | undefined {
  const clientAuthentication = client.clientAuthentication ?? "client_secret_post";
  if (client.clientSecret === undefined && clientAuthentication !== "none") return undefined;
  return new CodeFlow({ ...client, ...provider, clientAuthentication, toUser: (claims) => client.toUser(claims) });
}

export interface BrowserOptions {
  /** The provider's name, for example `okta`. */
  readonly name: string;
  /** As users know it. */
  readonly label: string;
  readonly redirectUri?: string | undefined;
  readonly session?: SessionOptions | undefined;
  /** The environment's variable with the password. */
  readonly passwordVariable: string;
}

/** Sign-in in a browser by way of `flow`. @throws FermataError `MISCONFIGURED` for a short password, or in production for none */
export function browserSignIn<TUser>(flow: SignInFlow<TUser> | undefined, options: BrowserOptions): SignIn<TUser> | undefined {
  if (!flow) return undefined;
  const { label, name, passwordVariable, redirectUri, session = {} } = options;
  const production = process.env.NODE_ENV === "production";
  const password = setting(session.cookiePassword, passwordVariable);
  if (password === undefined && production)
    throw new FermataError("MISCONFIGURED", `Sign-in with ${label}: give session.cookiePassword or set ${passwordVariable}.`);
  return new SignIn({
    flow,
    button: { provider: name, text: `Sign in with ${label}` },
    cookieName: session.cookieName ?? `${name}_session`,
    // During development sessions end with the process.
    cookiePassword: password ?? crypto.randomUUID() + crypto.randomUUID(),
    cookieMaxAge: session.cookieMaxAge ?? 86_400,
    secureCookies: session.secureCookies,
    redirectUri,
  });
}
