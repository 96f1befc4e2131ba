import type { ApiKeyRecord } from "../storage/api-keys.ts";

export interface NewApiKey {
  readonly name: string;
  /** The user that it acts for. */
  readonly subject: string;
  /** Default: the tenant of all users. */
  readonly tenant?: string | undefined;
  /** Left out together with `scopes`: what a user may do by default. */
  readonly roles?: readonly string[] | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** Default: it does not expire. */
  readonly expiresInSeconds?: number | undefined;
}

/** What may be told of a key. */
export type ApiKeyInfo = Omit<ApiKeyRecord, "hash">;
