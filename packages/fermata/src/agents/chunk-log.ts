import type { AgentChunk, ChunkSink } from "./chunks.ts";

/** How far the slowest reader may be behind before the run waits for it. */
const WINDOW = 64;

interface Reader {
  next: number;
}

/** The chunks of one run in the process: written once, read from the start by as many readers as there are. */
export class ChunkLog implements ChunkSink {
  readonly #chunks: AgentChunk[] = [];
  readonly #readers = new Set<Reader>();
  #closed = false;
  #unbounded = false;
  #wakeReaders: (() => void)[] = [];
  /** Several at a time: tools that run in parallel write at the same time. */
  #wakeWriters: (() => void)[] = [];

  push(chunk: AgentChunk): void | Promise<void> {
    this.#chunks.push(chunk);
    this.#wake();
    if (!this.#isAhead()) return undefined;
    return new Promise((resolve) => this.#wakeWriters.push(resolve));
  }

  /** No more chunks come. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** The run goes on although nobody reads: somebody waits for its result, or it has been cancelled. */
  release(): void {
    this.#unbounded = true;
    this.#resume();
  }

  /**
   * A stream over all chunks, from the first one on. It counts as a reader from its first read on: one that is never read holds nothing up.
   * `onRead` is called with every read, `onCancel` when the last reader left.
   */
  stream<T>(pick: (chunk: AgentChunk) => T | undefined, onRead: () => void, onCancel: () => void): ReadableStream<T> {
    const reader: Reader = { next: 0 };
    const leave = (): void => {
      this.#readers.delete(reader);
      this.#resume();
    };
    return new ReadableStream<T>(
      {
        pull: async (controller) => {
          this.#readers.add(reader);
          onRead();
          for (;;) {
            const chunk = this.#chunks[reader.next];
            if (chunk !== undefined) {
              reader.next++;
              this.#resume();
              const value = pick(chunk);
              if (value === undefined) continue;
              return controller.enqueue(value);
            }
            if (this.#closed) {
              leave();
              return controller.close();
            }
            await new Promise<void>((resolve) => this.#wakeReaders.push(resolve));
          }
        },
        cancel: () => {
          leave();
          if (this.#readers.size === 0 && !this.#unbounded) onCancel();
        },
      },
      { highWaterMark: 0 },
    );
  }

  #isAhead(): boolean {
    if (this.#unbounded || this.#readers.size === 0) return false;
    let slowest = Infinity;
    for (const { next } of this.#readers) slowest = Math.min(slowest, next);
    return this.#chunks.length - slowest > WINDOW;
  }

  #resume(): void {
    if (this.#wakeWriters.length === 0 || this.#isAhead()) return;
    const waiting = this.#wakeWriters;
    this.#wakeWriters = [];
    for (const resume of waiting) resume();
  }

  #wake(): void {
    const waiting = this.#wakeReaders;
    this.#wakeReaders = [];
    for (const resolve of waiting) resolve();
  }
}
