/** Sign-in at an OpenID provider: the authorization code flow with PKCE, state and nonce (OpenID Connect Core 3.1, RFC 7636). */
import { FermataError } from "../../errors.ts";
import { fetchJson, type Fetch } from "../tokens/fetch-json.ts";
import type { KeySource } from "../tokens/keys.ts";
import { PUBLIC_KEY_ALGORITHMS } from "../tokens/keys.ts";
import { textOf } from "../tokens/token-provider.ts";
import { TokenVerifier, type Claims } from "../tokens/verifier.ts";
import type { Discovery } from "./discovery.ts";
import type { CodeRequest, LoginRequest, SignedIn, SignInFlow } from "./sign-in-flow.ts";

/** How the app shows the provider who it is. */
export type ClientAuthentication = "client_secret_post" | "client_secret_basic" | "none";

export interface CodeFlowOptions<TUser> {
  readonly discovery: Discovery;
  readonly keys: KeySource;
  /** As tokens may name it. */
  readonly issuer: readonly string[];
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  readonly clientAuthentication: ClientAuthentication;
  readonly scopes: readonly string[];
  /** More parameters of the way to the provider. */
  readonly loginParameters?: Readonly<Record<string, string>> | undefined;
  readonly clockToleranceSeconds?: number | undefined;
  readonly fetch?: Fetch | undefined;
  toUser(claims: Claims): TUser | undefined;
}

interface TokenReply {
  readonly accessToken: string;
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  readonly expiresIn: number | undefined;
}

export class CodeFlow<TUser> implements SignInFlow<TUser> {
  readonly #options: CodeFlowOptions<TUser>;
  readonly #idTokens: TokenVerifier<Claims>;

