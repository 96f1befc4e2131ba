/** `server.auth` in all its forms as one. */
import { FermataError } from "../errors.ts";
import { CompositeAuth } from "./composite-auth.ts";
import type { IMastraAuthProvider, MastraAuthConfig } from "./provider.ts";

/** A provider, what `defineAuth` gives, or several providers, of which the first that knows a token speaks for its user. */
export type AuthOption = IMastraAuthProvider | MastraAuthConfig | readonly IMastraAuthProvider[];

/** What can authenticate, whatever it was written as. */
export type Authentication = MastraAuthConfig & Required<Pick<MastraAuthConfig, "authenticateToken">>;

/** @throws FermataError `MISCONFIGURED` for what knows nobody. */
export function toAuthentication(option: AuthOption): Authentication {
  const one: MastraAuthConfig = isList(option) ? new CompositeAuth(option) : option;
  if (isList(option) && option.some((provider) => !knowsUsers(provider) || typeof provider.authorizeUser !== "function"))
    throw new FermataError("MISCONFIGURED", "server.auth: each of several providers needs authenticateToken and authorizeUser.");
  if (!knowsUsers(one)) throw new FermataError("MISCONFIGURED", "server.auth needs authenticateToken: without it nobody is known.");
  return one;
}

function isList(option: AuthOption): option is readonly IMastraAuthProvider[] {
  return Array.isArray(option);
}

function knowsUsers(value: MastraAuthConfig): value is Authentication {
  return typeof value.authenticateToken === "function";
}
