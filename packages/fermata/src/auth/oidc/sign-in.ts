/** Sign-in in a browser: to another site and back, and a sealed cookie that remembers who came. */
import type { ISessionProvider, ISSOProvider, Session, SSOCallbackResult, SSOLoginConfig } from "../capabilities.ts";
import { readCookie } from "../provider.ts";
import { FermataError } from "../../errors.ts";
import { BoundedMap } from "../../storage/memory/bounded-map.ts";
import { deepFreeze } from "../tokens/deep-freeze.ts";
import { cookieFlags, LoginCookies } from "./login-cookies.ts";
import { Seal } from "./seal.ts";
import type { SignedIn, SignInFlow } from "./sign-in-flow.ts";

/** The cookie that remembers who signed in. */
export interface SessionOptions {
  /** Default: the provider's name and `_session`. */
  readonly cookieName?: string | undefined;
  /** Seconds from the sign-in until it has to be done again. Default 86,400. */
  readonly cookieMaxAge?: number | undefined;
  /** At least 32 characters, the same on all replicas. */
  readonly cookiePassword?: string | undefined;
  /** Send the cookie over https alone. Default: where the browser comes back over https, and in production. */
  readonly secureCookies?: boolean | undefined;
}

export interface SignInOptions<TUser> {
  readonly flow: SignInFlow<TUser>;
  readonly button: SSOLoginConfig;
  readonly cookieName: string;
  readonly cookiePassword: string;
  readonly cookieMaxAge: number;
  /** Default: where the browser comes back over https, and in production. */
  readonly secureCookies?: boolean | undefined;
  /** Where the browser comes back to. Default: what the server says. */
  readonly redirectUri?: string | undefined;
}

/** What is in the sealed cookie. */
interface Sealed<TUser> {
  readonly user: TUser;
  readonly sub: string;
  readonly refreshToken?: string;
  readonly idToken?: string;
  /** Epoch seconds until which the service vouches for the user. */
  readonly fresh: number;
  readonly iat: number;
  readonly exp: number;
  /** Epoch seconds of the sign-in. */
  readonly since: number;
  /** The browser came back over https. */
  readonly secure: boolean;
}

/** A session as a request brings it. */
export interface BrowserSession<TUser> {
  readonly user: TUser;
  readonly subject: string;
  /** Epoch seconds of the sign-in. */
  readonly since: number;
}

/** Browsers drop cookies over 4,096 bytes, name and attributes included. */
const MAX_COOKIE_LENGTH = 3_800;
const MAX_REMEMBERED = 1_000;
/** How long requests that were sent with the old cookie get the session that it was renewed to. */
const RENEWED_MS = 30_000;

type Capabilities<TUser> = ISSOProvider<TUser> & ISessionProvider;

export class SignIn<TUser> {
  readonly #options: SignInOptions<TUser>;
  readonly #seal: Seal;
  readonly #logins: LoginCookies;
  readonly #opened = new BoundedMap<Sealed<TUser>>(MAX_REMEMBERED);
  readonly #ended = new BoundedMap<true>(10 * MAX_REMEMBERED);
  readonly #renewals = new BoundedMap<{ readonly until: number; readonly session: Promise<Session | null> }>(MAX_REMEMBERED);

  /** @throws FermataError `MISCONFIGURED` for a short password. */
  constructor(options: SignInOptions<TUser>) {
    this.#options = options;
    this.#seal = new Seal(options.cookiePassword, `${options.cookieName} session`);
    const logins = new Seal(options.cookiePassword, `${options.cookieName} login`);
    this.#logins = new LoginCookies(logins, options.cookieName, (redirectUri) => this.#isSecure(redirectUri));
  }

