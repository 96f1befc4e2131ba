import { assertId } from "./ids.ts";
import type { Page, PageRequest } from "./page.ts";

/** A key for a program. The key itself is not in it, and cannot be had from it. */
export interface ApiKeyRecord {
  readonly id: string;
  /** SHA-256 of the secret part, base64url. */
  readonly hash: string;
  /** What it is for, as people say it. */
  readonly name: string;
  readonly tenant: string;
  /** The user it acts for, who owns what it makes. */
  readonly subject: string;
  /** Absent: what a user of this server may do by default. */
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  /** Epoch milliseconds, as all times here. */
  readonly createdAt: number;
  /** Absent: it does not expire. */
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  /** To the minute. */
  readonly lastUsedAt?: number;
}

export interface ApiKeyFilter extends PageRequest {
  readonly tenant?: string;
  readonly subject?: string;
}

/** Keys of programs. They say who somebody is, so this is the server's own and no user's. */
export interface ApiKeyStore {
  /** @throws FermataError `CONFLICT` when there is one with this id. */
  add(key: ApiKeyRecord): Promise<void>;
  /** Resolves to `undefined` when there is none. */
  get(id: string): Promise<ApiKeyRecord | undefined>;
  /** Newest first; revoked and expired ones, too. */
  list(filter?: ApiKeyFilter): Promise<Page<ApiKeyRecord>>;
  /** Revokes it from `at` on; a second time changes nothing. Resolves to whether there is such a key. */
  revoke(id: string, at: number): Promise<boolean>;
  /** Notes that it was used. */
  touch(id: string, at: number): Promise<void>;
  /** Forgets it. Resolves to whether there was one. */
  delete(id: string): Promise<boolean>;
}

/** @throws FermataError `VALIDATION_FAILED` */
export function assertStorable({ id, subject, tenant }: ApiKeyRecord): void {
  assertId(id, "API key's id");
  assertId(tenant, "API key's tenant");
  assertId(subject, "API key's subject");
}
