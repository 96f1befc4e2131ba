import { FermataError } from "../errors.ts";

/** The time that a reply may take to begin. */
export class Deadline {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #ms: number;
  #expire: ((error: FermataError) => void) | undefined;
  #onExpire: ((error: FermataError) => void) | undefined;

  constructor(ms: number) {
    this.#ms = ms;
    this.#timer = setTimeout(() => this.#end(), ms);
  }

  /** Settles as `work` does, or rejects when the time is up. */
  limit<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#expire = reject;
      work.then(resolve, reject);
    });
  }

  /** Called when the time is up. */
  onExpire(listener: (error: FermataError) => void): void {
    this.#onExpire = listener;
  }

  /** A stream's request lives long after its reply has begun, and keeps this. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#expire = this.#onExpire = undefined;
  }

  #end(): void {
    const error = new FermataError("TIMEOUT", `The request took longer than ${this.#ms} ms.`);
    this.#onExpire?.(error);
    this.#expire?.(error);
  }
}
