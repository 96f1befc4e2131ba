import { expect, test } from "vitest";
import type { ScopedStore, Store } from "../../../src/storage/store.ts";
import { newTenant } from "../principals.ts";

export function threadCases(store: () => Store): void {
  const open = (): ScopedStore => store().for(newTenant().everybody);

  test("a thread comes back as it was created", async () => {
    const { threads } = open();
    const metadata = { tier: "gold", nested: { list: [1, null, true] }, "odd.key \"'$": "ä€𝄐" };
    const { thread, created } = await threads.create({
      id: "t",
      resourceId: "anna",
      title: "Züge",
      metadata,
      createdAt: 1_700_000_000_123,
    });
    expect(created).toBe(true);
    expect(thread).toEqual({
      id: "t",
      resourceId: "anna",
      title: "Züge",
      metadata,
      createdAt: 1_700_000_000_123,
      updatedAt: 1_700_000_000_123,
      version: 0,
    });
    expect(await threads.get("t")).toEqual(thread);
  });
  test("an unknown thread is undefined", async () => {
    expect(await open().threads.get("nowhere")).toBeUndefined();
  });
  test("creating a thread again leaves it as it is", async () => {
    const { threads } = open();
    const { thread } = await threads.create({ id: "t", resourceId: "anna", title: "first" });
    expect(await threads.create({ id: "t", resourceId: "anna", title: "second" })).toEqual({ thread, created: false });
  });
  test("of twenty that create one thread at once, one creates it", async () => {
    const { threads } = open();
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => threads.create({ id: "t", resourceId: "anna", title: `${i}` })));
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(results.map(({ thread }) => thread.title)).size).toBe(1);
  });
  test("an update changes what it names and counts the version", async () => {
    const { threads } = open();
    await threads.create({ id: "t", resourceId: "anna", title: "a", metadata: { x: 1 } });
    expect(await threads.update("t", { title: "b" })).toMatchObject({ title: "b", metadata: { x: 1 }, version: 1 });
    expect(await threads.update("t", { metadata: { y: 2 } }, 1)).toMatchObject({ title: "b", metadata: { y: 2 }, version: 2 });
    expect(await threads.update("unknown", { title: "b" })).toBeUndefined();
  });
  test("an update for another version is refused", async () => {
    const { threads } = open();
    await threads.create({ id: "t", resourceId: "anna" });
    await threads.update("t", { title: "b" });
    await expect(threads.update("t", { title: "c" }, 0)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await threads.get("t")).toMatchObject({ title: "b" });
  });
  test("of ten updates made for one version, one is taken", async () => {
    const { threads } = open();
    await threads.create({ id: "t", resourceId: "anna" });
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => threads.update("t", { title: `${i}` }, 0)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await threads.get("t"))?.version).toBe(1);
  });
  test("a deleted thread is gone with its messages", async () => {
    const { threads, messages } = open();
    await threads.create({ id: "t", resourceId: "anna" });
    await messages.save("t", [{ id: "m", role: "user", content: "x" }]);
    expect(await threads.delete("t")).toBe(true);
    expect(await threads.delete("t")).toBe(false);
    expect(await messages.get(["m"])).toEqual([]);
    await threads.create({ id: "t", resourceId: "anna" });
    expect((await messages.list({ threadId: "t" })).total).toBe(0);
  });
  test("a transferred thread belongs to the new resource with its messages", async () => {
    const tenant = newTenant();
    const anna = store().for(tenant.anna);
    const bert = store().for(tenant.bert);
    await anna.threads.create({ id: "t" });
    await anna.messages.save("t", [{ id: "m", role: "user", content: "x" }]);
    expect(await anna.threads.transfer("t", "bert")).toMatchObject({ id: "t", resourceId: "bert" });
    expect(await anna.threads.get("t")).toBeUndefined();
    expect(await bert.messages.get(["m"])).toMatchObject([{ id: "m", resourceId: "bert" }]);
  });
  test("a thread is not transferred onto another one", async () => {
    const tenant = newTenant();
    const anna = store().for(tenant.anna);
    const bert = store().for(tenant.bert);
    await anna.threads.create({ id: "t" });
    await bert.threads.create({ id: "t", title: "Bert's" });
    await expect(anna.threads.transfer("t", "bert")).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await bert.threads.get("t")).toMatchObject({ title: "Bert's" });
  });
  listCases(open);
}

