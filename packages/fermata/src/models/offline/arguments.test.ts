import type { JSONSchema7, JSONValue } from "@ai-sdk/provider";
import { expect, test } from "vitest";
import { fillArguments } from "./arguments.ts";
import { createPassage } from "./passage.ts";
import { NOW } from "./scenario.ts";

function fill(
  text: string,
  properties: Record<string, JSONSchema7>,
  required = Object.keys(properties),
  description = "",
): Record<string, JSONValue> {
  const schema: JSONSchema7 = { type: "object", properties, required };
  return fillArguments(schema, schema, createPassage(text), { now: NOW, toolName: "do_thing", description }).input;
}

const string: JSONSchema7 = { type: "string" };

test.each<[what: string, text: string, properties: Record<string, JSONSchema7>, input: Record<string, JSONValue>]>([
  ["a grouped number", "I would pay 1,250.50 for it", { amount: { type: "number" } }, { amount: 1250.5 }],
  ["a number in words", "party of twenty five", { guests: { type: "integer" } }, { guests: 25 }],
  ["a number with a scale", "a budget of 5k", { budget: { type: "number" } }, { budget: 5000 }],
  ["a negative number", "set it to -4", { value: { type: "number" } }, { value: -4 }],
  [
    "numbers by their labels",
    "2 adults and 3 children",
    { children: { type: "integer" }, adults: { type: "integer" } },
    { children: 3, adults: 2 },
  ],
  ["a duration in the unit that is asked for", "for an hour and a bit", { durationMinutes: { type: "integer" } }, { durationMinutes: 60 }],
  ["a choice by its own word", "make it HIGH", { level: { enum: ["low", "high"] } }, { level: "high" }],
  ["a choice by another word", "this is urgent", { priority: { enum: ["low", "medium", "high"] } }, { priority: "high" }],
  ["a choice of two words", "it is in progress now", { status: { enum: ["open", "in_progress"] } }, { status: "in_progress" }],
  ["a truth value that is denied", "without images please", { includeImages: { type: "boolean" } }, { includeImages: false }],
  ["a truth value that is affirmed", "with images please", { includeImages: { type: "boolean" } }, { includeImages: true }],
  ["a day of the week", "on Friday", { date: { type: "string", format: "date" } }, { date: "2026-03-06" }],
  ["a day of the month", "on the 3rd of June", { date: { type: "string", format: "date" } }, { date: "2026-06-03" }],
  ["a day that has passed this year", "on January 5", { date: { type: "string", format: "date" } }, { date: "2027-01-05" }],
  ["an instant", "tomorrow at 3:30pm", { start: { type: "string", format: "date-time" } }, { start: "2026-03-05T15:30:00.000Z" }],
  [
    "a span of days",
    "from 2026-04-01 to 2026-04-05",
    { startDate: { type: "string", format: "date" }, endDate: { type: "string", format: "date" } },
    { startDate: "2026-04-01", endDate: "2026-04-05" },
  ],
  ["a clock time", "at noon", { time: { type: "string", format: "time" } }, { time: "12:00" }],
  [
    "two ends of a journey",
    "from New York to San Francisco",
    { origin: { type: "string", description: "City of departure" }, destination: { type: "string", description: "City of arrival" } },
    { origin: "New York", destination: "San Francisco" },
  ],
  [
    "an end of the way that has no name",
    "how do I get from Central Station to the airport by bus",
    { from: { type: "string", description: "Place of departure" }, to: { type: "string", description: "Place of arrival" } },
    { from: "Central Station", to: "airport" },
  ],
  [
    "the ends in the other order",
    "to Rome from Oslo",
    { origin: { type: "string", description: "City" }, destination: { type: "string", description: "City" } },
    { origin: "Oslo", destination: "Rome" },
  ],
  [
    "currencies by name and sign",
    "€20 in pounds",
    { amount: { type: "number" }, fromCurrency: string, toCurrency: string },
    { amount: 20, fromCurrency: "EUR", toCurrency: "GBP" },
  ],
  ["an e-mail address", "write to ada@example.test.", { email: string }, { email: "ada@example.test" }],
  ["a link", "open https://example.test/a?b=c, please", { url: string }, { url: "https://example.test/a?b=c" }],
  ["an id", "it is about INV-2041", { invoiceId: string }, { invoiceId: "INV-2041" }],
  ["a path", "read ./src/index.ts", { path: string }, { path: "./src/index.ts" }],
  ["quoted text", 'post "all is well" now', { message: string }, { message: "all is well" }],
  ["labelled text", 'title: "A", body: "B"', { title: string, body: string }, { title: "A", body: "B" }],
  ["a list of numbers", "average 3, 5 and 10", { numbers: { type: "array", items: { type: "number" } } }, { numbers: [3, 5, 10] }],
  [
    "a list of addresses",
    "with a@x.test and b@x.test",
    { emails: { type: "array", items: { type: "string", format: "email" } } },
    { emails: ["a@x.test", "b@x.test"] },
  ],
  ["a list of words", "tags: red, green and blue", { tags: { type: "array", items: string } }, { tags: ["red", "green", "blue"] }],
  [
    "a list of objects",
    "a@x.test",
    { people: { type: "array", items: { type: "object", properties: { email: string }, required: ["email"] } } },
    { people: [{ email: "a@x.test" }] },
  ],
  [
    "a nested object",
    "ship to Berlin, 3 boxes",
    { shipment: { type: "object", properties: { city: string, boxes: { type: "integer" } }, required: ["city", "boxes"] } },
    { shipment: { city: "Berlin", boxes: 3 } },
  ],
  ["a nullable string", "in Paris", { city: { anyOf: [{ type: "string" }, { type: "null" }] } }, { city: "Paris" }],
  ["a constant", "anything", { kind: { const: "note" } }, { kind: "note" }],
  ["a default", "anything", { limit: { type: "integer", default: 10 } }, { limit: 10 }],
])("it finds %s", (_, text, properties, input) => {
  expect(fill(text, properties)).toEqual(input);
});

test("an optional argument that the message does not mention is left out", () => {
  expect(
    fill("weather in Paris in 2027", { city: string, units: { enum: ["metric", "imperial"] }, days: { type: "integer" }, note: string }, [
      "city",
    ]),
  ).toEqual({ city: "Paris" });
});

test("a required argument that the message does not mention is reported", () => {
  const schema: JSONSchema7 = { type: "object", properties: { city: string, email: string }, required: ["city", "email"] };
  const { missing } = fillArguments(schema, schema, createPassage("in Paris"), { now: NOW, toolName: "thing", description: "" });
  expect(missing.map((slot) => slot.name)).toEqual(["email"]);
});

test("a date inside quoted text stays there", () => {
  expect(fill('say "see you tomorrow" on Friday', { message: string, date: { type: "string", format: "date" } })).toEqual({
    message: "see you tomorrow",
    date: "2026-03-06",
  });
});
