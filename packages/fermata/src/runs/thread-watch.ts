/** One thread, whoever reaches it. */
export interface ThreadRef {
  readonly tenant: string;
  readonly resourceId: string;
  readonly threadId: string;
}

/** Tells those who follow a thread when a run of it begins in this process. */
export class ThreadWatch {
  readonly #listeners = new Map<string, Set<() => void>>();
  #isClosed = false;

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** Whether no run begins any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  has(thread: ThreadRef): boolean {
    return this.#listeners.has(keyOf(thread));
  }

  /** Gives the function that takes the listener away. */
  add(thread: ThreadRef, listener: () => void): () => void {
    const key = keyOf(thread);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(key) === listeners) this.#listeners.delete(key);
    };
  }

  tell(thread: ThreadRef): void {
    for (const listener of this.#listeners.get(keyOf(thread)) ?? []) listener();
  }

  /** Tells everybody that nothing begins here any more. */
  close(): void {
    this.#isClosed = true;
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener();
  }
}

function keyOf({ tenant, resourceId, threadId }: ThreadRef): string {
  return `${tenant}\n${resourceId}\n${threadId}`;
}
