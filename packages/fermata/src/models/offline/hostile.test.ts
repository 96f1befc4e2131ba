/** Input that was made to break a reader of text and schemas. The model answers all of it. */
import type { JSONSchema7 } from "@ai-sdk/provider";
import { describe, expect, test } from "vitest";
import { createOfflineModel } from "./index.ts";
import { ask, tool, user, weather } from "./scenario.ts";

const nested = (depth: number): JSONSchema7 =>
  depth === 0 ? { type: "string" } : { type: "object", properties: { inner: nested(depth - 1) }, required: ["inner"] };
const looped: JSONSchema7 = { type: "object", properties: {}, required: ["self"] };
looped.properties = { self: looped };

const schemas: Record<string, JSONSchema7> = {
  "a reference to itself": { $ref: "#" },
  "references in a circle": { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } },
  "a tree that contains itself": {
    type: "object",
    properties: { node: { $ref: "#/$defs/node" } },
    required: ["node"],
    $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } }, required: ["next"] } },
  },
  "an object graph with a cycle": looped,
  "two hundred levels": nested(200),
  "a reference to nowhere": { type: "object", properties: { a: { $ref: "#/$defs/missing" } }, required: ["a"] },
  "a reference to the prototype": { type: "object", properties: { a: { $ref: "#/__proto__/constructor" } }, required: ["a"] },
  "a pattern of exponential cost": { type: "object", properties: { a: { type: "string", pattern: "^(a+)+$" } }, required: ["a"] },
  "a pattern that is not valid": { type: "object", properties: { a: { type: "string", pattern: "([" } }, required: ["a"] },
  "an empty enum": { type: "object", properties: { a: { type: "string", enum: [] } }, required: ["a"] },
  "names with regular expression signs": { type: "object", properties: { "a(b[c*": { type: "string" } }, required: ["a(b[c*"] },
  "no keyword at all": {},
  "keywords of the wrong type": JSON.parse(
    '{"type":"object","properties":{"a":{"type":"string","description":5,"pattern":7,"format":{},"enum":{}},"b":{"type":[],"description":[]},"c":true,"d":null},"required":["a","b","c","d"]}',
  ) as JSONSchema7,
  "properties that are no object": JSON.parse('{"type":"object","properties":[],"required":"a"}') as JSONSchema7,
};

describe("schemas", () => {
  test.each(Object.entries(schemas))("a tool with %s is called when a call is required", async (_, inputSchema) => {
    const { calls } = await ask(`${"a".repeat(60)}b`, {
      tools: [{ type: "function", name: "thing", inputSchema }],
      toolChoice: { type: "required" },
    });
    expect(calls.map((call) => call.name)).toEqual(["thing"]);
  });

  test.each(Object.entries(schemas))("an answer in the form of %s is JSON", async (_, schema) => {
    const { text } = await ask(`${"a".repeat(60)}b`, { responseFormat: { type: "json", schema } });
    expect(JSON.parse(text)).toBeDefined();
  });
});

const tools = Array.from({ length: 200 }, (_, index) =>
  tool(`task_${index}`, `Does task number ${index} for a city`, { city: { type: "string" } }),
);

describe("messages", () => {
  const size = 100_000;
  const units = [
    "a",
    " ",
    "1",
    "1 ",
    '"',
    "'",
    "A, ",
    "Ann and ",
    "Aa of ",
    "😀",
    "(1+",
    "a@",
    "a/",
    "a-",
    "x.com/",
    "search for the a ",
    "can you ",
    ": ",
    "weather in Paris and Rome, ",
    "\u0001",
    "\u00020\u0002",
    "\ud83d",
  ];

  test.each(units.map((unit) => [JSON.stringify(unit), unit.repeat(Math.ceil(size / unit.length))] as const))(
    "100 KB of %s are answered",
    async (_, message) => {
      const { content } = await createOfflineModel().doGenerate({ prompt: [user(message)], tools: [weather, ...tools] });
      expect(content.length).toBeGreaterThan(0);
    },
  );

  test.each(["", "   ", "¿Qué tal?", "今日の天気は？", "كيف الطقس", "😀😀", "\u0000\u0001\u0002", "?!?!"])(
    "%j leads to an answer and no call",
    async (message) => {
      const answer = await ask(message, { tools: [weather] });
      expect(answer).toEqual({ calls: [], text: expect.stringContaining("offline model") });
    },
  );

  test("an empty prompt is answered", async () => {
    expect((await ask([])).text).toContain("offline model");
  });
});
