/**
 * A run as bytes. Frames that are ready together are written together: what a model gives in one go costs one write.
 */
import type { AgentChunk } from "../../agents/chunks.ts";
import type { Run } from "../../agents/loop/run.ts";
import { toChunkError } from "../../agents/loop/errors.ts";
import { FermataError } from "../../errors.ts";
import type { StreamFraming } from "../../contract/route.ts";
import type { RunEncoder } from "../../protocols/run-encoder.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { WorkflowChunk } from "../../workflows/chunks.ts";
import type { Audience } from "../call.ts";
import { toJson } from "../../schema/json-text.ts";
import { projectChunk } from "./projection.ts";

/** Anything that a stream shows: chunks of an agent's run or of a workflow's. */
export type StreamedChunk = AgentChunk | WorkflowChunk;

/** Where the chunks of a stream come from: an agent's run that is ready to go, or a reader of a workflow's run. */
export interface StreamSource {
  readonly runId: string;
  /** Gives chunk after chunk until the end. Where `push` hands back a promise, it waits for it. */
  start(sink: { push(chunk: StreamedChunk, seq?: number): void | Promise<void> }): Promise<Run | undefined>;
  /** Whether the chunks' numbers are shown, whatever the request says. */
  readonly numbered?: boolean;
  /** A comment that is written before everything else. */
  readonly greeting?: string;
  /** What is written in place of a chunk that has been projected. */
  readonly reform?: (shown: unknown) => readonly unknown[];
}

export interface EventStreamOptions {
  readonly framing: StreamFraming;
  /** Writes the run in another protocol's words, which also decide what may be seen. Default: the chunks themselves, projected. */
  readonly encoder?: RunEncoder | undefined;
  readonly audience: Audience;
  readonly logger: Logger;
  /** Give each frame its chunk's number in the log as `id`. */
  readonly ids?: boolean;
  /** Milliseconds between comments that keep the connection alive. */
  readonly heartbeatMs: number;
  /** Called when the reader is gone before the end. */
  readonly onCancel: (reason: unknown) => void;
  /** The streams that are open, of which this one is one until its end. */
  readonly open?: OpenStreams;
  /** Milliseconds that the stream may last. Absent: for ever. */
  readonly maxMs?: number | undefined;
  /** For the head of the reply. */
  readonly head?: Readonly<Record<string, string>>;
  /** Called when they are over. */
  readonly onExpire?: (reason: FermataError) => void;
}

/** Streams that have not ended. */
export class OpenStreams {
  readonly #streams = new Set<EventStream>();

  add(stream: EventStream): void {
    this.#streams.add(stream);
  }

  delete(stream: EventStream): void {
    this.#streams.delete(stream);
  }

