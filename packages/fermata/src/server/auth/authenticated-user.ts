import type { Mastra } from "../../mastra.ts";
import { Authenticator } from "./identity.ts";
import { bareToken } from "./token.ts";

/** What `getAuthenticatedUser` is told. */
export interface AuthenticatedUserOptions {
  readonly mastra: Mastra;
  /** With or without `Bearer`. */
  readonly token: string;
  readonly request: Request;
}

/**
 * The user that a token belongs to; `null` when nobody knows it, or on a server without authentication. For the app's own code in
 * front of the routes, which runs before anybody is asked.
 */
export async function getAuthenticatedUser<TUser = unknown>({ mastra, token, request }: AuthenticatedUserOptions): Promise<TUser | null> {
  const user = await Authenticator.of(mastra)?.userOf(bareToken(token), request);
  return (user ?? null) as TUser | null; // the caller says what its provider gives
}
