/** Sign-in at another site: there with a state that only this browser has, back with a code. */
import { capable, isSSOProvider, type ISSOProvider } from "../../../auth/capabilities.ts";
import { readCookie } from "../../../auth/provider.ts";
import type { auth } from "../../../contract/routes/auth.ts";
import { FermataError } from "../../../errors.ts";
import type { Call } from "../../call.ts";
import type { Handler } from "../../route-table.ts";
import { homeOf } from "../../auth/cookies.ts";
import { replyWith, sessionCookies } from "./session.ts";

/** What the browser keeps while it is away: the state, and where to go afterwards. */
const STATE_COOKIE = "fermata-sso";
const AWAY_SECONDS = 600;

export const ssoLogin: Handler<typeof auth.ssoLogin> = async ({ query }, call) => {
  const provider = ssoOf(call);
  const state = crypto.randomUUID();
  const back = callbackUrl(call);
  const location = await provider.getLoginUrl(back, state);
  const kept = `${state}.${encodeURIComponent(safeTarget(query.redirect_uri, call))}`;
  return replyWith(call, undefined, [stateCookie(kept, AWAY_SECONDS), ...(provider.getLoginCookies?.(back, state) ?? [])], {
    status: 302,
    location,
  });
};

export const ssoCallback: Handler<typeof auth.ssoCallback> = async ({ query: { code, state, error } }, call) => {
  const provider = ssoOf(call);
  const [expected, target] = readState(call.request);
  // Another site may send a browser here with a code of its own: only who began the way ends it.
  if (state === undefined || expected === undefined || state !== expected)
    throw refused("The sign-in was not begun in this browser, or too long ago.");
  if (error !== undefined || code === undefined) throw refused("The sign-in was refused.");
  const { user, cookies } = await finish(provider, code, state, call);
  const all = [...(await sessionCookies(call, user, cookies)), stateCookie("", 0)];
  return replyWith(call, undefined, all, { status: 302, location: target ?? "/" });
};

/** The provider reads the cookies before anything else can happen. */
function finish(provider: ISSOProvider, code: string, state: string, { request }: Call): ReturnType<ISSOProvider["handleCallback"]> {
  provider.setCallbackCookieHeader?.(request.headers.get("cookie"));
  return provider.handleCallback(code, state).catch((cause: unknown) => {
    throw FermataError.is(cause) && cause.status >= 500 ? cause : refused("The sign-in failed.", cause);
  });
}

function refused(message: string, cause?: unknown): FermataError {
  return new FermataError("UNAUTHENTICATED", message, cause === undefined ? {} : { cause });
}

function ssoOf(call: Call): ISSOProvider {
  const provider = capable(call.gate?.authenticator.authentication, isSSOProvider);
  if (!provider) throw new FermataError("NOT_FOUND", "Signing in at another site is not available on this server.");
  return provider;
}

function callbackUrl(call: Call): string {
  return `${homeOf(call.mastra, call.request)}${call.gate?.prefix ?? ""}/auth/sso/callback`;
}

function stateCookie(value: string, seconds: number): string {
  return `${STATE_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}`;
}

function readState(request: Request): [state: string | undefined, target: string | undefined] {
  const kept = readCookie(request, STATE_COOKIE) ?? "";
  const at = kept.indexOf(".");
  return at === -1 ? [undefined, undefined] : [kept.slice(0, at), kept.slice(at + 1)];
}

/**
 * Where the browser goes after it has signed in: a path of this server, or a page of an origin that `server.cors` names.
 * @throws FermataError `VALIDATION_FAILED` for anything else: a link to this server must not lead to another site.
 */
function safeTarget(wanted: string | undefined, call: Call): string {
  if (wanted === undefined || wanted === "") return "/";
  const home = homeOf(call.mastra, call.request);
  const target = URL.canParse(wanted, home) ? new URL(wanted, home) : undefined;
  if (target && /^https?:$/.test(target.protocol) && isTrusted(target, new URL(home), call)) return target.href;
  throw new FermataError("VALIDATION_FAILED", "redirect_uri must be a path of this server, or lie in an origin that server.cors names.");
}

function isTrusted(target: URL, home: URL, { mastra }: Call): boolean {
  if (target.origin === home.origin) return true;
  if (isLoopback(target.hostname) && isLoopback(home.hostname)) return true;
  const { cors } = mastra.getServer();
  const origins = cors && typeof cors.origin !== "function" ? [cors.origin ?? []].flat() : [];
  return origins.includes(target.origin);
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
