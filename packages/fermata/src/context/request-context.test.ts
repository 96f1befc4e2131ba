import { describe, expect, test } from "vitest";
import { RequestContext } from "./request-context.ts";

const RESERVED = [
  "mastra__resourceId",
  "mastra__threadId",
  "mastra__user",
  "mastra__userPermissions",
  "mastra__userRoles",
  "mastra__authToken",
  "mastra__isStudio",
  "mastra__authMode",
  "mastra__inheritedMemory",
  "organizationId",
];

describe("what a client sends", () => {
  test.each(RESERVED)("%s is not heard", (key) => {
    expect(RequestContext.fromClient({ [key]: "x", tier: "gold" }).all).toEqual({ tier: "gold" });
  });

  test.each(["__proto__", "constructor", "prototype"])("%s is not heard", (key) => {
    const sent: unknown = JSON.parse(`{"${key}":{"admin":true},"tier":"gold"}`);
    expect([...RequestContext.fromClient(sent).keys()]).toEqual(["tier"]);
  });

  test.each([[null], [undefined], ["x"], [5], [["a"]]])("%j is an empty context", (sent) => {
    expect(RequestContext.fromClient(sent).size()).toBe(0);
  });
});

test("the server may set what a client may not", () => {
  const context = new RequestContext();
  context.setRaw("mastra__resourceId", "r");
  expect(context.getRaw("mastra__resourceId")).toBe("r");
});

test("it is a map", () => {
  const context = new RequestContext<{ tier: string; age: number }>([["tier", "gold"]]);
  context.set("age", 7);
  const seen: unknown[] = [];
  context.forEach((value, key) => seen.push([key, value]));
  expect([context.size(), context.get("tier"), context.has("age"), [...context.keys()], [...context.values()], [...context]]).toEqual([
    2,
    "gold",
    true,
    ["tier", "age"],
    ["gold", 7],
    seen,
  ]);
  expect([context.delete("age"), context.has("age"), context.hasRaw("tier"), context.deleteRaw("nope")]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  context.clear();
  expect(context.all).toEqual({});
});

test("toJSON leaves out what JSON cannot hold", () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const context = new RequestContext([
    ["a", 1],
    ["none", undefined],
    ["call", () => 1],
    ["symbol", Symbol("x")],
    ["big", 1n],
    ["inside", { big: 1n }],
    ["loop", loop],
    ["nothing", null],
  ]);
  expect(context.toJSON()).toEqual({ a: 1, nothing: null });
});

test("a key called __proto__ is a key", () => {
  const context = new RequestContext([["__proto__", { admin: true }]]);
  for (const plain of [context.toJSON(), context.all]) {
    expect(Object.keys(plain)).toEqual(["__proto__"]);
    expect("admin" in plain).toBe(false);
  }
});
