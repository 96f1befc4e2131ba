/** What every place for vectors does. Written once, run over each of them. */
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Metric, VectorStore } from "../../src/storage/vector/vector.ts";

/** @param store gives the opened store; it is called inside of tests. */
export function vectorSuite(name: string, store: () => VectorStore): void {
  describe(`${name}: indexes`, () => {
    indexCases(store);
  });
  describe(`${name}: search`, () => {
    searchCases(store);
  });
  describe(`${name}: changes`, () => {
    changeCases(store);
  });
}

const ids = (found: readonly { readonly id: string }[]): string[] => found.map(({ id }) => id);

async function newIndex(store: VectorStore, dimension = 2, metric: Metric = "cosine"): Promise<string> {
  const indexName = randomUUID();
  await store.createIndex({ indexName, dimension, metric });
  return indexName;
}

function indexCases(store: () => VectorStore): void {
  test("an index is described as it was created, and listed until it is deleted", async () => {
    const indexName = await newIndex(store(), 3, "euclidean");
    expect(await store().describeIndex({ indexName })).toEqual({ dimension: 3, metric: "euclidean", count: 0 });
    await store().upsert({ indexName, vectors: [[1, 2, 3]] });
    expect((await store().describeIndex({ indexName })).count).toBe(1);
    expect(await store().listIndexes()).toContain(indexName);
    await store().deleteIndex({ indexName });
    expect(await store().listIndexes()).not.toContain(indexName);
    await store().createIndex({ indexName, dimension: 1 });
    expect(await store().describeIndex({ indexName })).toEqual({ dimension: 1, metric: "cosine", count: 0 });
  });
  test("creating an index again does nothing, and as another one is refused", async () => {
    const indexName = await newIndex(store());
    await store().upsert({ indexName, vectors: [[1, 2]] });
    await store().createIndex({ indexName, dimension: 2 });
    expect((await store().describeIndex({ indexName })).count).toBe(1);
    await expect(store().createIndex({ indexName, dimension: 3 })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(store().createIndex({ indexName, dimension: 2, metric: "dotproduct" })).rejects.toMatchObject({ code: "CONFLICT" });
  });
  test("an unknown index is not found", async () => {
    const indexName = "nowhere";
    const unknown = { code: "NOT_FOUND" };
    await expect(store().query({ indexName, queryVector: [1] })).rejects.toMatchObject(unknown);
    await expect(store().upsert({ indexName, vectors: [[1]] })).rejects.toMatchObject(unknown);
    await expect(store().describeIndex({ indexName })).rejects.toMatchObject(unknown);
    await expect(store().deleteIndex({ indexName })).rejects.toMatchObject(unknown);
    await expect(store().deleteVector({ indexName, id: "x" })).rejects.toMatchObject(unknown);
  });
  test.for([0, -1, 1.5, NaN, 16_385])("an index of %d dimensions is refused", async (dimension) => {
    await expect(store().createIndex({ indexName: "x", dimension })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
  test("a vector that does not fit its index is refused, and none of its call is kept", async () => {
    const indexName = await newIndex(store());
    const invalid = { code: "VALIDATION_FAILED" };
    for (const vector of [[1], [1, 2, 3], [1, NaN], [1, Infinity]]) {
      await expect(store().upsert({ indexName, vectors: [[1, 2], vector] })).rejects.toMatchObject(invalid);
      await expect(store().query({ indexName, queryVector: vector })).rejects.toMatchObject(invalid);
    }
    await expect(store().upsert({ indexName, vectors: [[1, 2]], ids: ["a", "b"] })).rejects.toMatchObject(invalid);
    expect((await store().describeIndex({ indexName })).count).toBe(0);
  });
}

function searchCases(store: () => VectorStore): void {
  test.for<[Metric, number, number]>([
    ["cosine", 1, Math.SQRT1_2],
    ["euclidean", 1, 1 / (1 + Math.SQRT2)],
    ["dotproduct", 1, 2],
  ])("%s scores the same direction %d and another one %d", async ([metric, same, other]) => {
    const indexName = await newIndex(store(), 2, metric);
    await store().upsert({
      indexName,
      vectors: [[1, 0], metric === "dotproduct" ? [2, 0] : metric === "cosine" ? [3, 3] : [2, 1]],
      ids: ["same", "other"],
    });
    const found = await store().query({ indexName, queryVector: [1, 0] });
    const scores = Object.fromEntries(found.map(({ id, score }) => [id, score]));
    expect(scores["same"]).toBeCloseTo(same, 5);
    expect(scores["other"]).toBeCloseTo(other, 5);
    expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).toSorted((a, b) => b - a));
  });
  test("the nearest come first, as many as asked for, with what was asked for", async () => {
    const indexName = await newIndex(store());
    const vectors = Array.from({ length: 50 }, (_, i) => [Math.cos(i / 40), Math.sin(i / 40)]);
    await store().upsert({ indexName, vectors, ids: vectors.map((_, i) => `v${i}`), metadata: vectors.map((_, i) => ({ i })) });
    expect(ids(await store().query({ indexName, queryVector: [1, 0], topK: 3 }))).toEqual(["v0", "v1", "v2"]);
    expect(await store().query({ indexName, queryVector: [1, 0] })).toHaveLength(10);
    const [first] = await store().query({ indexName, queryVector: [1, 0], topK: 1, includeVector: true });
    expect(first).toEqual({ id: "v0", score: 1, metadata: { i: 0 }, vector: [1, 0] });
    expect(await store().query({ indexName, queryVector: [1, 0], topK: 99, minScore: 0.999 })).toHaveLength(2);
  });
  test.for([0, -1, 1.5, 10_001])("topK %d is refused", async (topK) => {
    const indexName = await newIndex(store());
    await expect(store().query({ indexName, queryVector: [1, 0], topK })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
  test("a vector without a direction scores nothing", async () => {
    const indexName = await newIndex(store());
    await store().upsert({ indexName, vectors: [[0, 0]], ids: ["zero"] });
    expect(await store().query({ indexName, queryVector: [1, 0] })).toEqual([{ id: "zero", score: 0 }]);
  });
  test("a large index is searched in parts without leaving one out", async () => {
    const indexName = await newIndex(store(), 1_024, "dotproduct");
    const vector = (i: number): number[] => [i, ...Array.from({ length: 1_023 }, () => 0)];
    const count = 1_100;
    await store().upsert({
      indexName,
      vectors: Array.from({ length: count }, (_, i) => vector(i)),
      ids: Array.from({ length: count }, (_, i) => `v${i}`),
    });
    expect(ids(await store().query({ indexName, queryVector: vector(1), topK: count }))).toEqual(
      Array.from({ length: count }, (_, i) => `v${count - 1 - i}`),
    );
  });
  filterCases(store);
}

function filterCases(store: () => VectorStore): void {
  const people = {
    anna: { name: "Anna", age: 30, city: { name: "Bern", size: 2 }, active: true, tag: null, "a.b": 1 },
    bert: { name: "Bert", age: 17, city: { name: "Thun" }, active: false },
    carl: { name: "Carl", age: "30", active: 1 },
    none: {},
  };
  test.for<[object, string[]]>([
    [{}, ["anna", "bert", "carl", "none"]],
    [{ name: "Anna" }, ["anna"]],
    [{ name: "Anna", age: 17 }, []],
    [{ age: 30 }, ["anna"]],
    [{ age: { $eq: "30" } }, ["carl"]],
    [{ active: true }, ["anna"]],
    [{ active: false }, ["bert"]],
    [{ name: { $ne: "Anna" } }, ["bert", "carl", "none"]],
    [{ age: { $gt: 17 } }, ["anna"]],
    [{ age: { $gte: 17, $lt: 30 } }, ["bert"]],
    [{ age: { $lte: 17 } }, ["bert"]],
    [{ name: { $gt: "B" } }, ["bert", "carl"]],
    [{ name: { $in: ["Anna", "Carl"] } }, ["anna", "carl"]],
    [{ name: { $in: [] } }, []],
    [{ name: { $nin: ["Anna", "Carl"] } }, ["bert", "none"]],
    [{ $or: [{ name: "Anna" }, { age: 17 }] }, ["anna", "bert"]],
    [{ $and: [{ active: true }, { age: { $gt: 1 } }] }, ["anna"]],
    [{ $not: { name: "Anna" } }, ["bert", "carl", "none"]],
    [{ age: { $not: { $gt: 17 } } }, ["bert", "carl", "none"]],
    [{ city: { $exists: true } }, ["anna", "bert"]],
    [{ city: { $exists: false } }, ["carl", "none"]],
    [{ tag: { $exists: true } }, ["anna"]],
    [{ tag: null }, ["anna", "bert", "carl", "none"]],
    [{ "city.name": "Bern" }, ["anna"]],
    [{ city: { name: "Bern" } }, ["anna"]],
    [{ city: { name: { $in: ["Bern", "Thun"] } } }, ["anna", "bert"]],
    [{ "a.b": 1 }, ["anna"]],
    [{ "x' or 1=1 --": "y" }, []],
    [{ __proto__x: 1, constructor: "x" }, []],
  ])("the filter %j finds %j", async ([filter, expected]) => {
    const indexName = await newIndex(store());
    await store().upsert({
      indexName,
      ids: Object.keys(people),
      metadata: Object.values(people),
      vectors: Object.keys(people).map(() => [1, 0]),
    });
    expect(ids(await store().query({ indexName, queryVector: [1, 0], filter: { ...filter } })).toSorted()).toEqual(expected);
  });
  test.for([
    { $where: "1" },
    { a: { $regex: "x" } },
    { a: [1] },
    { $or: {} },
    { $and: [1] },
    { a: { $in: 1 } },
    { a: { $gt: true } },
    { a: { $exists: 1 } },
    { a: { $eq: {} } },
  ])("the filter %j is refused", async (filter) => {
    const indexName = await newIndex(store());
    await expect(store().query({ indexName, queryVector: [1, 0], filter })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
  test("a filter nested without end is refused", async () => {
    const indexName = await newIndex(store());
    let filter: object = { a: 1 };
    for (let i = 0; i < 50_000; i += 1) filter = { $not: filter };
    await expect(store().query({ indexName, queryVector: [1, 0], filter: { ...filter } })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
  });
}

function changeCases(store: () => VectorStore): void {
  test("ids are made where none are given, and a vector with a known id is replaced", async () => {
    const indexName = await newIndex(store());
    const made = await store().upsert({
      indexName,
      vectors: [
        [1, 0],
        [0, 1],
      ],
    });
    expect(new Set(made).size).toBe(2);
    expect(await store().upsert({ indexName, vectors: [[1, 1]], ids: [made[0]!], metadata: [{ x: 1 }] })).toEqual([made[0]]);
    expect((await store().describeIndex({ indexName })).count).toBe(2);
    expect(await store().query({ indexName, queryVector: [1, 1], topK: 1 })).toMatchObject([{ id: made[0], metadata: { x: 1 } }]);
  });
  test("an update changes what it names", async () => {
    const indexName = await newIndex(store());
    await store().upsert({ indexName, vectors: [[1, 0]], ids: ["a"], metadata: [{ x: 1 }] });
    await store().updateVector({ indexName, id: "a", update: { vector: [0, 1] } });
    const read = (): Promise<unknown> => store().query({ indexName, queryVector: [0, 1], includeVector: true });
    expect(await read()).toEqual([{ id: "a", score: 1, metadata: { x: 1 }, vector: [0, 1] }]);
    await store().updateVector({ indexName, filter: { x: 1 }, update: { metadata: { x: 2 } } });
    expect(await read()).toEqual([{ id: "a", score: 1, metadata: { x: 2 }, vector: [0, 1] }]);
    await expect(store().updateVector({ indexName, id: "b", update: {} })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
  test("vectors are deleted by id, by ids and by filter", async () => {
    const indexName = await newIndex(store());
    const names = ["a", "b", "c", "d", "e"];
    await store().upsert({ indexName, ids: names, vectors: names.map(() => [1, 0]), metadata: names.map((name) => ({ name })) });
    const left = async (): Promise<string[]> => ids(await store().query({ indexName, queryVector: [1, 0] })).toSorted();
    await store().deleteVector({ indexName, id: "a" });
    await store().deleteVectors({ indexName, ids: ["b", "nowhere"] });
    await store().deleteVectors({ indexName, filter: { name: { $in: ["c"] } } });
    expect(await left()).toEqual(["d", "e"]);
    await store().upsert({ indexName, ids: ["f"], vectors: [[1, 0]], deleteFilter: { name: "d" } });
    expect(await left()).toEqual(["e", "f"]);
  });
  test("deleting without saying what is refused", async () => {
    const indexName = await newIndex(store());
    await expect(store().deleteVectors({ indexName })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(store().deleteVectors({ indexName, filter: {} })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
  test("metadata comes back as it was given", async () => {
    const indexName = await newIndex(store());
    const metadata = { text: "ä𝄐 \" '", list: [1, null], nested: { a: { b: true } } };
    await store().upsert({ indexName, ids: ["a"], vectors: [[1, 0]], metadata: [metadata] });
    expect((await store().query({ indexName, queryVector: [1, 0] }))[0]?.metadata).toEqual(metadata);
  });
}