  /** Tells readers to come again soon when the connection is lost: the server is going to stop. */
  announceEnd(): void {
    for (const stream of this.#streams) stream.announceEnd();
  }
}

const HEADERS: Readonly<Record<StreamFraming, Readonly<Record<string, string>>>> = {
  sse: { "content-type": "text/event-stream", "cache-control": "no-cache", connection: "keep-alive", "x-accel-buffering": "no" },
  records: { "content-type": "text/plain", "cache-control": "no-cache", "x-accel-buffering": "no" },
};

/** Characters that may wait for the next write, and bytes that may wait for the reader. */
const MAX_BUFFERED = 64 * 1024;

const HEARTBEAT = ": ping\n\n";

/** A field of the SSE standard, which is no event. */
const COME_AGAIN = ": the server stops\nretry: 1000\n\n";

/** How long a run that was ended may take to say so. */
const ENDING_MS = 2_000;

/** Ends the turn of the event loop in which it is called: everything that is ready now goes into one write. */
const afterThisTurn: (work: () => void) => void =
  typeof setImmediate === "function" ? (work) => void setImmediate(work) : (work) => void setTimeout(work, 0);

const encoder = new TextEncoder();

/** The reply that shows `run` while it happens. */
export function streamReply(run: StreamSource, options: EventStreamOptions): Response {
  const stream = new EventStream(options);
  void stream.show(run);
  return new Response(stream.body, { status: 200, headers: { ...HEADERS[options.framing], ...options.head } });
}

class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: EventStreamOptions;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #buffer = "";
  #scheduled = false;
  #done = false;
  /** Writers that wait for the reader: tools write at the same time. */
  #waiting: (() => void)[] = [];
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  /** The frame of a text delta up to its text, and the id that it is for: nearly all frames differ in nothing else. */
  #deltaHead = "";
  #deltaId: string | undefined;
  #deltaRunId: string | undefined;
  #reform: StreamSource["reform"];
  #runId = "";
  #limit: ReturnType<typeof setTimeout> | undefined;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#wake(),
        cancel: (reason) => {
          this.#stop();
          options.onCancel(reason);
        },
      },
      { highWaterMark: MAX_BUFFERED, size: (chunk) => chunk.byteLength },
    );
    if (options.framing === "sse") this.#heartbeat = setInterval(() => this.#write(HEARTBEAT), options.heartbeatMs);
    if (options.maxMs !== undefined) this.#limit = setTimeout(() => this.#expire(), options.maxMs);
    options.open?.add(this);
  }

  /** The server is going to stop: readers that can go on elsewhere need not wait long before they do. */
  announceEnd(): void {
    if (this.#options.framing === "sse" && !this.#done) this.#write(COME_AGAIN);
  }

  /** The run is ended, which ends the stream. What goes on without readers, such as a workflow's run, is not shown any more. */
  #expire(): void {
    const error = new FermataError("TIMEOUT", `The stream took longer than ${this.#options.maxMs} ms.`);
    this.#options.onExpire?.(error);
    this.#limit = setTimeout(() => {
      const payload = { type: "error" as const, error: toChunkError(error) };
      this.push({ type: "error", runId: this.#runId, from: "AGENT", payload })?.catch(() => undefined);
      this.#close(undefined);
    }, ENDING_MS);
  }

  /** Runs to the end and closes the body, whatever happens. */
  async show(run: StreamSource): Promise<void> {
    this.#reform = run.reform;
    this.#runId = run.runId;
    if (run.greeting !== undefined) this.#write(`: ${run.greeting}\n\n`);
    let ended: Run | undefined;
    try {
      ended = await run.start(this);
    } catch (error) {
      this.#options.logger.error("A stream's producer failed", { runId: run.runId, error });
      this.push({ type: "error", runId: run.runId, from: "AGENT", payload: { type: "error", error: toChunkError(error) } })?.catch(
        () => undefined,
      );
    }
    this.#close(ended);
  }

  #close(ended: Run | undefined): void {
    if (this.#done) return;
    this.#buffer += this.#end(ended);
    this.#flush();
    this.#stop();
    this.#controller?.close();
  }

  #end(run: Run | undefined): string {
    const { encoder, framing, logger } = this.#options;
    if (!encoder) return framing === "sse" ? "data: [DONE]\n\n" : "";
    try {
      return encoder.end(run);
    } catch (error) {
      logger.error("The end of a run could not be written", { runId: run?.id, error });
      return "";
    }
  }

  push(chunk: StreamedChunk, seq?: number): void | Promise<void> {
    if (this.#done) return undefined;
    const frame = this.#frame(chunk);
    if (frame === undefined) return undefined;
    this.#write(this.#options.ids && seq !== undefined ? `id: ${seq}\n${frame}` : frame);
    const controller = this.#controller;
    if (this.#buffer.length < MAX_BUFFERED && (controller?.desiredSize ?? 1) > 0) return undefined;
    this.#flush();
    if ((controller?.desiredSize ?? 1) > 0) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #frame(chunk: StreamedChunk): string | undefined {
    const { encoder } = this.#options;
    if (!encoder && chunk.type === "text-delta" && "from" in chunk && chunk.payload.providerMetadata === undefined)
      return this.#deltaFrame(chunk.runId, chunk.payload);
    try {
      if (encoder) return encoder.encode(chunk as AgentChunk); // only agents' runs are written in the words of other protocols
      const shown = projectChunk(chunk, this.#options.audience);
      if (shown === undefined) return undefined;
      return this.#reform
        ? this.#reform(shown)
            .map((one) => this.#encode(one))
            .join("")
        : this.#encode(shown);
    } catch (error) {
      this.#options.logger.error("A chunk could not be written", { type: chunk.type, error });
      return undefined;
    }
  }

  #encode(shown: unknown): string {
    const json = toJson(shown);
    return this.#options.framing === "sse" ? `data: ${json}\n\n` : `${json}\u001e`;
  }

  #deltaFrame(runId: string, payload: { readonly id: string; readonly text: string }): string {
    if (this.#deltaId !== payload.id || this.#deltaRunId !== runId) {
      this.#deltaId = payload.id;
      this.#deltaRunId = runId;
      const start = this.#options.framing === "sse" ? "data: " : "";
      this.#deltaHead = `${start}{"type":"text-delta","runId":${JSON.stringify(runId)},"from":"AGENT","payload":{"id":${JSON.stringify(payload.id)},"text":`;
    }
    return `${this.#deltaHead}${JSON.stringify(payload.text)}}}${this.#options.framing === "sse" ? "\n\n" : "\u001e"}`;
  }

  #write(frame: string): void {
    this.#buffer += frame;
    if (this.#scheduled) return;
    this.#scheduled = true;
    afterThisTurn(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#buffer === "" || this.#done) return;
    this.#controller?.enqueue(encoder.encode(this.#buffer));
    this.#buffer = "";
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }

  #stop(): void {
    this.#done = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#limit);
    this.#options.open?.delete(this);
    this.#wake();
  }
}
