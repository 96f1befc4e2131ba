/** From the bytes of an answer to stream parts. */
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { isRetryable } from "../errors.ts";
import { messageOfBody } from "./api-error.ts";
import type { ApiErrorFacts } from "./api-error.ts";
import { ChunkReader } from "./chunks.ts";
import { SseSplitter } from "./sse.ts";
import { isWireAnswer } from "./wire.ts";

export interface PartStreamOptions {
  /** The first part. */
  readonly start: LanguageModelV4StreamPart;
  /** Whether each chunk is also handed on as it came. */
  readonly includeRaw: boolean;
  /** An abort makes the stream fail with its reason. */
  readonly signal: AbortSignal | undefined;
  readonly toError: (facts: Pick<ApiErrorFacts, "message" | "isRetryable" | "data" | "cause">) => unknown;
  readonly toConnectionError: (error: unknown) => unknown;
}

/** How long the connection may take to end after `[DONE]` before it is closed: one that ends by itself can be used again. */
const DRAIN_MS = 1000;

/**
 * Ends with `finish`. A failure (an error object inside the stream, a connection that ends before the provider has said why it stopped)
 * is an `error` part followed by `finish` with reason `error`; an abort makes the stream itself fail.
 */
export function toPartStream(bytes: ReadableStream<Uint8Array>, options: PartStreamOptions): ReadableStream<LanguageModelV4StreamPart> {
  const reader = bytes.getReader();
  const decoder = new TextDecoder();
  const splitter = new SseSplitter();
  let controller: ReadableStreamDefaultController<LanguageModelV4StreamPart>;
  let hasEmitted = false;
  let isAtEnd = false;
  const emit = (part: LanguageModelV4StreamPart): void => {
    hasEmitted = true;
    controller.enqueue(part);
  };
  const chunks = new ChunkReader(emit);

  function end(): void {
    chunks.finish();
    controller.close();
  }
  function fail(error: unknown): void {
    emit({ type: "error", error });
    chunks.finish(true);
    controller.close();
    void letGo(reader);
  }
  /** Returns whether the stream goes on. */
  function take(data: string): boolean {
    if (data === "[DONE]") {
      end();
      drain(reader);
      return false;
    }
    if (data === "") return true;
    let chunk: unknown;
    try {
      chunk = JSON.parse(data);
    } catch (cause) {
      fail(
        isAtEnd ? cutOff(options) : options.toError({ message: "The provider sent a chunk that is not JSON.", isRetryable: false, cause }),
      );
      return false;
    }
    if (options.includeRaw) emit({ type: "raw", rawValue: chunk });
    if (!isWireAnswer(chunk)) return true;
    if (chunk.error) {
      const message = messageOfBody(chunk) ?? "The provider reported an error.";
      fail(options.toError({ message, isRetryable: isRetryable(chunk.error), data: chunk }));
      return false;
    }
    chunks.read(chunk);
    return true;
  }
  async function pull(): Promise<void> {
    hasEmitted = false;
    for (;;) {
      let result: ReadableStreamReadResult<Uint8Array>;
      try {
        result = await reader.read();
      } catch (error) {
        if (options.signal?.aborted) throw options.signal.reason;
        return chunks.isComplete ? end() : fail(options.toConnectionError(error));
      }
      isAtEnd = result.done;
      const events = splitter.push(result.done ? decoder.decode() : decoder.decode(result.value, { stream: true }));
      if (result.done) events.push(...splitter.end());
      for (const data of events) if (!take(data)) return;
      if (result.done) return chunks.isComplete ? end() : fail(cutOff(options));
      if (hasEmitted) return;
    }
  }

  return new ReadableStream<LanguageModelV4StreamPart>({
    start(given) {
      controller = given;
      emit(options.start);
    },
    pull,
    cancel: (reason) => reader.cancel(reason),
  });
}

function cutOff(options: PartStreamOptions): unknown {
  return options.toError({ message: "The provider's answer was cut off.", isRetryable: true });
}

async function letGo(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    await reader.cancel();
  } catch {
    // The connection is gone already.
  }
}

function drain(reader: ReadableStreamDefaultReader<Uint8Array>): void {
  const cancel = (): void => void letGo(reader);
  const timer = setTimeout(cancel, DRAIN_MS);
  timer.unref();
  reader.read().then(
    ({ done }) => {
      clearTimeout(timer);
      if (!done) cancel();
    },
    () => clearTimeout(timer),
  );
}