  constructor(options: CodeFlowOptions<TUser>) {
    const { clientId, clockToleranceSeconds, issuer, keys } = options;
    this.#options = options;
    this.#idTokens = new TokenVerifier<Claims>({
      keys,
      algorithms: PUBLIC_KEY_ALGORITHMS,
      issuer,
      audience: clientId,
      requiredClaims: ["exp", "iat", "sub"],
      clockToleranceSeconds,
      cacheSeconds: 0,
      // A token for several must say who it was given to.
      toUser: (claims) => (claims.azp === undefined || claims.azp === clientId ? claims : undefined),
    });
  }

  async loginUrl({ redirectUri, state, nonce, codeChallenge }: LoginRequest): Promise<string> {
    const { clientId, discovery, loginParameters, scopes } = this.#options;
    const url = new URL(await discovery.endpoint("authorization_endpoint"));
    const parameters = {
      ...loginParameters,
      response_type: "code",
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: scopes.join(" "),
      state,
      nonce,
      code_challenge: codeChallenge,
      code_challenge_method: "S256",
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  async signIn({ code, redirectUri, nonce, codeVerifier }: CodeRequest): Promise<SignedIn<TUser>> {
    const reply = await this.#exchange({ grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: codeVerifier });
    const claims = reply?.idToken === undefined ? undefined : (await this.#idTokens.verify(reply.idToken))?.claims;
    // The nonce ties the token to this sign-in: one that was caught elsewhere has another.
    if (!reply || claims?.sub === undefined || claims.nonce !== nonce) throw refused();
    return this.#signedIn(claims.sub, await this.#withUserInfo(claims, reply.accessToken), reply);
  }

  async renew(refreshToken: string, subject: string): Promise<SignedIn<TUser> | null> {
    const reply = await this.#exchange({ grant_type: "refresh_token", refresh_token: refreshToken });
    if (!reply) return null;
    const kept = { ...reply, refreshToken: reply.refreshToken ?? refreshToken };
    const claims = await (reply.idToken === undefined
      ? this.#userInfo(reply.accessToken)
      : this.#idTokens.verify(reply.idToken).then((verified) => verified && this.#withUserInfo(verified.claims, reply.accessToken)));
    // Whatever comes back, it must be about who signed in.
    return claims?.sub === subject ? this.#signedIn(subject, claims, kept) : null;
  }

  async revoke(refreshToken: string): Promise<void> {
    try {
      const { revocation_endpoint: url } = await this.#options.discovery.metadata();
      if (url !== undefined) await this.#post(url, { token: refreshToken, token_type_hint: "refresh_token" });
    } catch {
      // The session is over on this side all the same.
    }
  }

  async logoutUrl(idToken: string | undefined, returnTo: string): Promise<string | null> {
    const { end_session_endpoint: endpoint } = await this.#options.discovery.metadata();
    if (endpoint === undefined) return null;
    const url = new URL(endpoint);
    url.searchParams.set("client_id", this.#options.clientId);
    url.searchParams.set("post_logout_redirect_uri", returnTo);
    if (idToken !== undefined) url.searchParams.set("id_token_hint", idToken);
    return url.href;
  }

  #signedIn(subject: string, claims: Claims, reply: TokenReply): SignedIn<TUser> {
    const user = this.#options.toUser(claims);
    if (user === undefined) throw refused();
    const { accessToken, expiresIn, idToken, refreshToken } = reply;
    return { subject, user, accessToken, refreshToken, idToken, validSeconds: expiresIn };
  }

  /** Some providers put no more than the subject into the ID token. */
  async #withUserInfo(claims: Claims, accessToken: string): Promise<Claims> {
    if (claims.email !== undefined || claims.name !== undefined) return claims;
    const more = await this.#userInfo(accessToken).catch(() => undefined);
    return more?.sub === claims.sub ? { ...more, ...claims } : claims;
  }

  async #userInfo(accessToken: string): Promise<Claims | undefined> {
    const { userinfo_endpoint: url } = await this.#options.discovery.metadata();
    if (url === undefined) return undefined;
    const headers = { authorization: `Bearer ${accessToken}` };
    const { status, body } = await fetchJson(url, { fetch: this.#options.fetch, init: { headers } });
    // Any object can be read as claims: each is checked where it is used.
    return status === 200 && typeof body === "object" && body !== null ? (body as Claims) : undefined;
  }

  /** `undefined` when the provider says no. */
  async #exchange(parameters: Readonly<Record<string, string>>): Promise<TokenReply | undefined> {
    const { status, body } = await this.#post(await this.#options.discovery.endpoint("token_endpoint"), parameters);
    if (status >= 500) throw new FermataError("UNAVAILABLE", "The sign-in service cannot be reached. Try again.");
    if (status !== 200 || typeof body !== "object" || body === null) return undefined;
    const reply = body as Readonly<Record<string, unknown>>; // any object can be read as a record
    const accessToken = textOf(reply.access_token);
    if (accessToken === undefined) return undefined;
    const expiresIn = Number(reply.expires_in);
    return {
      accessToken,
      idToken: textOf(reply.id_token),
      refreshToken: textOf(reply.refresh_token),
      expiresIn: expiresIn > 0 ? expiresIn : undefined,
    };
  }

  #post(url: string, parameters: Readonly<Record<string, string>>): ReturnType<typeof fetchJson> {
    const { clientAuthentication, clientId, clientSecret = "", fetch } = this.#options;
    const body = new URLSearchParams(parameters);
    const headers: Record<string, string> = {};
    if (clientAuthentication === "client_secret_basic")
      headers.authorization = `Basic ${btoa(`${encode(clientId)}:${encode(clientSecret)}`)}`;
    else body.set("client_id", clientId);
    if (clientAuthentication === "client_secret_post") body.set("client_secret", clientSecret);
    return fetchJson(url, { fetch, init: { method: "POST", headers, body } });
  }
}

/** As in a form, which RFC 6749 (2.3.1) asks for. */
const encode = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1);

const refused = (): FermataError => new FermataError("UNAUTHENTICATED", "The sign-in was not accepted. Begin it again.");
