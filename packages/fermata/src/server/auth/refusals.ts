/** The ways in which a caller is turned away, in the words of the reference. */
import { FermataError } from "../../errors.ts";

/** Nobody is known by what the request carries. */
export class InvalidToken extends FermataError {
  /** Whether it carries a token at all. */
  readonly hasToken: boolean;

  constructor(hasToken: boolean) {
    super("UNAUTHENTICATED", "Invalid or expired token");
    this.hasToken = hasToken;
  }
}

export function accessDenied(): FermataError {
  return new FermataError("FORBIDDEN", "Access denied");
}

/** The caller is known and lacks a permission. The reply names it. */
export class MissingPermission extends FermataError<{ readonly permission: string }> {
  constructor(permissions: readonly string[]) {
    super("FORBIDDEN", "Forbidden", { details: { permission: permissions.join(" or ") } });
  }
}

/** The app's own code for authorization failed: that says nothing about the caller. */
export function authorizationFailed(cause: unknown): FermataError {
  return new FermataError("INTERNAL", "Authorization error", { cause });
}

export function unmappable(cause: unknown): FermataError {
  return new FermataError("INTERNAL", "Failed to map authenticated user to a resource ID", { cause });
}

/** What RFC 6750 wants in the reply's `WWW-Authenticate`; nothing for other failures. */
export function challengeOf(error: FermataError): Record<string, string> {
  if (error.code === "UNAUTHENTICATED")
    return { "www-authenticate": error instanceof InvalidToken && error.hasToken ? 'Bearer error="invalid_token"' : "Bearer" };
  if (error instanceof MissingPermission)
    return { "www-authenticate": `Bearer error="insufficient_scope", scope="${quotable(error.details?.permission ?? "")}"` };
  return {};
}

/** Permissions may be the app's own words. */
function quotable(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\]/g, "");
}
