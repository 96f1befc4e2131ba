/** Users of Better Auth, by way of the app's own instance. Better Auth is not imported: the instance says what it can. */
import { FermataError } from "../errors.ts";
import type { CredentialsResult, ICredentialsProvider, ISessionProvider, Session, User } from "./capabilities.ts";
import { MastraAuthProvider, type AuthRequest, type MastraAuthProviderOptions } from "./provider.ts";

interface FoundSession {
  readonly session: { readonly id: string; readonly expiresAt: Date | string; readonly createdAt: Date | string };
  readonly user: { readonly id: string; readonly email: string; readonly name: string; readonly image?: string | null | undefined };
}

/** What is used of an instance that `betterAuth()` made. */
export interface BetterAuthInstance {
  readonly api: {
    getSession(request: { headers: Headers }): Promise<FoundSession | null>;
    signInEmail?(request: { body: { email: string; password: string }; headers: Headers; asResponse: true }): Promise<Response>;
    signUpEmail?(request: {
      body: { email: string; password: string; name: string };
      headers: Headers;
      asResponse: true;
    }): Promise<Response>;
    signOut?(request: { headers: Headers }): Promise<unknown>;
  };
  readonly options?: object;
}

/** A session and its user, as Better Auth has them. */
export type BetterAuthUser<I extends BetterAuthInstance = BetterAuthInstance> = NonNullable<Awaited<ReturnType<I["api"]["getSession"]>>>;

export interface MastraAuthBetterAuthOptions<I extends BetterAuthInstance = BetterAuthInstance> extends MastraAuthProviderOptions<
  BetterAuthUser<I>
> {
  /** What `betterAuth({ … })` gave. Bearer tokens need its `bearer` plugin; cookies need nothing. */
  readonly auth: I;
  /** Let new users make an account through this server. Default true. */
  readonly signUpEnabled?: boolean | undefined;
}

