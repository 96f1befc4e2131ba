/** Whether a run is cancelled. Who wants to be told costs little: a signal, which costs more than a step, is made for those who ask for one. */
export class Cancellation {
  readonly #listeners = new Set<() => void>();
  #controller: AbortController | undefined;
  #reason: DOMException | undefined;

  get isCancelled(): boolean {
    return this.#reason !== undefined;
  }

  /** Aborts when the run is cancelled. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** What the signal aborts with. */
  get reason(): Error {
    return this.#reason ?? cancelled();
  }

  cancel(): void {
    if (this.#reason) return;
    this.#reason = cancelled();
    this.#controller?.abort(this.#reason);
    const told = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of told) listener();
  }

  /** Calls `listener` when the run is cancelled, at once when it is. Gives the function that takes it back. */
  onCancel(listener: () => void): () => void {
    if (this.#reason) {
      listener();
      return () => undefined;
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function cancelled(): DOMException {
  return new DOMException("The run was cancelled.", "AbortError");
}
