/** Cookies of sign-ins and sessions, on their way out. */
import type { Mastra } from "../../mastra.ts";

/** The server as browsers know it, without a slash at the end. */
export function homeOf(mastra: Mastra, request: Request): string {
  return (mastra.getServer().publicUrl ?? new URL(request.url).origin).replace(/\/+$/, "");
}

/** The `Set-Cookie` values among the headers that a provider gives. */
export function cookiesIn(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) => (name.toLowerCase() === "set-cookie" ? [value] : []));
}

/** A `Cookie` header with the values of `Set-Cookie` headers in the place of older ones. */
export function withCookies(header: string, cookies: readonly string[]): string {
  const pairs = new Map<string, string>();
  for (const pair of [...header.split(";"), ...cookies.map((cookie) => cookie.split(";", 1)[0] ?? "")]) {
    const at = pair.indexOf("=");
    if (at > 0) pairs.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
  return [...pairs].map(([name, value]) => `${name}=${value}`).join("; ");
}

/** A `Set-Cookie` value that browsers send back over https alone, where the server is known by https. */
export function secured(cookie: string, home: string): string {
  return home.startsWith("https:") && !/;\s*secure\s*(;|$)/i.test(cookie) ? `${cookie}; Secure` : cookie;
}
