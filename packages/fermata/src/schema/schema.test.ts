import { describe, expect, test } from "vitest";
import { z } from "zod";
import { toFieldIssues, toIssueTree, toLines } from "./messages.ts";
import { isStandardSchema, toJsonSchema, validate } from "./schema.ts";

describe("validate", () => {
  test.each<[string, Parameters<typeof validate>[0]]>([
    ["Zod", z.object({ a: z.object({ b: z.array(z.number()) }) })],
    [
      "a JSON Schema",
      { type: "object", properties: { a: { type: "object", properties: { b: { type: "array", items: { type: "number" } } } } } },
    ],
  ])("%s: the value, or what is wrong with it and where", async (_what, schema) => {
    expect(await validate(schema, { a: { b: [1] } })).toEqual({ ok: true, value: { a: { b: [1] } } });
    const failed = await validate(schema, { a: { b: [1, "x"] } });
    expect(failed).toMatchObject({ ok: false, issues: [{ path: ["a", "b", 1], message: expect.any(String) }] });
  });

  test("values come out as the schema makes them", async () => {
    expect(await validate(z.object({ n: z.number().default(3) }), {})).toEqual({ ok: true, value: { n: 3 } });
  });

  test("a schema that takes its time", async () => {
    const schema = z.string().refine(async (text) => text === "yes");
    expect(await validate(schema, "yes")).toEqual({ ok: true, value: "yes" });
    expect(await validate(schema, "no")).toMatchObject({ ok: false });
  });

  test("a pattern from outside is not run", async () => {
    expect(await validate({ type: "string", pattern: "^(a+)+$" }, `${"a".repeat(40)}!`)).toMatchObject({ ok: true });
  });

  test("an unusable JSON Schema is the fault of who sent it", () => {
    expect(() => validate({ type: "wizard" }, 1)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });
});

describe("toJsonSchema", () => {
  test("Zod, in both dialects", () => {
    const schema = z.object({ a: z.string().optional() });
    const object = { type: "object", properties: { a: { type: "string" } }, additionalProperties: false };
    expect(toJsonSchema(schema)).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema", ...object });
    expect(toJsonSchema(schema, "draft-07")).toMatchObject({ $schema: "http://json-schema.org/draft-07/schema#", ...object });
  });

  test("what may be given, not what comes out", () => {
    expect(toJsonSchema(z.object({ n: z.number().default(3) })).required ?? []).toEqual([]);
  });

  test("is made once per schema and dialect", () => {
    const schema = z.object({});
    expect(toJsonSchema(schema)).toBe(toJsonSchema(schema));
  });

  test("a JSON Schema is itself", () => {
    const schema = { type: "object" };
    expect([toJsonSchema(schema) === schema, isStandardSchema(schema)]).toEqual([true, false]);
  });

  test("types without a JSON Schema are left open", () => expect(toJsonSchema(z.object({ at: z.date() })).properties).toEqual({ at: {} }));
});

describe("what is wrong", () => {
  const issues = [
    { path: [], message: "all" },
    { path: ["a", 0], message: "first" },
    { path: ["__proto__"], message: "odd" },
  ];

  test("as lines", () => expect(toLines(issues)).toBe("- root: all\n- a.0: first\n- __proto__: odd"));
  test("by field", () => expect(toFieldIssues(issues)[1]).toEqual({ field: "a.0", message: "first" }));
  test("as a tree whose fields may have any name", () => {
    const tree = toIssueTree(issues);
    expect(tree).toMatchObject({ errors: ["all"], fields: { a: { fields: { 0: { errors: ["first"] } } } } });
    expect(Object.keys(tree.fields)).toEqual(["a", "__proto__"]);
  });
});
