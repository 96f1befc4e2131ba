import fc from "fast-check";
import { expect, test } from "vitest";
import { TopK } from "./top-k.ts";

test("the best of any numbers are those that sorting all of them gives", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -20, max: 20 })), fc.integer({ min: 1, max: 12 }), (scores, k) => {
      const best = new TopK<{ readonly score: number }>(k);
      for (const score of scores) best.add({ score });
      expect(best.sorted().map(({ score }) => score)).toEqual(scores.toSorted((a, b) => b - a).slice(0, k));
    }),
  );
});
test("there is no threshold before there are as many as asked for, and then it is the least of them", () => {
  const best = new TopK<{ readonly score: number }>(2);
  best.add({ score: 5 });
  expect(best.threshold).toBe(-Infinity);
  best.add({ score: 9 });
  best.add({ score: 7 });
  expect(best.threshold).toBe(7);
});
