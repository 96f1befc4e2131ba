/** What came of asking for a lease. */
export interface LeaseAnswer {
  readonly acquired: boolean;
  /** Who has it now: oneself, or the other one. */
  readonly holder: string;
}

/**
 * Names that one holder has at a time, over all processes: a turn on a thread, a job. A lease ends when it is released or not renewed in time.
 * A name belongs to one resource. A handle that reaches the whole tenant has names of its own: narrow it with `within` to the resource
 * whose thread is meant, or the two exclude nobody.
 */
export interface LeaseStore {
  /** Resolves at once, also when somebody else has it. Who has it already gets it again, for `ttlMs` from now. */
  acquire(name: string, holder: string, ttlMs: number): Promise<LeaseAnswer>;
  /** False when it was lost meanwhile: expired and taken by somebody else, or released. */
  renew(name: string, holder: string, ttlMs: number): Promise<boolean>;
  /** Without effect when somebody else has it. */
  release(name: string, holder: string): Promise<void>;
}
