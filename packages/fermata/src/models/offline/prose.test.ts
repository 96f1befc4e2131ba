import type { JSONValue } from "@ai-sdk/provider";
import { expect, test } from "vitest";
import { toProse } from "./prose.ts";

test.each<[string, JSONValue, string]>([
  ["a string is said as it is", "It is sunny", "It is sunny"],
  ["a number is said as it is", 42, "42"],
  ["a truth value is yes or no", true, "yes"],
  ["nothing is said to be nothing", null, "nothing"],
  ["an object is one sentence", { price: 12.5, currency: "EUR" }, "the price is 12.5 and the currency is EUR"],
  ["a unit in a name goes behind the number", { windKmh: 30, distanceKm: 2 }, "the wind is 30 km/h and the distance is 2 km"],
  ["a truth value in an object is a statement", { isOpen: true, hasSeats: false }, "it is open and it has no seats"],
  ["an empty list is none", [], "none"],
  ["a list of words is joined", ["a", "b", "c"], "a, b and c"],
  [
    "a list of objects has a line for each, title first",
    [
      { title: "One", pages: 3 },
      { title: "Two", pages: 4 },
    ],
    "\n- One (pages 3)\n- Two (pages 4)",
  ],
  [
    "a nested object gets its own line",
    { city: "Rome", wind: { speed: 3, from: "north" } },
    "the city is Rome.\nWind: speed 3, from north",
  ],
  ["an answer with bookkeeping around it is the answer", { text: "Tides come twice a day.", threadId: "t1" }, "Tides come twice a day."],
  ["a result in a wrapper is the result", { result: { total: 3 } }, "the total is 3"],
])("%s", (_, value, text) => {
  expect(toProse(value)).toBe(text);
});

test("a long list says how many more there are", () => {
  expect(toProse(Array.from({ length: 25 }, (_, index) => index))).toMatch(/19 and 5 more$/);
});
