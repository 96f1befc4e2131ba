import { BoundedMap } from "../../storage/memory/bounded-map.ts";

interface Answer<T> {
  readonly value: Promise<T>;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** Answers of another server, remembered for a while. Several that ask the same at once share one question; failures are not remembered. */
export class Lookup<T> {
  readonly #answers: BoundedMap<Answer<T>>;
  readonly #ttlMs: number;
  readonly #ask: (key: string) => Promise<T>;

  constructor(maxAnswers: number, ttlMs: number, ask: (key: string) => Promise<T>) {
    this.#answers = new BoundedMap(maxAnswers);
    this.#ttlMs = ttlMs;
    this.#ask = ask;
  }

  get(key: string): Promise<T> {
    const known = this.#answers.get(key);
    if (known && known.until > Date.now()) return known.value;
    const value = this.#ask(key);
    this.#answers.set(key, { value, until: Date.now() + this.#ttlMs });
    value.catch(() => this.#forget(key, value));
    return value;
  }

  #forget(key: string, value: Promise<T>): void {
    if (this.#answers.get(key)?.value === value) this.#answers.delete(key);
  }
}
