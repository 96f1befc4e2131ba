import type { Mail } from "./mail.ts";

interface Letter {
  readonly mail: Mail;
  /** Called when the run ends without having heard it. */
  readonly elsewhere: () => void;
}

const NOTHING: readonly Mail[] = [];

/** What a run that is under way is to hear between its steps. */
export class Mailbox {
  #letters: Letter[] = [];
  #isOpen = true;

  /** False when the run hears nothing any more. */
  post(mail: Mail, elsewhere: () => void): boolean {
    if (this.#isOpen) this.#letters.push({ mail, elsewhere });
    return this.#isOpen;
  }

  take(): readonly Mail[] {
    if (this.#letters.length === 0) return NOTHING;
    return this.#letters.splice(0).map(({ mail }) => mail);
  }

  /** The run is at its end. What it has not heard goes elsewhere. */
  close(): void {
    this.#isOpen = false;
    for (const { elsewhere } of this.#letters.splice(0)) elsewhere();
  }
}
