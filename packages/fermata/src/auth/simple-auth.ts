/** Fixed tokens, each with its user: for scripts, demonstrations and a handful of trusted callers. */
import { FermataError } from "../errors.ts";
import type { CredentialsResult, ICredentialsProvider } from "./capabilities.ts";
import { MastraAuthProvider, readCookie, type AuthRequest, type MastraAuthProviderOptions } from "./provider.ts";

export interface SimpleAuthOptions<TUser> extends MastraAuthProviderOptions<TUser> {
  /** Users by their tokens. */
  readonly tokens: Readonly<Record<string, TUser>>;
  /** Headers that may carry a token beside `Authorization` and `X-Playground-Access`. */
  readonly headers?: string | readonly string[];
}

/** The cookie that a browser keeps its token in. */
export const TOKEN_COOKIE = "mastra-token";

const DAY_SECONDS = 86_400;

/**
 * @example
 * new Mastra({ server: { auth: new SimpleAuth({ tokens: { [process.env.API_TOKEN]: { id: "ada" } } }) } });
 */
export class SimpleAuth<TUser> extends MastraAuthProvider<TUser> implements ICredentialsProvider<TUser> {
  readonly isSimpleAuth = true;
  readonly #users: ReadonlyMap<string, TUser>;
  readonly #headers: readonly string[];

  /** @throws FermataError `MISCONFIGURED` for an empty token, which every request without one would have. */
  constructor(options: SimpleAuthOptions<TUser>) {
    super({ ...options, name: options.name ?? "simple-auth" });
    this.#users = new Map(Object.entries(options.tokens));
    if (this.#users.has("")) throw new FermataError("MISCONFIGURED", "SimpleAuth: a token must not be empty.");
    this.#headers = ["authorization", "x-playground-access", ...[options.headers ?? []].flat()];
  }

  async authenticateToken(token: string, request: AuthRequest): Promise<TUser | null> {
    const known = this.#users.get(token);
    if (known !== undefined) return known;
    for (const header of this.#headers) {
      const user = this.#users.get((request.headers.get(header) ?? "").replace(/^bearer\s+/i, ""));
      if (user !== undefined) return user;
    }
    return this.#fromCookie(request);
  }

  authorizeUser(_user: TUser, _request: AuthRequest): Promise<boolean> | boolean {
    return true; // whoever has a token is known
  }

  async getCurrentUser(request: Request): Promise<TUser | null> {
    return this.#users.get((request.headers.get("authorization") ?? "").replace(/^bearer\s+/i, "")) ?? this.#fromCookie(request);
  }

  async getUser(userId: string): Promise<TUser | null> {
    for (const user of this.#users.values()) {
      if (typeof user === "object" && user !== null && "id" in user && user.id === userId) return user;
    }
    return null;
  }

  /** The password is the token; the address is not looked at. */
  async signIn(_email: string, password: string, request: Request): Promise<CredentialsResult<TUser>> {
    const user = this.#users.get(password);
    if (user === undefined) throw new FermataError("UNAUTHENTICATED", "Invalid credentials");
    const secure = request.url.startsWith("https:") ? "; Secure" : "";
    const cookie = `${TOKEN_COOKIE}=${encodeURIComponent(password)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${DAY_SECONDS}${secure}`;
    return { user, token: password, cookies: [cookie] };
  }

  async signUp(): Promise<CredentialsResult<TUser>> {
    throw new FermataError("FORBIDDEN", "Sign-up is not enabled");
  }

  isSignUpEnabled(): boolean {
    return false;
  }

  getClearSessionHeaders(): Record<string, string> {
    return { "Set-Cookie": `${TOKEN_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0` };
  }

  #fromCookie(request: Request): TUser | null {
    return this.#users.get(readCookie(request, TOKEN_COOKIE) ?? "") ?? null;
  }
}
