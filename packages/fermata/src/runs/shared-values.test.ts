import fc from "fast-check";
import { expect, test } from "vitest";
import type { NewEvent } from "./packed-events.ts";
import { SharedValues, ValueReader } from "./shared-values.ts";

const MEMBERS = ["payload", "output", "iterationOutput", "suspendPayload", "finalWorkflowResult", "other"];

/** Values that meet again as they are, in lists and objects, and some that look like our own marks. */
const pool = fc.array(
  fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.string({ minLength: 100, maxLength: 120 }),
    fc.constantFrom({ "~": "own", value: 1 }, { "~": [1, "output"] }, { "~": 1 }, { "~": { "~": "own" } }),
  ),
  { minLength: 1, maxLength: 5 },
);
const picks = fc.array(fc.array(fc.tuple(fc.constantFrom(...MEMBERS), fc.nat(), fc.boolean()), { maxLength: 4 }), { maxLength: 12 });

test("whatever is written comes back as its JSON, read from the beginning or from the middle", async () => {
  await fc.assert(
    fc.asyncProperty(pool, picks, fc.nat(), async (values, choices, from) => {
      const events: NewEvent[] = choices.map((members, i) => {
        const value = (pick: number, isInside: boolean): unknown =>
          isInside ? { a: values[pick % values.length], b: [values[(pick + 1) % values.length]] } : values[pick % values.length];
        const payload = Object.fromEntries(members.map(([member, pick, isInside]) => [member, value(pick, isInside)]));
        return { seq: i + 1, type: "t", data: { chunk: { type: "t", payload } } };
      });
      const shared = new SharedValues();
      const written: NewEvent[] = JSON.parse(JSON.stringify(events.flatMap((event) => shared.pack([event])))) as NewEvent[];
      const expected: unknown = JSON.parse(JSON.stringify(events));
      const reader = new ValueReader(async (seq) => written[seq - 1]);
      const restored: NewEvent[] = [];
      for (const event of written) restored.push(await reader.restore(event));
      expect(restored).toEqual(expected);
      const middle = new ValueReader(async (seq) => written[seq - 1], 1);
      for (const event of written.slice(from % (written.length + 1)))
        expect(await middle.restore(event)).toEqual(events[event.seq - 1] && JSON.parse(JSON.stringify(events[event.seq - 1])));
    }),
    { numRuns: 300 },
  );
});

test("an output that was changed after it had been written is written again", async () => {
  const shared = new SharedValues();
  const value = { list: [1] };
  const event = (seq: number): NewEvent => ({ seq, type: "t", data: { chunk: { payload: { output: value } } } });
  const first = JSON.stringify(shared.pack([event(1)]));
  value.list.push(2);
  const second = JSON.stringify(shared.pack([event(2)]));
  const record = JSON.stringify(shared.packResult({ status: "success", output: value }));
  const reader = new ValueReader(async () => undefined);
  for (const text of [first, second]) for (const one of JSON.parse(text) as NewEvent[]) await reader.restore(one);
  expect(await reader.restoreResult(JSON.parse(record))).toEqual({ status: "success", output: { list: [1, 2] } });
});
