/** What came of announcing a call. */
export type IdempotentCall =
  /** This caller is the first: it does the work and says how it ended. */
  | { readonly state: "started" }
  /** The first caller is still at it. */
  | { readonly state: "running" }
  /** The first answer, to be repeated. */
  | { readonly state: "done"; readonly answer: string }
  /** The key was used for another request. */
  | { readonly state: "mismatch" };

/** Calls that happen once. A key belongs to the principal that sent it. */
export interface IdempotencyStore {
  /**
   * @param fingerprint says which request it is: a hash of method, path and body.
   * @param ttlMs after this time the key is forgotten, also when the first caller never came back.
   */
  begin(key: string, fingerprint: string, ttlMs: number): Promise<IdempotentCall>;
  /** Says that the first caller is still at it: its key is kept until `ttlMs` from now. */
  renew(key: string, fingerprint: string, ttlMs: number): Promise<void>;
  /** Keeps the answer until `ttlMs` from now. Without effect when the key has been forgotten meanwhile. */
  finish(key: string, fingerprint: string, answer: string, ttlMs: number): Promise<void>;
  /** Forgets a key whose work did not happen, so that a repeat may do it. */
  abandon(key: string, fingerprint: string): Promise<void>;
}
