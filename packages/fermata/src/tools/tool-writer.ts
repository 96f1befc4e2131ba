import { FermataError } from "../errors.ts";

/** What a tool writes while it works; it shows in the run's stream at once. */
export interface ToolOutputSink {
  /** A value of the tool's own, wrapped in a `tool-output` chunk. A promise asks to wait before the next one. */
  output(value: unknown): void | Promise<void>;
  /** A `data-…` chunk, sent as it is. */
  data(chunk: DataChunk): void | Promise<void>;
}

/** A chunk of the app's own kind. */
export interface DataChunk {
  readonly type: `data-${string}`;
  readonly data: unknown;
  readonly id?: string;
  /** Shown in the stream but not kept with the message. */
  readonly transient?: boolean;
}

/** A `WritableStream`, so that another stream can be piped into it, with `write` and `custom` for single values. */
export class ToolWriter extends WritableStream<unknown> {
  readonly #sink: ToolOutputSink;

  constructor(sink: ToolOutputSink) {
    super({ write: (value) => sink.output(value) });
    this.#sink = sink;
  }

  /** Writes one value. */
  async write(value: unknown): Promise<void> {
    await this.#sink.output(value);
  }

  /** Writes a `data-…` chunk. Rejects with `VALIDATION_FAILED` for any other type: those are the run's own. */
  async custom(chunk: DataChunk): Promise<void> {
    if (!chunk.type.startsWith("data-"))
      throw new FermataError(
        "VALIDATION_FAILED",
        `A tool writes chunks of its own as "data-<name>", not as ${JSON.stringify(chunk.type)}.`,
      );
    await this.#sink.data(chunk);
  }
}