export class MastraAuthBetterAuth<I extends BetterAuthInstance = BetterAuthInstance>
  extends MastraAuthProvider<BetterAuthUser<I>>
  implements ICredentialsProvider<User>, ISessionProvider
{
  readonly #auth: I;
  readonly #signUpEnabled: boolean;
  readonly #cookieName: string;

  constructor(options: MastraAuthBetterAuthOptions<I>) {
    super({ ...options, name: options.name ?? "better-auth" });
    this.#auth = options.auth;
    this.#signUpEnabled = options.signUpEnabled ?? true;
    this.#cookieName = `${prefixOf(options.auth.options)}.session_token`;
  }

  /** @throws FermataError `UNAVAILABLE` when the instance's database does not answer. */
  async authenticateToken(token: string, request?: AuthRequest): Promise<BetterAuthUser<I> | null> {
    const headers = new Headers();
    const cookie = request?.headers.get("cookie");
    // Who shows a token is that token's user and nobody else.
    if (token !== "") headers.set("authorization", `Bearer ${token}`);
    else if (typeof cookie === "string") headers.set("cookie", cookie);
    else return null;
    const found = await this.#find(headers);
    return found?.session && found.user ? found : null;
  }

  /** A database that does not answer says nothing about the session. */
  async #find(headers: Headers): Promise<BetterAuthUser<I> | null> {
    try {
      // The instance is of this type.
      return (await this.#auth.api.getSession({ headers })) as BetterAuthUser<I> | null;
    } catch (cause) {
      const status = typeof cause === "object" && cause !== null && "statusCode" in cause ? Number(cause.statusCode) : 500;
      if (status < 500) return null;
      throw new FermataError("UNAVAILABLE", "The sign-in service cannot be reached. Try again.", { cause });
    }
  }

  authorizeUser(user: BetterAuthUser<I>, _request: AuthRequest): Promise<boolean> | boolean {
    return user.session.id !== "" && user.user.id !== "";
  }

  /** The user's own id, which outlives its sessions. */
  override mapUserToResourceId(user: BetterAuthUser<I>): string | null | undefined {
    return user.user.id;
  }

  async getCurrentUser(request: Request): Promise<User | null> {
    const found = await this.#auth.api.getSession({ headers: request.headers });
    return found && toUser(found.user);
  }

  /** Better Auth tells about whoever is signed in: always `null`. */
  async getUser(_userId: string): Promise<User | null> {
    return null;
  }

  isSignUpEnabled(): boolean {
    return this.#signUpEnabled && this.#auth.api.signUpEmail !== undefined;
  }

  async signIn(email: string, password: string, request: Request): Promise<CredentialsResult<User>> {
    const reply = await this.#auth.api.signInEmail?.({ body: { email, password }, headers: request.headers, asResponse: true });
    return toResult(reply, "Invalid credentials");
  }

  async signUp(email: string, password: string, name: string | undefined, request: Request): Promise<CredentialsResult<User>> {
    if (!this.isSignUpEnabled()) throw new FermataError("FORBIDDEN", "Sign-up is not enabled");
    const body = { email, password, name: name ?? email.split("@", 1)[0] ?? email };
    return toResult(await this.#auth.api.signUpEmail?.({ body, headers: request.headers, asResponse: true }), "Sign-up failed");
  }

  /** Not called: Better Auth begins its sessions itself. */
  async createSession(): Promise<Session> {
    throw new FermataError("NOT_IMPLEMENTED", "A session begins with a sign-in.");
  }

  /** The cookies by which Better Auth finds the session. */
  getSessionIdFromRequest(request: Request): string | null {
    const cookies = request.headers.get("cookie");
    return cookies?.includes(`${this.#cookieName}=`) === true ? cookies : null;
  }

  async validateSession(cookies: string): Promise<Session | null> {
    const found = await this.#auth.api.getSession({ headers: new Headers({ cookie: cookies }) });
    if (!found) return null;
    const { createdAt, expiresAt } = found.session;
    return { id: cookies, userId: found.user.id, createdAt: new Date(createdAt), expiresAt: new Date(expiresAt) };
  }

  /** Better Auth renews its sessions when they are used. */
  refreshSession(cookies: string): Promise<Session | null> {
    return this.validateSession(cookies);
  }

  async destroySession(cookies: string): Promise<void> {
    await this.#auth.api.signOut?.({ headers: new Headers({ cookie: cookies }) });
  }

  /** None: the browser has the cookie already. */
  getSessionHeaders(): Record<string, string> {
    return {};
  }

  getClearSessionHeaders(): Record<string, string> {
    return { "Set-Cookie": `${this.#cookieName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0` };
  }
}

export { MastraAuthBetterAuth as BetterAuth };

/** What the names of the instance's cookies begin with. */
function prefixOf(options: object = {}): string {
  const { advanced } = options as { readonly advanced?: { readonly cookiePrefix?: unknown } }; // looked at, not relied on
  return typeof advanced?.cookiePrefix === "string" ? advanced.cookiePrefix : "better-auth";
}

/** What Better Auth says no to is not repeated word for word: it may tell whether an address is known. */
async function toResult(reply: Response | undefined, refusal: string): Promise<CredentialsResult<User>> {
  if (!reply) throw new FermataError("NOT_FOUND", "Signing in with a password is not available on this server.");
  if (reply.status === 429) throw new FermataError("RATE_LIMITED", "Too many attempts. Try again later.");
  if (!reply.ok) throw new FermataError("UNAUTHENTICATED", refusal);
  const { token, user } = (await reply.json()) as { token?: string | null; user?: FoundSession["user"] }; // Better Auth's reply
  if (!user) throw new FermataError("UNAUTHENTICATED", refusal);
  return { user: toUser(user), ...(typeof token === "string" && { token }), cookies: reply.headers.getSetCookie() };
}

function toUser({ email, id, image, name }: FoundSession["user"]): User {
  return { id, email, name, ...(typeof image === "string" && { avatarUrl: image }) };
}
