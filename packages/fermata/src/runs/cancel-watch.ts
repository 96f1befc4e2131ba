/** Looks for what other processes have asked to be cancelled here. */
import { CANCELLED } from "../storage/hints.ts";
import { News } from "./news.ts";
import type { RunLog } from "./run-log.ts";

export class CancelWatch {
  readonly #log: RunLog;
  readonly #look: () => Promise<void>;
  #stop: (() => void) | undefined;

  /** @param look never rejects */
  constructor(log: RunLog, look: () => Promise<void>) {
    this.#log = log;
    this.#look = look;
  }

  start(): void {
    if (this.#stop) return;
    const news = new News(this.#log.hints, CANCELLED, false);
    let unwait: (() => void) | undefined;
    const turn = (): void => {
      unwait = news.wait(() => void this.#look().then(() => (this.#stop === stop ? turn() : undefined)));
    };
    const stop = (): void => {
      this.#stop = undefined;
      unwait?.();
      news.stop();
    };
    this.#stop = stop;
    turn();
  }

  stop(): void {
    this.#stop?.();
  }
}
