import fc from "fast-check";
import { expect, test } from "vitest";
import type { NewEvent } from "./packed-events.ts";
import { unpackEvent } from "./unpack-event.ts";
import { packSteps } from "./packed-steps.ts";

const RUN = "26d73d99-95ae-46e7-aac3-1540670f31c7";
const stored = (rows: readonly NewEvent[]): NewEvent[] => JSON.parse(JSON.stringify(rows)) as NewEvent[];

const payload = fc.oneof(
  fc.record(
    {
      stepName: fc.constantFrom("a", "b"),
      id: fc.constantFrom("a", "b"),
      payload: fc.jsonValue(),
      startedAt: fc.nat(3),
      status: fc.string(),
    },
    { requiredKeys: [] },
  ),
  fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }),
  fc.jsonValue(),
);
const data = fc.oneof(
  fc.record(
    {
      chunk: fc.record(
        {
          type: fc.constant("workflow-step-start"),
          runId: fc.constantFrom(RUN, "other"),
          from: fc.constantFrom("WORKFLOW", "USER"),
          payload,
        },
        { requiredKeys: ["type"] },
      ),
      inner: fc.constant(true),
      "~": fc.constant(1),
      note: fc.jsonValue(),
    },
    { requiredKeys: ["chunk"] },
  ),
  fc.jsonValue(),
);
const types = fc.constantFrom("workflow-step-start", "workflow-finish", "data-own", "~wait");
/** What a run mostly has: chunks of its own, of which the next one says again what the one before it said. */
const usual = fc
  .record({
    type: fc.constantFrom("workflow-step-start", "workflow-step-result"),
    seen: fc.record({ stepName: fc.constantFrom("a", "b"), payload: fc.constantFrom(1, null), startedAt: fc.constantFrom(1, 2) }),
    more: fc.record({ status: fc.constantFrom("running", "success"), output: fc.jsonValue() }, { requiredKeys: [] }),
    inner: fc.boolean(),
  })
  .map(({ type, seen, more, inner }): [string, unknown] => [
    type,
    { chunk: { type, runId: RUN, from: "WORKFLOW", payload: { ...seen, ...more } }, ...(inner && { inner }) },
  ]);
const event = fc.oneof({ weight: 3, arbitrary: usual }, { weight: 1, arbitrary: fc.tuple(types, data) });

test("events come back from their rows as they were", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), (given) => {
      const events = given.map(([type, one], i) => ({ seq: i + 1, type, data: one }));
      const rows = stored(packSteps(events, RUN));
      expect(JSON.stringify(rows.flatMap((row) => unpackEvent(row, RUN)))).toBe(JSON.stringify(events));
    }),
    { numRuns: 500 },
  );
});

test("what the end of a step repeats of its beginning is written once, and whose chunks they are not at all", () => {
  const seen = { stepName: "s", id: "s", stepCallId: crypto.randomUUID(), payload: "a long input".repeat(20), startedAt: 1 };
  const chunk = (type: string, more: object): NewEvent["data"] => ({
    chunk: { type, runId: RUN, from: "WORKFLOW", payload: { ...seen, ...more } },
  });
  const start = { seq: 1, type: "workflow-step-start", data: chunk("workflow-step-start", { status: "running" }) };
  const end = { seq: 2, type: "workflow-step-result", data: chunk("workflow-step-result", { status: "success", output: 1, endedAt: 2 }) };
  const [row, ...others] = packSteps([start, end], RUN);
  expect(others).toEqual([]);
  const text = JSON.stringify(row);
  expect(text.split(seen.payload)).toHaveLength(2);
  expect(text).not.toContain(RUN);
});
