/** One try of one candidate: the request, its time limits, its abort, and the reading of its stream. */
import { FermataError } from "../errors.ts";
import { toModelError } from "./errors.ts";
import { normalizeFinish } from "./normalize.ts";
import type { AnyFinishPart } from "./normalize.ts";
import type { ModelPart, ModelTimeouts, PartReader } from "./types.ts";

/** A part of any specification version, as it comes from the model. */
export type RawPart = Exclude<ModelPart, { type: "finish" }> | AnyFinishPart;
type StopKind = "aborted" | "step-timeout" | "first-chunk-timeout";

/** Limits of an attempt. */
export interface AttemptLimits {
  readonly abortSignal: AbortSignal | undefined;
  readonly timeouts: ModelTimeouts | undefined;
  /** When the step began, as `performance.now()`: `stepMs` counts from there, over all tries. */
  readonly startedAt: number;
}

/**
 * Ends at the first of: its stream is read to the end, a failure, `stop`. Ending removes the abort listener and the timers.
 * Without time limits it hands the caller's own signal to the model and sets no timer.
 */
export class Attempt implements PartReader {
  /** What the model is given as its abort signal. */
  readonly signal: AbortSignal | undefined;
  /** Set when `stop` ended the attempt. */
  stopped: { readonly kind: StopKind; readonly reason: unknown } | undefined;

  readonly #callerSignal: AbortSignal | undefined;
  readonly #controller: AbortController | undefined;
  #stepTimer: NodeJS.Timeout | undefined;
  #firstChunkTimer: NodeJS.Timeout | undefined;
  #rejectPending: ((reason: unknown) => void) | undefined;
  #reader: ReadableStreamDefaultReader<RawPart> | undefined;
  #ended = false;
  #head: readonly ModelPart[] = [];
  #nextOfHead = 0;

  constructor(limits: AttemptLimits) {
    const { abortSignal, timeouts } = limits;
    abortSignal?.throwIfAborted();
    this.#callerSignal = abortSignal;
    const stepMs = timeouts?.stepMs;
    const firstChunkMs = timeouts?.firstChunkMs;
    if (stepMs !== undefined || firstChunkMs !== undefined) {
      this.#controller = new AbortController();
      if (stepMs !== undefined) {
        const leftMs = Math.max(0, stepMs - (performance.now() - limits.startedAt));
        this.#stepTimer = setTimeout(
          () => this.#stop("step-timeout", timedOut(`The model did not finish its answer within ${stepMs} ms.`)),
          leftMs,
        );
      }
      if (firstChunkMs !== undefined) {
        const error = timedOut(`The model did not begin its answer within ${firstChunkMs} ms.`);
        this.#firstChunkTimer = setTimeout(() => this.#stop("first-chunk-timeout", error), firstChunkMs);
      }
    }
    this.signal = this.#controller?.signal ?? abortSignal;
    abortSignal?.addEventListener("abort", this.#onAbort);
  }

  /** Awaits the model, but not longer than the limits allow. `release` lets go of a result that comes too late. */
  async wait<T>(pending: PromiseLike<T>, release?: (late: T) => void): Promise<T> {
    if (this.signal === undefined) return pending;
    return new Promise<T>((resolve, reject) => {
      this.#rejectPending = reject;
      pending.then((value) => {
        if (this.#ended) return release?.(value);
        this.#rejectPending = undefined;
        resolve(value);
      }, reject);
    });
  }

  /** Takes over a stream; `read` continues after `head`. */
  open(stream: ReadableStream<RawPart>): void {
    this.#reader = stream.getReader();
  }

  /** Parts that were read already and are to be read again, first. */
  rewind(head: readonly ModelPart[]): void {
    this.#head = head;
    this.#nextOfHead = 0;
  }

  read(): Promise<ModelPart | undefined> {
    if (this.#nextOfHead < this.#head.length) return Promise.resolve(this.#head[this.#nextOfHead++]);
    if (this.#ended || this.#reader === undefined) return this.#afterEnd();
    return this.#reader.read().then(this.#onRead, this.#onReadFailure);
  }

  /** The next part; a failure of the stream comes out as the provider threw it. */
  async readRaw(): Promise<ModelPart | undefined> {
    if (this.#reader === undefined) return undefined;
    return this.#onRead(await this.#reader.read());
  }

  cancel(reason?: unknown): void {
    this.end();
    this.#controller?.abort(reason);
    this.#release(reason);
  }

  /** Removes what the attempt has set up: nothing of it may outlive the call. */
  end(): void {
    this.#ended = true;
    this.#callerSignal?.removeEventListener("abort", this.#onAbort);
    clearTimeout(this.#stepTimer);
    clearTimeout(this.#firstChunkTimer);
  }

  readonly #onAbort = (): void => this.#stop("aborted", this.#callerSignal?.reason);

  #stop(kind: StopKind, reason: unknown): void {
    if (this.#ended) return;
    this.stopped = { kind, reason };
    this.end();
    this.#controller?.abort(reason);
    this.#rejectPending?.(reason);
    this.#release(reason);
  }

  /** A pending `read` of the stream then resolves at once, whether or not the model minds its signal. */
  #release(reason: unknown): void {
    this.#reader?.cancel(reason).catch(() => undefined);
  }

  readonly #onRead = (result: ReadableStreamReadResult<RawPart>): ModelPart | undefined => {
    if (this.stopped !== undefined) throw this.stopped.reason;
    if (result.done) {
      this.end();
      return undefined;
    }
    const part = result.value;
    if (this.#firstChunkTimer !== undefined && !isPreamble(part)) {
      clearTimeout(this.#firstChunkTimer);
      this.#firstChunkTimer = undefined;
    }
    return part.type === "finish" ? normalizeFinish(part) : part;
  };

  readonly #onReadFailure = (error: unknown): never => {
    this.end();
    if (this.stopped !== undefined) throw this.stopped.reason;
    throw toModelError(error);
  };

  async #afterEnd(): Promise<undefined> {
    if (this.stopped !== undefined) throw this.stopped.reason;
    return undefined;
  }
}

/** Whether nothing of the answer itself has been said yet: a failure after this part can still be mended by another try. */
export function isPreamble(part: RawPart | ModelPart): boolean {
  switch (part.type) {
    case "stream-start":
    case "response-metadata":
    case "raw":
    case "ping":
    case "text-start":
    case "reasoning-start":
      return true;
    default:
      return false;
  }
}

function timedOut(message: string): FermataError {
  return new FermataError("UPSTREAM_TIMEOUT", message);
}