function listCases(open: () => ScopedStore): void {
  test("a list comes in pages, newest first", async () => {
    const { threads } = open();
    for (const i of [3, 1, 5, 2, 4]) await threads.create({ id: `t${i}`, resourceId: "anna", createdAt: i });
    const first = await threads.list({ page: 0, perPage: 2 });
    expect(first).toMatchObject({ total: 5, page: 0, perPage: 2, hasMore: true });
    expect(first.items.map(({ id }) => id)).toEqual(["t5", "t4"]);
    const last = await threads.list({ page: 2, perPage: 2 });
    expect(last).toMatchObject({ total: 5, page: 2, hasMore: false });
    expect(last.items.map(({ id }) => id)).toEqual(["t1"]);
    expect((await threads.list({ page: 9, perPage: 2 })).items).toEqual([]);
    expect((await threads.list({ perPage: false })).items).toHaveLength(5);
    expect(await threads.list({ perPage: 0 })).toMatchObject({ items: [], total: 5, hasMore: true });
  });
  test("a list follows the order that is asked for", async () => {
    const { threads } = open();
    for (const i of [1, 2, 3]) await threads.create({ id: `t${i}`, resourceId: "anna", createdAt: i });
    await threads.update("t2", { title: "later" });
    const ids = async (orderBy: object): Promise<string[]> => (await threads.list({ orderBy })).items.map(({ id }) => id);
    expect(await ids({ field: "createdAt", direction: "ASC" })).toEqual(["t1", "t2", "t3"]);
    expect(await ids({ field: "updatedAt", direction: "DESC" })).toEqual(["t2", "t3", "t1"]);
  });
  test("a list is filtered by resource", async () => {
    const { threads } = open();
    await threads.create({ id: "a", resourceId: "anna" });
    await threads.create({ id: "b", resourceId: "bert" });
    expect(await threads.list({ resourceId: "bert" })).toMatchObject({ items: [{ id: "b" }], total: 1 });
  });
  test.for([
    [{ tier: "gold" }, ["a"]],
    [{ tier: "gold", age: 3 }, ["a"]],
    [{ tier: "gold", age: 4 }, []],
    [{ age: 3 }, ["a"]],
    [{ age: "3" }, ["b"]],
    [{ on: true }, ["a"]],
    [{ on: false }, ["b"]],
    [{ on: 1 }, ["c"]],
    [{ none: null }, ["b"]],
    [{ "a.b": 1 }, ["a"]],
    [{ "$.tier": "gold" }, []],
    [{ "x' or '1'='1": "y" }, []],
    [{}, ["a", "b", "c", "d"]],
  ] as const)("the metadata filter %j finds %j", async ([metadata, ids]) => {
    const { threads } = open();
    const all = {
      a: { tier: "gold", age: 3, on: true, "a.b": 1, none: 0 },
      b: { tier: "silver", age: "3", on: false, none: null },
      c: { on: 1, nested: { tier: "gold" } },
    };
    for (const [id, facts] of Object.entries(all)) await threads.create({ id, resourceId: "anna", metadata: facts });
    await threads.create({ id: "d", resourceId: "anna" });
    const { items } = await threads.list({ metadata });
    expect(items.map(({ id }) => id).sort()).toEqual(ids);
  });
  test("a filter by anything but a scalar is refused", async () => {
    // What a request may hold in spite of the types.
    const metadata = { x: { $gt: "" } } as unknown as Record<string, string>;
    await expect(open().threads.list({ metadata })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
  test.for([{ page: -1 }, { page: 0.5 }, { perPage: -1 }, { perPage: NaN }])("the page %j is refused", async (page) => {
    await expect(open().threads.list(page)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
  test("characters that a database cannot hold are dropped from titles and metadata", async () => {
    const { threads } = open();
    const { thread } = await threads.create({ id: "t", resourceId: "anna", title: "a\0b\ud800", metadata: { "k\0": ["v\0\ud800"] } });
    expect(thread).toMatchObject({ title: "ab\ufffd", metadata: { k: ["v\ufffd"] } });
    expect((await threads.list({ metadata: { x: "y" } })).items).toEqual([]);
  });
  test.for(["", "a\0b", "\ud800", "x".repeat(513), "€".repeat(171)])("an id that cannot be kept is refused (%#)", async (id) => {
    await expect(open().threads.create({ id, resourceId: "anna" })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
}
