import type { JSONSchema7 } from "@ai-sdk/provider";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ask, exchange, user } from "./scenario.ts";

async function json(text: string, schema?: JSONSchema7): Promise<unknown> {
  const answer = await ask(text, { responseFormat: schema === undefined ? { type: "json" } : { type: "json", schema } });
  return JSON.parse(answer.text);
}

test("values in the message fill the members", async () => {
  const schema: JSONSchema7 = {
    type: "object",
    properties: {
      name: { type: "string", description: "Name of the person" },
      age: { type: "integer" },
      email: { type: "string", format: "email" },
    },
    required: ["name", "age", "email"],
  };
  expect(await json("Ada Lovelace, age 36, ada@example.test", schema)).toEqual({
    name: "Ada Lovelace",
    age: 36,
    email: "ada@example.test",
  });
});

test("without a schema the answer is still a JSON object", async () => {
  expect(await json("hello")).toEqual(expect.any(Object));
});

test("a tool's result fills the members that have its names", async () => {
  const prompt = [
    user("weather in Paris"),
    ...exchange("get_weather", { city: "Paris" }, { type: "json", value: { temperature: 20, city: "Paris" } }),
  ];
  const schema: JSONSchema7 = {
    type: "object",
    properties: { city: { type: "string" }, temperature: { type: "number" } },
    required: ["city", "temperature"],
  };
  expect(JSON.parse((await ask(prompt, { responseFormat: { type: "json", schema } })).text)).toEqual({ city: "Paris", temperature: 20 });
});

describe("an instance is valid for", () => {
  const schemas: Record<string, JSONSchema7> = {
    bounds: {
      type: "object",
      properties: {
        a: { type: "integer", minimum: 5, maximum: 7 },
        b: { type: "number", exclusiveMinimum: 2, multipleOf: 0.5 },
        c: { type: "string", minLength: 3, maxLength: 5 },
      },
      required: ["a", "b", "c"],
    },
    formats: {
      type: "object",
      properties: {
        d: { type: "string", format: "date" },
        t: { type: "string", format: "date-time" },
        u: { type: "string", format: "uuid" },
        m: { type: "string", format: "email" },
      },
      required: ["d", "t", "u", "m"],
    },
    lists: {
      type: "object",
      properties: {
        tags: { type: "array", items: { type: "string" }, minItems: 2, maxItems: 3 },
        pairs: { type: "array", minItems: 1, items: { type: "object", properties: { x: { type: "number" } }, required: ["x"] } },
      },
      required: ["tags", "pairs"],
    },
    choices: {
      type: "object",
      properties: { mood: { enum: ["happy", "sad"] }, kind: { const: "note" }, either: { anyOf: [{ type: "null" }, { type: "number" }] } },
      required: ["mood", "kind", "either"],
    },
    patterns: {
      type: "object",
      properties: { code: { type: "string", pattern: "^[A-Z]{3}$" }, zip: { type: "string", pattern: "^[0-9]{5}$" } },
      required: ["code", "zip"],
    },
    nesting: {
      type: "object",
      properties: {
        a: {
          type: "object",
          properties: { b: { type: "object", properties: { c: { type: "boolean" } }, required: ["c"] } },
          required: ["b"],
        },
      },
      required: ["a"],
    },
    references: {
      type: "object",
      properties: { who: { $ref: "#/$defs/person" } },
      required: ["who"],
      $defs: { person: { type: "object", properties: { name: { type: "string" } }, required: ["name"] } },
    },
    "a bare array": { type: "array", items: { type: "integer" }, minItems: 1 },
  };

  test.each(Object.entries(schemas))("%s", async (_, schema) => {
    const validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]); // the two libraries type the same JSON Schema
    expect(validator.safeParse(await json("Two cats and 3 dogs, from Ada to Bob at 5pm", schema)).error?.issues).toBeUndefined();
  });
});
