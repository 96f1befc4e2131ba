/** A stream that outlives its connection: an async iterable that takes itself up again where it broke. */
import type { StreamFraming } from "../contract/route.ts";
import { FermataClientError } from "./error.ts";
import { readFrames } from "./frames.ts";
import { pause } from "./transport.ts";

export interface StreamOptions {
  /** Milliseconds without a byte after which a connection counts as dead. The server writes at least every 15 seconds. Default 45,000. */
  readonly idleTimeoutMs?: number;
  /** Connections in a row that bring nothing new before the stream is given up. Default 5. */
  readonly maxReconnects?: number;
  /** Milliseconds before the second of them; doubled each time. Default 250. */
  readonly reconnectDelayMs?: number;
}

/** How far a stream has been read. */
export interface Position {
  /** The run, once an event has named it. */
  readonly runId: string | undefined;
  /** The `id` of the last event. */
  readonly lastEventId: string | undefined;
  /** How many events have been read. */
  readonly received: number;
}

export interface Reopened {
  readonly response: Response;
  /** Events at its beginning that have been read before. */
  readonly skip: number;
}

/** Follows a stream and may go on after its end: with the results of client tools, a new request. */
export interface Follower {
  see(event: unknown): void;
  /** The reply that continues the stream. */
  next(): Promise<Response | undefined>;
}

export interface StreamSource {
  readonly response: Response;
  readonly framing: StreamFraming;
  readonly options: StreamOptions;
  /** The run, when it is known before the first event. */
  readonly runId?: string | undefined;
  /** Opens the rest of the stream; `undefined` when that cannot be done. */
  readonly reopen: (position: Position) => Promise<Reopened | undefined>;
  /** Told when the run is known, and when another one follows. */
  readonly onRun?: (runId: string | undefined) => void;
  /** Tells the server to stop the run. */
  readonly cancel?: (runId: string) => Promise<unknown>;
  /** The stream has no event that says its end: that the connection closes is all. */
  readonly endsSilently?: boolean;
  /** Whether streams end with such an event. Those of agents end with `[DONE]`. */
  readonly isLast: (event: unknown) => boolean;
  /** Closes what is open. */
  readonly close: () => void;
  readonly signals: readonly AbortSignal[];
  readonly follower?: Follower | undefined;
}

/**
 * The events of a run while it happens. Read it once: with `for await`, with `processDataStream`, or as `body`.
 * A connection that breaks is taken up again where it broke; what cannot be taken up rejects with `STREAM_LOST`.
 */
export class ClientStream<T> implements AsyncIterable<T> {
  readonly #source: StreamSource;
  #runId: string | undefined;
  #received = 0;
  #lastEventId: string | undefined;
  /** Whether the last event so far is one that streams end with. */
  #complete = false;
  /** The caller has left. */
  #left = false;

  constructor(source: StreamSource) {
    this.#source = source;
    this.#runId = source.runId;
  }

  /** The run, once it is known: at the latest with the first event. */
  get runId(): string | undefined {
    return this.#runId;
  }

