import { textOf, textsOf } from "../tokens/token-provider.ts";
import type { Claims } from "../tokens/verifier.ts";

/** A user of any OpenID provider, from the claims that OpenID Connect defines, and `groups`. */
export interface OidcUser {
  readonly id: string;
  readonly sub: string;
  readonly email?: string;
  readonly name?: string;
  readonly avatarUrl?: string;
  readonly groups?: readonly string[];
  readonly metadata: { readonly emailVerified?: boolean; readonly preferredUsername?: string };
}

/** `undefined` for claims about nobody. */
export function mapOidcClaimsToUser(claims: Claims): OidcUser | undefined {
  const id = textOf(claims.sub);
  if (id === undefined) return undefined;
  const [email, username, avatarUrl, groups] = [
    textOf(claims.email),
    textOf(claims.preferred_username),
    textOf(claims.picture),
    textsOf(claims.groups),
  ];
  const whole = [claims.given_name, claims.family_name].flatMap((part) => textOf(part) ?? []).join(" ");
  const name = textOf(claims.name) ?? textOf(whole) ?? username ?? email;
  return {
    id,
    sub: id,
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    ...(avatarUrl !== undefined && { avatarUrl }),
    ...(groups && { groups }),
    metadata: {
      ...(typeof claims.email_verified === "boolean" && { emailVerified: claims.email_verified }),
      ...(username !== undefined && { preferredUsername: username }),
    },
  };
}
