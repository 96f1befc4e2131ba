/** Sessions of browsers: begun by signing in, renewed, ended. */
import { capable, isCredentialsProvider, isSessionProvider, isSSOProvider, type CredentialsResult } from "../../../auth/capabilities.ts";
import { readCookie } from "../../../auth/provider.ts";
import { TOKEN_COOKIE } from "../../../auth/simple-auth.ts";
import { userIdOf } from "../../../auth/user-id.ts";
import type { auth } from "../../../contract/routes/auth.ts";
import { FermataError } from "../../../errors.ts";
import type { Call } from "../../call.ts";
import type { Handler } from "../../route-table.ts";
import { cookiesIn, homeOf, secured } from "../../auth/cookies.ts";
import { InvalidToken } from "../../auth/refusals.ts";
import { publicUser } from "./public-user.ts";

/** A reply that sets cookies: for this caller alone. */
export function replyWith(
  { mastra, request }: Call,
  body: unknown,
  cookies: readonly string[],
  init: { status?: number; location?: string } = {},
): Response {
  const home = homeOf(mastra, request);
  const headers = new Headers({ "cache-control": "no-store" });
  if (body !== undefined) headers.set("content-type", "application/json");
  if (init.location !== undefined) headers.set("location", init.location);
  for (const cookie of cookies) headers.append("set-cookie", secured(cookie, home));
  return new Response(body === undefined ? null : JSON.stringify(body), { status: init.status ?? 200, headers });
}

/** The cookies of a new session: the provider's own, or those of its sessions. */
export async function sessionCookies(call: Call, user: unknown, own: readonly string[] | undefined): Promise<readonly string[]> {
  if (own && own.length > 0) return own;
  const sessions = capable(call.gate?.authenticator.authentication, isSessionProvider);
  const id = userIdOf(user);
  return sessions && id !== undefined ? cookiesIn(sessions.getSessionHeaders(await sessions.createSession(id))) : [];
}

export const signIn: Handler<typeof auth.signIn> = async ({ body: { email, password } }, call) => {
  const provider = credentialsOf(call);
  return signedIn(call, await attempt(provider.signIn(email, password, call.request), "Invalid credentials"));
};

export const signUp: Handler<typeof auth.signUp> = async ({ body: { email, password, name } }, call) => {
  const provider = credentialsOf(call);
  if (provider.isSignUpEnabled?.() === false) throw new FermataError("FORBIDDEN", "Sign-up is not enabled");
  return signedIn(call, await attempt(provider.signUp(email, password, name, call.request), "Sign-up failed"));
};

function credentialsOf(call: Call) {
  const provider = capable(call.gate?.authenticator.authentication, isCredentialsProvider);
  if (!provider) throw new FermataError("NOT_FOUND", "Signing in with a password is not available on this server.");
  return provider;
}

/** What a provider throws may say whether the address is known: the caller hears one sentence for all of it. */
async function attempt(work: Promise<CredentialsResult>, message: string): Promise<CredentialsResult> {
  try {
    return await work;
  } catch (error) {
    if (FermataError.is(error)) throw error;
    throw new FermataError("UNAUTHENTICATED", message, { cause: error });
  }
}

async function signedIn(call: Call, { user, token, cookies }: CredentialsResult): Promise<Response> {
  return replyWith(call, { user: publicUser(user), ...(token !== undefined && { token }) }, await sessionCookies(call, user, cookies));
}

export const refresh: Handler<typeof auth.refresh> = async (_input, call) => {
  const sessions = capable(call.gate?.authenticator.authentication, isSessionProvider);
  if (!sessions) throw new FermataError("NOT_FOUND", "Sessions are not available on this server.");
  const id = sessions.getSessionIdFromRequest(call.request);
  const session = id === null ? null : await sessions.refreshSession(id).catch(() => null);
  if (!session) throw new InvalidToken(false);
  return replyWith(call, { success: true }, cookiesIn(sessions.getSessionHeaders(session)));
};

export const logout: Handler<typeof auth.logout> = async (_input, call) => {
  const authentication = call.gate?.authenticator.authentication;
  const sessions = capable(authentication, isSessionProvider);
  // Asked before the session is gone: it may say where to sign out.
  const redirectTo = await capable(authentication, isSSOProvider)?.getLogoutUrl?.(homeOf(call.mastra, call.request), call.request);
  const id = sessions?.getSessionIdFromRequest(call.request);
  if (sessions && typeof id === "string" && id !== "") await sessions.destroySession(id).catch(() => undefined);
  const cookies = [
    ...(sessions ? cookiesIn(sessions.getClearSessionHeaders()) : []),
    ...(readCookie(call.request, TOKEN_COOKIE) === undefined ? [] : [`${TOKEN_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`]),
  ];
  return replyWith(call, { success: true, ...(typeof redirectTo === "string" && { redirectTo }) }, cookies);
};