  /** How far the stream has been read. */
  get position(): Position {
    return { runId: this.#runId, lastEventId: this.#lastEventId, received: this.#received };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, undefined> {
    const { options, signals, close, follower } = this.#source;
    const { maxReconnects = 5, reconnectDelayMs = 250 } = options;
    let reply: Reopened | undefined = { response: this.#source.response, skip: 0 };
    let cause: unknown;
    try {
      for (let failures = 0; failures <= maxReconnects;) {
        const before = this.#received;
        try {
          reply ??= await this.#reopen(cause);
          yield* this.#read(reply);
        } catch (error) {
          if (this.#left) return undefined;
          for (const signal of signals) signal.throwIfAborted();
          if (isFinal(error)) throw lost(error);
          cause = error;
        }
        if (this.#left) return undefined;
        reply = undefined;
        if (this.#complete) {
          const response = await follower?.next();
          if (!response) return undefined;
          reply = { response, skip: 0 };
          this.#restart();
          failures = 0;
          continue;
        }
        failures = this.#received > before ? 0 : failures + 1;
        if (failures > 0) await pause(reconnectDelayMs * 2 ** (failures - 1), signals);
      }
      throw lost(cause);
    } finally {
      close();
    }
  }

  /** Calls `onChunk` with every event in turn, and waits for what it returns. */
  async processDataStream({ onChunk }: { readonly onChunk: (chunk: T) => void | Promise<void> }): Promise<void> {
    for await (const chunk of this) await onChunk(chunk);
  }

  /** The stream in its own framing, for `new Response(stream.body)` on the way to somebody else. */
  get body(): ReadableStream<Uint8Array> {
    const { framing } = this.#source;
    const encoder = new TextEncoder();
    const events = this[Symbol.asyncIterator]();
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await events.next();
          const text = done ? (framing === "sse" ? "data: [DONE]\n\n" : "") : toFrame(value, framing);
          if (text !== "") controller.enqueue(encoder.encode(text));
          if (done) controller.close();
        },
        // Nobody reads any more: what the run says would be lost.
        cancel: async () => {
          await this.cancel().catch(() => undefined);
          await events.return(undefined);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Stops the run on the server, and this stream with it. */
  async cancel(): Promise<void> {
    this.#left = true;
    const runId = this.#runId;
    try {
      if (runId !== undefined) await this.#source.cancel?.(runId);
    } finally {
      this.#source.close();
    }
  }

  /** Leaves the stream. What becomes of the run is the server's affair: its `onDisconnect`. */
  detach(): void {
    this.#left = true;
    this.#source.close();
  }

  async *#read({ response, skip }: Reopened): AsyncGenerator<T, undefined> {
    const { framing, options, isLast, follower } = this.#source;
    if (!response.body) throw new FermataClientError("BAD_REPLY", "The reply has no body.", { status: response.status });
    const actual = response.headers.get("content-type")?.startsWith("text/event-stream") ? "sse" : framing;
    let seen = 0;
    for await (const frame of readFrames(response.body, actual, options.idleTimeoutMs ?? 45_000)) {
      if (frame.data === "[DONE]") {
        this.#complete = true;
        return undefined;
      }
      if (seen++ < skip) continue;
      const event = JSON.parse(frame.data) as T; // what the contract says of the route
      this.#received++;
      this.#lastEventId = frame.id ?? this.#lastEventId;
      if (this.#runId === undefined) this.#known(runIdOf(event));
      this.#complete = isLast(event);
      follower?.see(event);
      yield event;
    }
    if (this.#source.endsSilently) this.#complete = true;
    return undefined;
  }

  #known(runId: string | undefined): void {
    this.#runId = runId;
    this.#source.onRun?.(runId);
  }

  /** The next run begins at its own first event. */
  #restart(): void {
    this.#known(undefined);
    this.#lastEventId = undefined;
    this.#received = 0;
    this.#complete = false;
  }

  async #reopen(cause: unknown): Promise<Reopened> {
    const opened = await this.#source.reopen(this.position);
    if (!opened) throw lost(cause);
    return opened;
  }
}

/** A reply of the server's own that a repeat would only bring again. */
function isFinal(error: unknown): boolean {
  if (!FermataClientError.is(error)) return false;
  return error.code === "STREAM_LOST" || error.code === "BAD_REPLY" || (error.status >= 400 && error.status < 500 && error.status !== 429);
}

function lost(cause: unknown): FermataClientError {
  if (FermataClientError.is(cause) && cause.code === "STREAM_LOST") return cause;
  const facts = FermataClientError.is(cause) ? { status: cause.status, requestId: cause.requestId, body: cause.body } : {};
  return new FermataClientError("STREAM_LOST", "The stream broke and could not be taken up again.", { ...facts, cause });
}

function toFrame(event: unknown, framing: StreamFraming): string {
  return framing === "sse" ? `data: ${JSON.stringify(event)}\n\n` : `${JSON.stringify(event)}\u001e`;
}

function runIdOf(event: unknown): string | undefined {
  return typeof event === "object" && event !== null && "runId" in event && typeof event.runId === "string" ? event.runId : undefined;
}
