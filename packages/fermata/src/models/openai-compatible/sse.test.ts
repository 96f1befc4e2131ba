import { array, assert, asyncProperty, constantFrom, nat, oneof, property, string, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { chunk, toolDelta } from "../../../test/support/openai-wire-server.ts";
import { ApiCallError } from "./api-error.ts";
import { toPartStream } from "./part-stream.ts";
import { SseSplitter } from "./sse.ts";

function split(pieces: readonly string[]): string[] {
  const splitter = new SseSplitter();
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

/** `whole` cut at these places. */
function cut<T extends string | Uint8Array>(whole: T, places: readonly number[]): T[] {
  const sorted = [0, ...places.map((place) => place % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return sorted.slice(1).map((end, index) => whole.slice(sorted[index], end) as T); // `slice` keeps the kind
}

describe("the event splitter", () => {
  test.each(["\n", "\r\n", "\r"])("ends lines at %j", (end) => {
    expect(split([`data: one${end}${end}data: two${end}${end}`])).toEqual(["one", "two"]);
  });
  test("joins the data lines of one event with a line feed", () => {
    expect(split(["data: one\ndata: two\n\n"])).toEqual(["one\ntwo"]);
  });
  test("skips comments, other fields and events without data", () => {
    expect(split([": ping\n\nevent: x\nid: 7\nretry: 5\ndatabase: no\n\ndata:yes\n\n"])).toEqual(["yes"]);
  });
  test("takes one space only from the front of the data", () => {
    expect(split(["data:  x\n\n"])).toEqual([" x"]);
  });
  test("gives the last event although its empty line is missing", () => {
    expect(split(["data: one\n\ndata: two"])).toEqual(["one", "two"]);
  });
  test("gives an event with the byte that ends it, also when that is a CR", () => {
    expect(new SseSplitter().push("data: one\r\r")).toEqual(["one"]);
  });
  test("gives the same events however the text is cut", () => {
    const line = oneof(
      string({ unit: constantFrom("a", "é", "😀", " ", ":", "{", "\\") }).map((text) => `data: ${text}`),
      constantFrom(": comment", "event: x", "data", "", ""),
    );
    const text = array(tuple(line, constantFrom("\n", "\r\n", "\r"))).map((lines) => lines.flat().join(""));
    assert(
      property(text, array(nat()), (whole, places) => {
        expect(split(cut(whole, places))).toEqual(split([whole]));
      }),
    );
  });
});

describe("the part stream", () => {
  const chunks = [
    chunk({ role: "assistant", content: "" }),
    chunk({ reasoning_content: "häm" }),
    chunk({ content: "Grüße " }),
    chunk({ content: "aus 東京 😀" }),
    toolDelta(0, { id: "a", name: "x", arguments: '{"q":"ö' }),
    toolDelta(1, { id: "b", name: "y", arguments: "{}" }),
    toolDelta(0, { arguments: '"}' }),
    chunk({}, "tool_calls"),
  ];
  async function partsOf(pieces: readonly Uint8Array[]): Promise<unknown[]> {
    const bytes = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    });
    const toError = (facts: { message: string; isRetryable: boolean }): unknown => new ApiCallError({ url: "", requestBody: {}, ...facts });
    const stream = toPartStream(bytes, {
      start: { type: "stream-start", warnings: [] },
      includeRaw: false,
      signal: undefined,
      toError,
      toConnectionError: (error) => error,
    });
    const parts: unknown[] = [];
    for await (const part of stream) parts.push(part);
    return parts;
  }
  test.each(["\n", "\r\n"])("gives the same parts however the bytes are cut, with line ends %j", async (end) => {
    const text = `: hi${end}${end}${chunks.map((body) => `event: message${end}data: ${JSON.stringify(body).replace('"choices"', `${end}data: "choices"`)}${end}${end}`).join("")}data: [DONE]${end}${end}`;
    const bytes = new TextEncoder().encode(text);
    const whole = await partsOf([bytes]);
    expect(whole).toHaveLength(19);
    await assert(
      asyncProperty(array(nat()), async (places) => {
        expect(await partsOf(cut(bytes, places))).toEqual(whole);
      }),
    );
    const single = [...bytes].map((byte) => Uint8Array.of(byte));
    expect(await partsOf(single)).toEqual(whole);
  });
});
