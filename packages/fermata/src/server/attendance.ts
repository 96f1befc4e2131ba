/** Told when the last one has left and the work goes on. An object, not a closure: one that reaches the request would keep it for longer. */
export interface AwayListener {
  onAway(): void;
}

/** Who still waits for what a request does, and how long it goes on when nobody does. */
export class Attendance {
  readonly #controller = new AbortController();
  #graceMs = 0;
  #present = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  listener: AwayListener | undefined;

  /** Aborts when everybody has gone for good, or the time is up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** How long the work goes on when nobody waits. 0 stops it at once, `Infinity` never does. */
  get graceMs(): number {
    return this.#graceMs;
  }

  set graceMs(ms: number) {
    this.#graceMs = ms;
    if (this.#timer !== undefined) this.#wait();
  }

  /** One more waits. Gives the function that says that they have left. */
  enter(): () => void {
    this.#present += 1;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let isHere = true;
    return () => {
      if (!isHere) return;
      isHere = false;
      this.#present -= 1;
      if (this.#present === 0) this.#wait();
    };
  }

  abort(reason: unknown): void {
    clearTimeout(this.#timer);
    if (!this.#controller.signal.aborted) this.#controller.abort(reason);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#graceMs === 0) return this.abort(left());
    // No timer can wait for ever.
    if (this.#graceMs <= 2_147_483_647) this.#timer = setTimeout(() => this.abort(left()), this.#graceMs);
    this.listener?.onAway();
  }
}

function left(): DOMException {
  return new DOMException("The client has left.", "AbortError");
}
