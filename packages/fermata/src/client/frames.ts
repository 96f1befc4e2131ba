/** Streams taken apart into frames. Both parsers take text in any pieces and give each frame once it is whole. */
import type { StreamFraming } from "../contract/route.ts";

export interface Frame {
  readonly data: string;
  /** The `id` line that came with it. */
  readonly id?: string;
}

interface FrameParser {
  /** The frames that are whole now. */
  feed(text: string): Frame[];
  /** What is left when the stream has ended. */
  end(): Frame[];
}

/** Server-sent events: any line end, comments, and data over several lines. An event that the end cuts off is dropped, as the standard says. */
export function sseParser(): FrameParser {
  /** Pieces without a line end: they are looked at again when there is one. */
  let pieces: string[] = [];
  let data: string[] = [];
  let id: string | undefined;
  const line = (text: string): Frame[] => {
    if (text === "") {
      const frame = data.length > 0 ? [{ data: data.join("\n"), ...(id !== undefined && { id }) }] : [];
      data = [];
      id = undefined;
      return frame;
    }
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + (text[colon + 1] === " " ? 2 : 1));
    if (name === "data") data.push(value);
    else if (name === "id") id = value;
    return [];
  };
  return {
    feed(text) {
      pieces.push(text);
      if (!/[\r\n]/.test(text) && !pieces.at(-2)?.endsWith("\r")) return [];
      const whole = pieces.join("");
      const frames: Frame[] = [];
      let from = 0;
      for (const { 0: end, index } of whole.matchAll(/\r\n|\n|\r/g)) {
        if (end === "\r" && index + 1 === whole.length) break; // a "\n" may belong to it
        frames.push(...line(whole.slice(from, index)));
        from = index + end.length;
      }
      pieces = [whole.slice(from)];
      return frames;
    },
    end: () => [],
  };
}

/** JSON values, each followed by U+001E; the last one may lack it. */
export function recordParser(): FrameParser {
  let rest = "";
  const toFrames = (records: string[]): Frame[] => records.filter((record) => record.trim() !== "").map((data) => ({ data }));
  return {
    feed(text) {
      const records = (rest + text).split("\u001e");
      rest = records.pop() ?? "";
      return toFrames(records);
    },
    end: () => toFrames([rest]),
  };
}

/** Nothing came for longer than the stream may be silent. */
export class SilentStream extends Error {
  override readonly name = "SilentStream";
}

/** The frames of a body. Rejects with `SilentStream` when no byte comes for `idleMs`. The body is let go however the reading ends. */
export async function* readFrames(body: ReadableStream<Uint8Array>, framing: StreamFraming, idleMs: number): AsyncGenerator<Frame> {
  const parser = framing === "sse" ? sseParser() : recordParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), idleMs);
      yield* parser.feed(decoder.decode(value, { stream: !done }));
      if (done) break;
    }
    yield* parser.end();
  } finally {
    reader.cancel().catch(() => undefined); // it may have failed already
  }
}

function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  if (ms === Infinity) return promise;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new SilentStream(`No byte for ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
