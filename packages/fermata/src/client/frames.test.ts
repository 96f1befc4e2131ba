import fc from "fast-check";
import { expect, test } from "vitest";
import { readFrames, recordParser, sseParser, type Frame } from "./frames.ts";

/** The text in pieces, cut at the given places. */
function pieces(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => text.slice(from, places[index] ?? text.length));
}

function fed(parser: ReturnType<typeof sseParser>, parts: readonly string[]): Frame[] {
  return [...parts.flatMap((part) => parser.feed(part)), ...parser.end()];
}

const cuts = fc.array(fc.nat(), { maxLength: 20 });
const json = fc.json();

test("server-sent events are the same however their text is cut, with any line end, between comments", () => {
  const event = fc.record({ data: json, id: fc.option(fc.nat().map(String), { nil: undefined }) });
  const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
  fc.assert(
    fc.property(fc.array(event), lineEnd, cuts, (events, end, places) => {
      const text = events
        .map(({ data, id }) => `: ping${end}${end}${id === undefined ? "" : `id: ${id}${end}`}data: ${data}${end}${end}`)
        .join("");
      const expected = events.map(({ data, id }) => ({ data, ...(id !== undefined && { id }) }));
      expect(fed(sseParser(), pieces(`${text}\n`, places))).toEqual(expected);
    }),
  );
});

test("records are the same however their text is cut, with or without the last separator", () => {
  fc.assert(
    fc.property(fc.array(json), fc.boolean(), cuts, (records, closed, places) => {
      const text = records.join("\u001e") + (closed && records.length > 0 ? "\u001e" : "");
      expect(fed(recordParser(), pieces(text, places)).map(({ data }) => data)).toEqual(records);
    }),
  );
});

test("several data lines are one event, and an event that the end cuts off is none", () => {
  expect(fed(sseParser(), ["data: a\ndata:b\nevent: x\n\ndata: lost\n"])).toEqual([{ data: "a\nb" }]);
});

test("a body that says nothing for too long rejects, and is let go", async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({ cancel: () => void (isCancelled = true) });
  await expect(readFrames(body, "sse", 10).next()).rejects.toMatchObject({ name: "SilentStream" });
  expect(isCancelled).toBe(true);
});
