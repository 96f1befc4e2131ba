import { expect, test } from "vitest";
import type { NewMessage } from "../../../src/storage/messages.ts";
import type { ScopedStore, Store } from "../../../src/storage/store.ts";
import { newTenant } from "../principals.ts";

const numbered = (from: number, to: number): NewMessage[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ id: `m${from + i}`, role: "user", content: from + i, createdAt: 1_000 + from + i }));
const ids = (messages: readonly { readonly id: string }[]): string[] => messages.map(({ id }) => id);

export function messageCases(store: () => Store): void {
  const open = async (): Promise<ScopedStore> => {
    const scoped = store().for(newTenant().everybody);
    await scoped.threads.create({ id: "t", resourceId: "anna" });
    return scoped;
  };

  test("a message comes back as it was saved", async () => {
    const { messages } = await open();
    const content = { format: 2, parts: [{ type: "text", text: "ä€𝄐 \0 \ud800 \" '" }], metadata: { a: [1, null] } };
    const saved = await messages.save("t", [{ id: "m", role: "assistant", type: "text", content, createdAt: 5 }]);
    expect(saved).toEqual([{ id: "m", threadId: "t", resourceId: "anna", seq: 1, role: "assistant", type: "text", createdAt: 5, content }]);
    expect(await messages.get(["m", "unknown"])).toEqual(saved);
  });
  test("messages are in the order of saving, whatever their dates say", async () => {
    const { messages } = await open();
    await messages.save("t", [{ id: "b", role: "user", content: 1, createdAt: 9 }]);
    await messages.save("t", [
      { id: "c", role: "user", content: 1, createdAt: 5 },
      { id: "a", role: "user", content: 1, createdAt: 1 },
    ]);
    const { items } = await messages.list({ threadId: "t" });
    expect(ids(items)).toEqual(["b", "c", "a"]);
    expect(ids((await messages.list({ threadId: "t", direction: "DESC" })).items)).toEqual(["a", "c", "b"]);
    const places = items.map(({ seq }) => seq);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
  test("a message saved again keeps its place and date and has the new content", async () => {
    const { messages } = await open();
    await messages.save("t", numbered(1, 3));
    const [again] = await messages.save("t", [{ id: "m2", role: "assistant", content: "new", createdAt: 99 }]);
    expect(again).toMatchObject({ id: "m2", role: "assistant", createdAt: 1_002, content: "new" });
    const { items, total } = await messages.list({ threadId: "t" });
    expect(ids(items)).toEqual(["m1", "m2", "m3"]);
    expect(items[1]).toEqual(again);
    expect(total).toBe(3);
  });
  test("a whole history sent again adds what is new, at the end", async () => {
    const { messages } = await open();
    const first = await messages.save("t", numbered(1, 3));
    const all = await messages.save("t", numbered(1, 5));
    expect(all.slice(0, 3)).toEqual(first);
    expect(ids((await messages.list({ threadId: "t" })).items)).toEqual(["m1", "m2", "m3", "m4", "m5"]);
  });
  test("an id given twice in one call is saved once, as it was given last", async () => {
    const { messages } = await open();
    const saved = await messages.save("t", [
      { id: "a", role: "user", content: 1 },
      { id: "b", role: "user", content: 1 },
      { id: "a", role: "user", content: 2 },
    ]);
    expect(saved.map(({ id, content }) => [id, content])).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
    expect((await messages.list({ threadId: "t" })).total).toBe(2);
  });
  test("the same message id in two threads is two messages", async () => {
    const { threads, messages } = await open();
    await threads.create({ id: "u", resourceId: "anna" });
    await messages.save("t", [{ id: "m", role: "user", content: "t" }]);
    await messages.save("u", [{ id: "m", role: "user", content: "u" }]);
    expect((await messages.list({ threadId: "t" })).items).toMatchObject([{ content: "t" }]);
    expect((await messages.list({ threadId: "u" })).items).toMatchObject([{ content: "u" }]);
  });
  test("saving to an unknown thread is refused and saves nothing", async () => {
    const { messages } = await open();
    await expect(messages.save("nowhere", numbered(1, 2))).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await messages.get(["m1"])).toEqual([]);
  });
  test("one message that cannot be saved keeps all from being saved", async () => {
    const { messages } = await open();
    const batch = [...numbered(1, 2), { id: "", role: "user", content: 1 }];
    await expect(messages.save("t", batch)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect((await messages.list({ threadId: "t" })).total).toBe(0);
  });
  test("a thousand messages are saved in one call", async () => {
    const { messages } = await open();
    const saved = await messages.save("t", numbered(1, 1_000));
    expect(saved).toHaveLength(1_000);
    expect(ids(await messages.recent("t", 2))).toEqual(["m999", "m1000"]);
  });
  test("parallel saves in one thread get places of their own, and those of one call stay together", async () => {
    const { messages } = await open();
    await Promise.all(Array.from({ length: 20 }, (_, i) => messages.save("t", numbered(i * 3 + 1, i * 3 + 3))));
    const { items } = await messages.list({ threadId: "t", perPage: false });
    expect(new Set(items.map(({ seq }) => seq)).size).toBe(60);
    for (let i = 0; i < 60; i += 3) expect(Number(items[i + 2]!.content) - Number(items[i]!.content)).toBe(2);
  });
  test("saving a message moves the thread's date", async () => {
    const { threads, messages } = await open();
    await threads.create({ id: "old", resourceId: "anna", createdAt: 7 });
    await messages.save("old", numbered(1, 1));
    const thread = await threads.get("old");
    expect(thread?.createdAt).toBe(7);
    expect(thread?.updatedAt).toBeGreaterThan(7);
  });
  readingCases(open);
}

function readingCases(open: () => Promise<ScopedStore>): void {
  test("the recent messages are the last ones, oldest first", async () => {
    const { messages } = await open();
    const saved = await messages.save("t", numbered(1, 5));
    expect(ids(await messages.recent("t", 2))).toEqual(["m4", "m5"]);
    expect(ids(await messages.recent("t", 2, saved[3]!.seq))).toEqual(["m2", "m3"]);
    expect(ids(await messages.recent("t", 99))).toHaveLength(5);
    expect(await messages.recent("t", 0)).toEqual([]);
    expect(await messages.recent("nowhere", 5)).toEqual([]);
  });
  test("a list comes in pages, oldest first", async () => {
    const { messages } = await open();
    await messages.save("t", numbered(1, 5));
    const page = await messages.list({ threadId: "t", page: 1, perPage: 2 });
    expect(page).toMatchObject({ total: 5, page: 1, perPage: 2, hasMore: true });
    expect(ids(page.items)).toEqual(["m3", "m4"]);
    expect((await messages.list({ threadId: "t" })).perPage).toBe(40);
  });
  test("a list is filtered by roles, dates and metadata", async () => {
    const { messages } = await open();
    await messages.save("t", [
      { id: "a", role: "user", content: { metadata: { k: 1 } }, createdAt: 10 },
      { id: "b", role: "assistant", content: { metadata: { k: 2 } }, createdAt: 20 },
      { id: "c", role: "system", content: "text", createdAt: 30 },
    ]);
    const found = async (query: object): Promise<string[]> => ids((await messages.list({ threadId: "t", ...query })).items);
    expect(await found({ roles: ["user", "system"] })).toEqual(["a", "c"]);
    expect(await found({ roles: [] })).toEqual([]);
    expect(await found({ dateRange: { start: 20 } })).toEqual(["b", "c"]);
    expect(await found({ dateRange: { start: 20, startExclusive: true } })).toEqual(["c"]);
    expect(await found({ dateRange: { end: 20 } })).toEqual(["a", "b"]);
    expect(await found({ dateRange: { start: 10, end: 20, endExclusive: true } })).toEqual(["a"]);
    expect(await found({ metadata: { k: 2 } })).toEqual(["b"]);
    expect(await found({ metadata: { k: 2 }, roles: ["user"] })).toEqual([]);
  });
  test("the filter looks at the metadata of today", async () => {
    const { messages } = await open();
    await messages.save("t", [{ id: "a", role: "user", content: { metadata: { k: 1 } } }]);
    await messages.save("t", [{ id: "a", role: "user", content: { metadata: { k: 2 } } }]);
    expect((await messages.list({ metadata: { k: 1 } })).total).toBe(0);
    expect((await messages.list({ metadata: { k: 2 } })).total).toBe(1);
  });
  test("a list over several threads is in the order of dates", async () => {
    const { threads, messages } = await open();
    await threads.create({ id: "u", resourceId: "anna" });
    await threads.create({ id: "v", resourceId: "bert" });
    await messages.save("t", [{ id: "2", role: "user", content: 1, createdAt: 2 }]);
    await messages.save("u", [{ id: "1", role: "user", content: 1, createdAt: 1 }]);
    await messages.save("v", [{ id: "3", role: "user", content: 1, createdAt: 3 }]);
    expect(ids((await messages.list()).items)).toEqual(["1", "2", "3"]);
    expect(ids((await messages.list({ resourceId: "anna" })).items)).toEqual(["1", "2"]);
    expect(ids((await messages.list({ threadId: ["u", "v"], direction: "DESC" })).items)).toEqual(["3", "1"]);
    expect((await messages.list({ threadId: [] })).total).toBe(0);
    expect((await messages.list({ threadId: "v", resourceId: "anna" })).total).toBe(0);
  });
  test("a message comes with its neighbours, each once", async () => {
    const { messages } = await open();
    await messages.save("t", numbered(1, 9));
    const around = await messages.around([
      { id: "m3", previous: 1, next: 1 },
      { id: "m5", previous: 1 },
      { id: "m9", next: 3 },
      { id: "nowhere" },
    ]);
    expect(ids(around)).toEqual(["m2", "m3", "m4", "m5", "m9"]);
    expect(ids(await messages.around([{ id: "m1", threadId: "t", previous: 3 }]))).toEqual(["m1"]);
    expect(await messages.around([{ id: "m1", threadId: "other" }])).toEqual([]);
  });
  test("deleting says how many messages there were", async () => {
    const { threads, messages } = await open();
    await threads.create({ id: "u", resourceId: "anna" });
    await messages.save("t", numbered(1, 3));
    await messages.save("u", numbered(1, 1));
    expect(await messages.delete(["m1", "m2", "nowhere"], "t")).toBe(2);
    expect(await messages.delete(["m1", "m2"])).toBe(1);
    expect(await messages.delete([])).toBe(0);
    expect(ids((await messages.list()).items)).toEqual(["m3"]);
  });
}
