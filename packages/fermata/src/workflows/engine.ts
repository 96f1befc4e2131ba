import type { Cancellation } from "../runs/cancellation.ts";

/**
 * What the interpreter of a workflow asks for. Everything that must not happen twice goes through here: a key names a place in the graph,
 * such as `/0/p1/2/b3`, and what has been recorded under a key is never worked out again.
 */
export interface Engine {
  readonly cancellation: Cancellation;
  /** What is recorded under the key. */
  result(key: string): unknown;
  /** Whether anything is. */
  has(key: string): boolean;
  /** Records a result. Resolves when it is kept. */
  record(key: string, value: unknown): Promise<void>;
  /** Records a result of a step after which the run ends: it is kept together with the end. */
  recordLast(key: string, value: unknown): void;
  /** What is recorded under the key, or what `work` makes, which is recorded then. */
  step<T>(key: string, work: () => T | Promise<T>): Promise<T>;
  /** The answer to the wait of this name; `undefined` when there is none yet. */
  answer(name: string): { readonly payload: unknown } | undefined;
  /** Waits until the time (epoch milliseconds). Rejects when the run is cancelled. */
  sleepUntil(time: number): Promise<void>;
  /** Whether to give the run back until the time instead of holding it: another process may go on with it then. */
  givesBackUntil(time: number): boolean;
  /** Runs the branches, at most `concurrency` at a time. Rejects with the first failure. */
  all<T>(branches: readonly (() => Promise<T>)[], concurrency: number): Promise<T[]>;
}
