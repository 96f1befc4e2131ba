import fc from "fast-check";
import { expect, test } from "vitest";
import { packEvents, type NewEvent } from "./packed-events.ts";
import { unpackEvent } from "./unpack-event.ts";

const delta = (text: string, id = "1"): object => ({ type: "text-delta", runId: "r", from: "AGENT", payload: { id, text } });

function numbered(data: readonly unknown[], type = "chunk"): NewEvent[] {
  return data.map((value, index) => ({ seq: index + 1, type, data: value }));
}

/** What comes out of the store: text. */
function stored(events: readonly NewEvent[]): NewEvent[] {
  return JSON.parse(JSON.stringify(events)) as NewEvent[];
}

const chunk = fc.oneof(
  fc.record({
    type: fc.constant("text-delta"),
    runId: fc.constant("r"),
    payload: fc.record({ id: fc.constantFrom("1", "2"), text: fc.string() }),
  }),
  fc.record({
    type: fc.constant("text-delta"),
    payload: fc.record({ text: fc.string(), id: fc.constant("1"), providerMetadata: fc.record({ a: fc.string() }) }),
  }),
  fc.record({
    type: fc.constantFrom("tool-call-delta", "finish"),
    payload: fc.record({ argsTextDelta: fc.string(), toolCallId: fc.constant("c") }),
  }),
  fc.record({ $like: fc.jsonValue(), key: fc.string() }),
  fc.jsonValue(),
);

test("what was packed comes out as it was, byte for byte and with its numbers", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom("chunk", "finish"), chunk)), (given) => {
      const events = stored(given.map(([type, data], index) => ({ seq: index + 1, type, data })));
      expect(JSON.stringify(stored(packEvents(events)).flatMap((row) => unpackEvent(row, "r")))).toBe(JSON.stringify(events));
    }),
  );
});

test("a packed row has the number of its last event, so that a reader who knows all before it still gets it", () => {
  const rows = packEvents(numbered([delta("a"), delta("b"), delta("c")]));
  expect(rows.map(({ seq }) => seq)).toEqual([3]);
});

test("a thousand deltas take little more room than their text", () => {
  const texts = Array.from({ length: 1_000 }, (_, index) => `word${index} `);
  const bytes = JSON.stringify(packEvents(numbered(texts.map((text) => delta(text))))).length;
  expect(bytes).toBeLessThan(JSON.stringify(texts).length + 300);
});
