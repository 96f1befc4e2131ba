import type { Cancellation } from "../runs/cancellation.ts";
import type { LiveRun } from "../runs/live-run.ts";
import type { Engine } from "./engine.ts";

/** Milliseconds that a sleep holds its run at most, where it can be given back. */
const LONGEST_HOLD_MS = 5_000;
/** No timer can wait longer. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The engine of this process: results go to the run's own journal. */
export class LocalEngine implements Engine {
  readonly #live: LiveRun;

  constructor(live: LiveRun) {
    this.#live = live;
  }

  get cancellation(): Cancellation {
    return this.#live.cancellation;
  }

  result(key: string): unknown {
    return this.#live.journal.get(key);
  }

  has(key: string): boolean {
    return this.#live.journal.has(key);
  }

  record(key: string, value: unknown): Promise<void> {
    return this.#live.write(key, value);
  }

  recordLast(key: string, value: unknown): void {
    this.#live.note(key, value);
  }

  async step<T>(key: string, work: () => T | Promise<T>): Promise<T> {
    // A key is written by one place of the interpreter, which knows what it wrote.
    if (this.#live.journal.has(key)) return this.#live.journal.get(key) as T;
    const value = await work();
    await this.#live.write(key, value);
    return value;
  }

  answer(name: string): { payload: unknown } | undefined {
    const key = `signal:${name}`;
    return this.#live.journal.has(key) ? { payload: this.#live.journal.get(key) } : undefined;
  }

  givesBackUntil(time: number): boolean {
    return this.#live.isShared && (this.#live.isLeaving || time - Date.now() > LONGEST_HOLD_MS);
  }

  sleepUntil(time: number): Promise<void> {
    const { cancellation } = this.#live;
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const unlisten = cancellation.onCancel(() => {
        clearTimeout(timer);
        reject(cancellation.reason);
      });
      const wait = (): void => {
        const left = time - Date.now();
        if (left <= 0) {
          unlisten();
          resolve();
        } else timer = setTimeout(wait, Math.min(left, LONGEST_TIMER_MS));
      };
      if (!cancellation.isCancelled) wait();
    });
  }

  async all<T>(branches: readonly (() => Promise<T>)[], concurrency: number): Promise<T[]> {
    if (concurrency >= branches.length) return Promise.all(branches.map((branch) => branch()));
    const results: T[] = [];
    const queue = branches.entries();
    const worker = async (): Promise<void> => {
      for (const [index, branch] of queue) results[index] = await branch();
    };
    await Promise.all(Array.from({ length: Math.max(1, concurrency) }, worker));
    return results;
  }
}