  /** Who the request's cookie remembers; `undefined` for nobody, and when the service has to be asked again. */
  async sessionOf(request: Request): Promise<BrowserSession<TUser> | undefined> {
    const cookie = readCookie(request, this.#options.cookieName);
    const sealed = cookie === undefined ? undefined : await this.#open(cookie);
    if (!sealed || sealed.fresh * 1_000 <= Date.now()) return undefined;
    return { user: sealed.user, subject: sealed.sub, since: sealed.since };
  }

  /** The methods by which the server knows that users can sign in here. */
  capabilities(): Capabilities<TUser> {
    const { button, cookieName, flow, redirectUri: ownRedirectUri } = this.#options;
    return {
      getLoginButtonConfig: () => button,
      getLoginUrl: async (redirectUri, state) => flow.loginUrl(await this.#logins.begin(ownRedirectUri ?? redirectUri, state)),
      getLoginCookies: (_redirectUri, state) => this.#logins.take(state),
      setCallbackCookieHeader: (header) => this.#logins.bring(header),
      handleCallback: (code, state) => this.#complete(code, state),
      getLogoutUrl: async (returnTo, request) => {
        const cookie = request && readCookie(request, cookieName);
        const sealed = cookie === undefined ? undefined : await this.#open(cookie);
        return (await flow.logoutUrl?.(sealed?.idToken, returnTo)) ?? null;
      },
      createSession: async () => {
        throw new FermataError("NOT_IMPLEMENTED", "A session begins with a sign-in.");
      },
      getSessionIdFromRequest: (request) => readCookie(request, cookieName) ?? null,
      validateSession: async (cookie) => {
        const sealed = await this.#open(cookie);
        return sealed && sealed.fresh * 1_000 > Date.now() ? toSession(cookie, sealed) : null;
      },
      refreshSession: (cookie) => this.#renew(cookie),
      destroySession: (cookie) => this.#end(cookie),
      getSessionHeaders: ({ id, expiresAt, metadata }) => {
        const seconds = Math.max(0, Math.floor((expiresAt.getTime() - Date.now()) / 1_000));
        return { "Set-Cookie": this.#cookie(id, seconds, metadata?.secure === true) };
      },
      getClearSessionHeaders: () => ({ "Set-Cookie": this.#cookie("", 0, this.#isSecure(ownRedirectUri ?? "")) }),
    };
  }

  async #complete(code: string, state: string): Promise<SSOCallbackResult<TUser>> {
    const { nonce, redirectUri, codeVerifier, used } = await this.#logins.complete(state);
    const signedIn = await this.#options.flow.signIn({ code, redirectUri, nonce, codeVerifier });
    const { accessToken, idToken, refreshToken, user, validSeconds } = signedIn;
    const seconds = this.#options.cookieMaxAge;
    const secure = this.#isSecure(redirectUri);
    const cookie = await this.#toCookie(signedIn, { since: now(), secure }, seconds);
    return {
      user,
      tokens: {
        accessToken,
        ...(refreshToken !== undefined && { refreshToken }),
        ...(idToken !== undefined && { idToken }),
        ...(validSeconds !== undefined && { expiresAt: new Date(Date.now() + validSeconds * 1_000) }),
      },
      // A session of before, whosever it was, is gone with this.
      cookies: [this.#cookie(cookie, seconds, secure), used],
    };
  }

  /** @param seconds until the sign-in has to be done again. */
  async #toCookie(
    { user, subject, refreshToken, idToken, validSeconds }: SignedIn<TUser>,
    { secure, since }: Pick<Sealed<TUser>, "secure" | "since">,
    seconds: number,
  ): Promise<string> {
    // Who cannot be asked again is believed for as long as the session lasts.
    const fresh = now() + (refreshToken === undefined ? seconds : Math.min(validSeconds ?? seconds, seconds));
    const value = { user, sub: subject, fresh, since, secure, ...(refreshToken !== undefined && { refreshToken }) };
    const whole = await this.#seal.seal({ ...value, ...(idToken !== undefined && { idToken }) }, seconds);
    if (whole.length <= MAX_COOKIE_LENGTH) return whole;
    // The ID token only spares the user a question when signing out.
    const smaller = await this.#seal.seal(value, seconds);
    if (smaller.length <= MAX_COOKIE_LENGTH) return smaller;
    throw new FermataError(
      "MISCONFIGURED",
      "What is known of the user does not fit into a cookie: ask for fewer scopes, or map fewer claims.",
    );
  }

  async #open(cookie: string): Promise<Sealed<TUser> | undefined> {
    if (cookie === "" || cookie.length > 2 * MAX_COOKIE_LENGTH || this.#ended.get(cookie)) return undefined;
    const known = this.#opened.get(cookie);
    // What is sealed was made by `#toCookie`.
    const sealed = known ?? deepFreeze((await this.#seal.open(cookie)) as Sealed<TUser> | undefined);
    if (!sealed || sealed.exp <= now()) return undefined;
    if (!known) this.#opened.set(cookie, sealed);
    return sealed;
  }

  /** A page sends several requests at once with the same cookie, and most services take a refresh token once. */
  #renew(cookie: string): Promise<Session | null> {
    const known = this.#renewals.get(cookie);
    if (known && known.until > Date.now()) return known.session;
    const session = this.#ask(cookie);
    this.#renewals.set(cookie, { until: Date.now() + RENEWED_MS, session });
    session.catch(() => this.#renewals.delete(cookie));
    return session;
  }

  async #ask(cookie: string): Promise<Session | null> {
    const sealed = await this.#open(cookie);
    if (!sealed) return null;
    if (sealed.refreshToken === undefined) return toSession(cookie, sealed);
    const signedIn = await this.#options.flow.renew(sealed.refreshToken, sealed.sub);
    if (!signedIn) return null;
    const idToken = signedIn.idToken ?? sealed.idToken;
    const next = await this.#toCookie({ ...signedIn, ...(idToken !== undefined && { idToken }) }, sealed, sealed.exp - now());
    const renewed = await this.#open(next);
    return renewed ? toSession(next, renewed) : null;
  }

  async #end(cookie: string): Promise<void> {
    const sealed = await this.#open(cookie);
    if (!sealed) return;
    this.#ended.set(cookie, true);
    this.#renewals.delete(cookie);
    if (sealed.refreshToken !== undefined) await this.#options.flow.revoke?.(sealed.refreshToken);
  }

  #cookie(value: string, seconds: number, secure: boolean): string {
    return `${this.#options.cookieName}=${value}; ${cookieFlags(seconds, secure)}`;
  }

  #isSecure(redirectUri: string): boolean {
    return this.#options.secureCookies ?? (redirectUri.startsWith("https:") || process.env.NODE_ENV === "production");
  }
}

const now = (): number => Math.floor(Date.now() / 1_000);

function toSession(id: string, { exp, secure, since, sub }: Sealed<unknown>): Session {
  return { id, userId: sub, createdAt: new Date(since * 1_000), expiresAt: new Date(exp * 1_000), metadata: { secure } };
}
