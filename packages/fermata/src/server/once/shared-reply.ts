/** A reply as it is kept: what is needed to give it once more. */
export interface KeptReply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** Bytes of a reply that are kept for others. A longer one is passed on to those who read it already, and to nobody else. */
const MOST_BYTES = 1024 * 1024;
/** Bytes that the slowest reader of a long reply may be behind. */
const WINDOW = 256 * 1024;

interface Reader {
  /** The number of the next chunk. */
  next: number;
}

/** One reply for several callers: read once, from its first byte on, by as many as there are. */
export class SharedReply {
  readonly status: number;
  readonly #headers: readonly (readonly [string, string])[];
  /** What has come and is still needed, beginning with the chunk number `#first`. */
  #chunks: Uint8Array[] = [];
  #first = 0;
  #bytes = 0;
  #state: "open" | "ended" | "broken" = "open";
  #isWhole = true;
  readonly #readers = new Set<Reader>();
  #wakeReaders: (() => void)[] = [];
  #wakePump: (() => void) | undefined;
  /** Resolves at the end: to the reply, or to `undefined` when it broke off or was too long to keep. */
  readonly kept: Promise<KeptReply | undefined>;

  constructor(response: Response) {
    this.status = response.status;
    this.#headers = [...response.headers];
    this.kept = this.#pump(response.body);
  }

  /** The reply for one more caller; `undefined` when its beginning is gone. `onLeave` is called when the caller stops reading before the end. */
  read(onLeave: () => void): Response | undefined {
    if (!this.#isWhole) return undefined;
    const reader: Reader = { next: 0 };
    this.#readers.add(reader);
    const body = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          while (reader.next === this.#first + this.#chunks.length && this.#state === "open")
            await new Promise<void>((resolve) => this.#wakeReaders.push(resolve));
          const chunk = this.#chunks[reader.next - this.#first];
          if (chunk) {
            reader.next += 1;
            this.#trim();
            return controller.enqueue(chunk);
          }
          this.#leave(reader);
          if (this.#state === "broken") return controller.error(new Error("The reply broke off."));
          controller.close();
        },
        cancel: () => {
          this.#leave(reader);
          onLeave();
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status: this.status, headers: this.#headers.map(([name, value]) => [name, value]) });
  }

  async #pump(body: ReadableStream<Uint8Array> | null): Promise<KeptReply | undefined> {
    try {
      const source = body?.getReader();
      for (let next = await source?.read(); next && !next.done; next = await source?.read()) {
        this.#chunks.push(next.value);
        this.#bytes += next.value.byteLength;
        if (this.#bytes > MOST_BYTES) this.#isWhole = false;
        this.#wake();
        await this.#room();
      }
      this.#state = "ended";
    } catch {
      this.#state = "broken"; // whoever made the reply has said why
    }
    this.#wake();
    if (this.#state === "broken" || !this.#isWhole) return undefined;
    const text = new TextDecoder();
    const parts = this.#chunks.map((chunk) => text.decode(chunk, { stream: true }));
    return { status: this.status, headers: this.#headers, body: parts.join("") + text.decode() };
  }

  /** What nobody needs any more goes, once not all of it can be kept. */
  #trim(): void {
    if (this.#isWhole) return;
    let slowest = this.#first + this.#chunks.length;
    for (const { next } of this.#readers) slowest = Math.min(slowest, next);
    for (const chunk of this.#chunks.splice(0, slowest - this.#first)) this.#bytes -= chunk.byteLength;
    this.#first = slowest;
    if (this.#bytes <= WINDOW) this.#wakePump?.();
  }

  async #room(): Promise<void> {
    this.#trim();
    while (!this.#isWhole && this.#bytes > WINDOW && this.#readers.size > 0)
      await new Promise<void>((resolve) => (this.#wakePump = resolve));
  }

  #leave(reader: Reader): void {
    this.#readers.delete(reader);
    this.#trim();
    this.#wakePump?.();
  }

  #wake(): void {
    const waiting = this.#wakeReaders;
    this.#wakeReaders = [];
    for (const resume of waiting) resume();
  }
}

/** A kept reply, given once more. */
export function replayed({ status, headers, body }: KeptReply): Response {
  return new Response(body, { status, headers: [...headers.map(([name, value]): [string, string] => [name, value]), REPLAYED] });
}

const REPLAYED: [string, string] = ["idempotency-replayed", "true"];
