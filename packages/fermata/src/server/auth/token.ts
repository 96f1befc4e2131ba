import { readCookie } from "../../auth/provider.ts";
import { TOKEN_COOKIE } from "../../auth/simple-auth.ts";

/** The token of an `Authorization` header: what follows `Bearer`, or all of it. */
export function bareToken(value: string): string {
  return value.replace(/^\s*bearer(\s+|$)/i, "").trim();
}

/** The request's token: from `Authorization`, from the cookie of those who signed in, or, when asked for, from `?apiKey=`. `""` for none. */
export function tokenOf(request: Request, apiKeyInQuery: boolean): string {
  const header = request.headers.get("authorization");
  if (header !== null && header !== "") return bareToken(header);
  const cookie = request.headers.has("cookie") ? readCookie(request, TOKEN_COOKIE) : undefined;
  if (cookie !== undefined && cookie !== "") return cookie;
  return (apiKeyInQuery && new URL(request.url).searchParams.get("apiKey")) || "";
}
