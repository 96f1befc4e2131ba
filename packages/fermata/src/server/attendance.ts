/** Told when the last one has left and the work goes on. An object, not a closure: one that reaches the request would keep it for longer. */
export interface AwayListener {
  onAway(): void;
}

/** Milliseconds between looks for somebody who waits in another process, once nobody does here. */
const ASK_AGAIN_MS = 1_000;

/** Who still waits for what a request does, and how long it goes on when nobody does. */
export class Attendance {
  readonly #controller = new AbortController();
  #graceMs = 0;
  #present = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  listener: AwayListener | undefined;
  /** Asked when the time is up: somebody may wait in another process. */
  isAttendedElsewhere: (() => Promise<boolean>) | undefined;

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

  async #giveUp(): Promise<void> {
    const { isAttendedElsewhere } = this;
    const isAttended = isAttendedElsewhere ? await isAttendedElsewhere().catch(() => false) : false;
    if (this.#present > 0) return;
    if (isAttended) this.#timer = setTimeout(() => void this.#giveUp(), ASK_AGAIN_MS);
    else this.abort(left());
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#graceMs === 0) return this.abort(left());
    // No timer can wait for ever.
    if (this.#graceMs <= 2_147_483_647) this.#timer = setTimeout(() => void this.#giveUp(), this.#graceMs);
    this.listener?.onAway();
  }
}

function left(): DOMException {
  return new DOMException("The client has left.", "AbortError");
}
