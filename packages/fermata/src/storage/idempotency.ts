/** What came of announcing a call. */
export type IdempotentCall =
  /**
   * This caller is the first, and does the work and says how it ended; or the first one broke off in the middle (`isAgain`), and what it
   * has begun goes by `runId`.
   */
  | { readonly state: "started"; readonly runId: string; readonly isAgain: boolean }
  /** The first caller is still at it. */
  | { readonly state: "running"; readonly runId?: string }
  /** The first answer, to be repeated. */
  | { readonly state: "done"; readonly answer: string }
  /** The key was used for another request. */
  | { readonly state: "mismatch" };

/** How long is remembered what a caller has begun who never came back. */
export const KEEP_BROKEN_MS = 24 * 3_600_000;

/** Calls that happen once. A key belongs to the principal that sent it. */
export interface IdempotencyStore {
  /**
   * @param fingerprint says which request it is: a hash of method, path and body.
   * @param ttlMs after this time without an answer the next caller takes the first one's place.
   * @param runId the id of the run that the call begins, if it does: that of the first caller stays until there is an answer.
   */
  begin(key: string, fingerprint: string, ttlMs: number, runId: string): Promise<IdempotentCall>;
  /** Says that the first caller is still at it: its key is kept until `ttlMs` from now. */
  renew(key: string, fingerprint: string, ttlMs: number): Promise<void>;
  /** Keeps the answer until `ttlMs` from now. Without effect when the key has been forgotten meanwhile. */
  finish(key: string, fingerprint: string, answer: string, ttlMs: number): Promise<void>;
  /** Forgets a key whose work did not happen, so that a repeat may do it. */
  abandon(key: string, fingerprint: string): Promise<void>;
}
