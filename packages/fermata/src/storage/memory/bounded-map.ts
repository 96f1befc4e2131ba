/** A map that forgets what was set longest ago when it is full. */
export class BoundedMap<T> {
  readonly #entries = new Map<string, T>();
  readonly #max: number;
  readonly #onGone: ((value: T) => void) | undefined;

  /** `onGone` is called with each value that is replaced, deleted or forgotten. */
  constructor(max: number, onGone?: (value: T) => void) {
    this.#max = max;
    this.#onGone = onGone;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: T): void {
    this.delete(key);
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#max) break;
      this.delete(oldest);
    }
  }

  delete(key: string): boolean {
    const value = this.#entries.get(key);
    if (value === undefined) return false;
    this.#entries.delete(key);
    this.#onGone?.(value);
    return true;
  }

  entries(): Iterable<[string, T]> {
    return this.#entries.entries();
  }
}
