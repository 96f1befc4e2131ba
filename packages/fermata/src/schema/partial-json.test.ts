import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePartialJson } from "./partial-json.ts";

test.each<[string, unknown]>([
  ["", undefined],
  ["  ", undefined],
  ["tru", undefined],
  ["{", {}],
  ["[", []],
  ['{"a', {}],
  ['{"a"', {}],
  ['{"a":', {}],
  ['{"a":1', { a: 1 }],
  ['{"a":1.', { a: 1 }],
  ['{"a":1e+', { a: 1 }],
  ['{"a":-', {}],
  ['{"a":1,', { a: 1 }],
  ['{"a":1,"b', { a: 1 }],
  ['{"a":"x\\', { a: "x" }],
  ['{"a":"x\\u00', { a: "x" }],
  ['{"a":"x\\\\u00', { a: "x\\u00" }],
  ['{"a":"x\\\\\\u00', { a: "x\\" }],
  ['{"a":"x,}', { a: "x,}" }],
  ['{"a":[1,{"b":tr', { a: [1, {}] }],
  ['{"a":1} and more', { a: 1 }],
  ["not json", undefined],
])("%j is read as %j", (text, value) => {
  expect(parsePartialJson(text)).toEqual(value);
});

test("any prefix of any JSON is read as a beginning of its value, and never throws", () => {
  const property = fc.property(fc.json({ maxDepth: 4 }), fc.double({ min: 0, max: 1, noNaN: true }), (json, share) => {
    const part = parsePartialJson(json.slice(0, Math.floor(json.length * share)));
    return part === undefined || isBeginning(part, JSON.parse(json));
  });
  expect(fc.check(property, { numRuns: 3_000 })).toMatchObject({ failed: false });
});

test("what is read only grows while the text does", () => {
  const property = fc.property(fc.json({ maxDepth: 3 }), (json) => {
    let last: unknown;
    for (let end = 1; end <= json.length; end++) {
      const part = parsePartialJson(json.slice(0, end));
      if (last !== undefined && !isBeginning(last, part)) return false;
      last = part;
    }
    return true;
  });
  expect(fc.check(property, { numRuns: 300 })).toMatchObject({ failed: false });
});

test("any text at all is read or not, but never throws", () => {
  const unit = fc.constantFrom("{", "}", "[", "]", '"', ",", ":", "\\", "u", "t", "0", "1", "-", "e", ".", " ", "\n");
  const property = fc.property(fc.string({ unit }), (text) => void parsePartialJson(text));
  expect(fc.check(property, { numRuns: 3_000 }).failed).toBe(false);
});

test("data too deep to be shown is left out until it is complete", () => {
  expect(parsePartialJson("[".repeat(100_000))).toBeUndefined();
});

/** Whether `part` is what a reader of the first characters of `whole` knows of it. */
function isBeginning(part: unknown, whole: unknown): boolean {
  if (typeof part === "string" && typeof whole === "string") return whole.startsWith(part.replace(/\s+$/, "")) || whole.startsWith(part);
  if (typeof part === "number" && typeof whole === "number") return true; // a number grows by digits, whatever its value
  if (Array.isArray(part) && Array.isArray(whole))
    return (
      part.length <= whole.length &&
      part.every((item, index) =>
        index === part.length - 1 ? isBeginning(item, whole[index]) : Object.is(JSON.stringify(item), JSON.stringify(whole[index])),
      )
    );
  if (isObject(part) && isObject(whole))
    return Object.entries(part).every(([key, value]) => Object.hasOwn(whole, key) && isBeginning(value, whole[key]));
  return Object.is(part, whole);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
