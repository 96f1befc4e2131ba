/** A small OpenID provider with real keys: discovery, sign-in page, code flow with PKCE, refresh, user info, sign-out. It checks what the standards demand of a client. */
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { JWTPayload } from "jose";
import { createKey, signWith, type SigningKey } from "./token-issuer.ts";

export const CLIENT = { clientId: "the-app", clientSecret: "the secret of the app" } as const;
export const USER = { name: "ada", password: "lovelace" } as const;

interface Grant {
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | null;
  readonly sub: string;
}

export class OpenIdServer implements AsyncDisposable {
  /** Where browsers may be sent back to. */
  readonly redirectUris = new Set<string>();
  /** What the ID token says beside, or instead of, what it should. */
  idTokenChanges: JWTPayload = {};
  /** What is asked of it, in order: `POST /token refresh_token`. */
  readonly requests: string[] = [];
  /** Seconds that its tokens are valid. */
  validSeconds = 3_600;
  /** Gives out refresh tokens. */
  renews = true;
  isDown = false;
  readonly #key: SigningKey;
  readonly #codes = new Map<string, Grant>();
  readonly #refreshTokens = new Map<string, string>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  private constructor(key: SigningKey) {
    this.#key = key;
  }

  static async start(): Promise<OpenIdServer> {
    const server = new OpenIdServer(await createKey("openid", "ES256"));
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens on TCP
  }

  /** An ID token, as for whoever signs in. */
  idToken(claims: JWTPayload = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const own = { iss: this.issuer, aud: CLIENT.clientId, iat: now, exp: now + this.validSeconds, sub: "id-of-ada" };
    return signWith(this.#key, {
      ...own,
      email: "ada@example.com",
      name: "Ada Lovelace",
      groups: ["math"],
      ...claims,
      ...this.idTokenChanges,
    });
  }

  /** Signs a user in as the page's form does. Resolves to where the browser is sent. */
  async signIn(loginUrl: string): Promise<URL> {
    const page = await fetch(loginUrl);
    if (page.status !== 200) throw new Error(`${page.status}: ${await page.text()}`);
    const body = new URLSearchParams({ ...USER, parameters: new URL(loginUrl).search });
    const reply = await fetch(`${this.issuer}/authorize`, { method: "POST", body, redirect: "manual" });
    return new URL(reply.headers.get("location") ?? "");
  }

  /** Takes all refresh tokens back. */
  endSessions(): void {
    this.#refreshTokens.clear();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.issuer);
    const form = new URLSearchParams(request.method === "POST" ? await text(request) : "");
    const grant = form.get("grant_type");
    this.requests.push([request.method, url.pathname, ...(grant === null ? [] : [grant])].join(" "));
    const json = (value: object, status = 200): void =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (this.isDown) return json({ error: "server_error" }, 500);
    if (url.pathname === "/.well-known/openid-configuration") return json(this.#metadata());
    if (url.pathname === "/keys") return json({ keys: [this.#key.jwk] });
    if (url.pathname === "/authorize") return request.method === "POST" ? this.#signedIn(form, response) : this.#page(url, response);
    if (url.pathname === "/token") {
      const reply = await this.#token(form);
      return json(reply, "error" in reply ? 400 : 200);
    }
    if (url.pathname === "/userinfo") return json({ sub: "id-of-ada", email: "ada@example.com", name: "Ada Lovelace" });
    if (url.pathname === "/revoke") {
      this.#refreshTokens.delete(form.get("token") ?? "");
      return json({});
    }
    if (url.pathname === "/logout") {
      const location = url.searchParams.get("post_logout_redirect_uri") ?? "/";
      return void response.writeHead(302, { location }).end();
    }
    json({ error: "not_found" }, 404);
  }

  #metadata(): object {
    const { issuer } = this;
    return {
      issuer,
      jwks_uri: `${issuer}/keys`,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      end_session_endpoint: `${issuer}/logout`,
      revocation_endpoint: `${issuer}/revoke`,
    };
  }

  #page(url: URL, response: ServerResponse): void {
    const fault = this.#faultOf(url.searchParams);
    if (fault !== undefined) return void response.writeHead(400).end(fault);
    const parameters = url.search.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
    response.writeHead(200, { "content-type": "text/html" }).end(`<title>Sign in</title><form method="post" action="/authorize">
      <input name="name"><input name="password" type="password"><input type="hidden" name="parameters" value="${parameters}"><button>Sign in</button></form>`);
  }

  #faultOf(query: URLSearchParams): string | undefined {
    if (query.get("client_id") !== CLIENT.clientId) return "client_id";
    if (!this.redirectUris.has(query.get("redirect_uri") ?? "")) return `redirect_uri ${query.get("redirect_uri")}`;
    if (query.get("response_type") !== "code") return "response_type";
    if (!query.get("scope")?.split(" ").includes("openid")) return "scope";
    if (query.get("code_challenge_method") !== "S256" || query.get("code_challenge")?.length !== 43) return "code_challenge";
    return undefined;
  }

  #signedIn(form: URLSearchParams, response: ServerResponse): void {
    const query = new URLSearchParams(form.get("parameters") ?? "");
    const isKnown = form.get("name") === USER.name && form.get("password") === USER.password;
    if (!isKnown || this.#faultOf(query) !== undefined) return void response.writeHead(403).end("no");
    const code = randomUUID();
    const [redirectUri, challenge] = [query.get("redirect_uri") ?? "", query.get("code_challenge") ?? ""];
    this.#codes.set(code, { redirectUri, challenge, nonce: query.get("nonce"), sub: "id-of-ada" });
    const back = new URL(redirectUri);
    back.searchParams.set("code", code);
    back.searchParams.set("state", query.get("state") ?? "");
    response.writeHead(302, { location: back.href }).end();
  }

  async #token(form: URLSearchParams): Promise<object> {
    if (form.get("client_id") !== CLIENT.clientId || form.get("client_secret") !== CLIENT.clientSecret) return { error: "invalid_client" };
    if (form.get("grant_type") === "refresh_token") {
      const token = form.get("refresh_token") ?? "";
      const sub = this.#refreshTokens.get(token);
      // Each is taken once.
      this.#refreshTokens.delete(token);
      return sub === undefined ? { error: "invalid_grant" } : this.#tokens({ sub });
    }
    const code = form.get("code") ?? "";
    const grant = this.#codes.get(code);
    this.#codes.delete(code);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (!grant || grant.redirectUri !== form.get("redirect_uri") || grant.challenge !== challenge) return { error: "invalid_grant" };
    return this.#tokens({ sub: grant.sub, ...(grant.nonce !== null && { nonce: grant.nonce }) });
  }

  async #tokens(claims: JWTPayload): Promise<object> {
    const refresh_token = randomUUID();
    if (this.renews) this.#refreshTokens.set(refresh_token, claims.sub ?? "");
    return {
      access_token: `access-${randomUUID()}`,
      token_type: "Bearer",
      expires_in: this.validSeconds,
      id_token: await this.idToken(claims),
      ...(this.renews && { refresh_token }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
