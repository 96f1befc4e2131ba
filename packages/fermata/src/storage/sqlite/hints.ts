/** SQLite does not call. It has a number that changes with every commit of another connection, and to read that costs microseconds. */
import { LOOK_SELDOM_MS, type Following, type StoreHints } from "../hints.ts";

const LOOK_EVERY_MS = 20;
/** With more than this many followed topics every second look is left out, and so on: all of them are looked at for each change. */
const FEW_TOPICS = 20;
const MOST_LEFT_OUT = 5;

export class SqliteHints implements StoreHints {
  readonly isExact = false;
  readonly #version: () => number | undefined;
  readonly #listeners = new Map<string, Set<() => void>>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #seen: number | undefined;
  #looks = 0;
  /** What was told on this connection, which does not change the number. */
  readonly #told = new Set<string>();

  /** @param version gives the number; `undefined` while the file cannot be asked. */
  constructor(version: () => number | undefined) {
    this.#version = version;
  }

  /** Whatever another process changes, everybody looks: SQLite does not say what it was. */
  follow(topic: string, listener: () => void): Following {
    const heard = (): void => listener();
    const all = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, all.add(heard));
    if (!this.#timer) {
      this.#seen = this.#version();
      this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
      this.#timer.unref();
    }
    return {
      lookAfterMs: () => LOOK_SELDOM_MS,
      stop: () => {
        all.delete(heard);
        if (all.size === 0 && this.#listeners.get(topic) === all) this.#listeners.delete(topic);
        if (this.#listeners.size === 0) this.close();
      },
    };
  }

  tell(topic: string): void {
    if (this.#listeners.has(topic)) this.#told.add(topic);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#told.clear();
  }

  #look(): void {
    this.#looks += 1;
    if (this.#looks % Math.min(MOST_LEFT_OUT, Math.ceil(this.#listeners.size / FEW_TOPICS)) !== 0) return;
    const version = this.#version();
    const isOld = version === this.#seen;
    this.#seen = version;
    if (isOld && this.#told.size === 0) return;
    const told = [...(isOld ? this.#told : this.#listeners.keys())];
    this.#told.clear();
    for (const topic of told) for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener();
  }
}
