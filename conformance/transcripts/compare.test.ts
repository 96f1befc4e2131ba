/** The comparison itself: what has to count as a difference, and what must not. */
import { expect, test } from "vitest";
import { chunkTypes, compareResponses, compareSkeletons } from "./compare.ts";
import type { Json, RecordedResponse } from "./transcript.ts";

const json = (body: Json, status = 200): RecordedResponse => ({ status, headers: {}, framing: "json", body });
const stream = (...chunks: readonly Json[]): RecordedResponse => ({
  status: 200,
  headers: {},
  framing: "sse",
  lines: chunks.flatMap((chunk) => [`data: ${JSON.stringify(chunk)}`, ""]),
});

test("other values and more keys are no difference", () => {
  expect(compareResponses(json({ a: 1, b: ["x"] }), json({ a: 2, b: ["y", "z"], c: true }))).toEqual([]);
});

test("a missing key is named by its path", () => {
  expect(compareSkeletons({ a: { b: [{ c: 1 }] } }, { a: { b: [{}] } })).toEqual([".a.b[0].c: missing"]);
});

test("a value of another type is named with both types", () => {
  expect(compareSkeletons({ a: "1" }, { a: 1 })).toEqual([".a: string became number"]);
});

test("a recorded null and an empty recorded list ask for nothing", () => {
  expect(compareSkeletons({ a: null, b: [] }, { b: [1] })).toEqual([]);
});

test("an empty list of ours in place of a filled one is a difference", () => {
  expect(compareSkeletons([1], [])).toEqual([": items are missing"]);
});

test("what must not go out is not asked for", () => {
  expect(compareSkeletons({ stack: "at x", request: { body: {} }, instructions: "secret" }, {})).toEqual([]);
});

test("members under generated ids are compared with each other", () => {
  expect(compareSkeletons({ "call-3": { toolName: "t" } }, { "call-9": { toolName: "u" } })).toEqual([]);
  expect(compareSkeletons({ "call-3": { toolName: "t" } }, { "call-9": {} })).toEqual([".call-3.toolName: missing"]);
  expect(compareSkeletons({ "call-3": { toolName: "t" } }, {})).toEqual([".call-3: missing"]);
});

test("a run of equal chunk types counts once", () => {
  expect(chunkTypes([{ type: "start" }, { type: "text-delta" }, { type: "text-delta" }, "[DONE]"])).toEqual([
    "start",
    "text-delta",
    "[DONE]",
  ]);
});

test("another order of chunk types is a difference", () => {
  const differences = compareResponses(stream({ type: "a" }, { type: "b" }), stream({ type: "b" }, { type: "a" }));
  expect(differences).toEqual(["chunks a b became b a"]);
});

test("the first chunk of each type is compared member by member", () => {
  const recorded = stream({ type: "a", payload: { id: "1" } }, { type: "a" });
  expect(compareResponses(recorded, stream({ type: "a", payload: {} }))).toEqual(["a.payload.id: missing"]);
});

test("a recorded 5xx may be a 4xx of ours, and its body is free", () => {
  expect(compareResponses(json({ error: "x", secret: 1 }, 500), json({ error: "y" }, 422))).toEqual([]);
});

test("a recorded 4xx has to be the same 4xx", () => {
  expect(compareResponses(json({ error: "x" }, 404), json({ error: "x" }, 400))).toEqual(["status 404 became 400"]);
});

test("a reply of another framing is a difference", () => {
  expect(compareResponses(stream({ type: "a" }), json({ type: "a" }))).toEqual(["framing sse became json"]);
});
