import { expect, test } from "vitest";
import { LOCAL_PRINCIPAL } from "../../src/context/principal.ts";
import { MemoryStore, MemoryVector } from "../../src/storage/index.ts";

const message = (id: string, content: unknown = id): { id: string; role: string; content: unknown } => ({ id, role: "user", content });

test("of more threads than there is room for, the one used longest ago goes", async () => {
  const { threads, messages } = new MemoryStore({ maxThreads: 2 }).for(LOCAL_PRINCIPAL);
  await threads.create({ id: "a", resourceId: "r" });
  await threads.create({ id: "b", resourceId: "r" });
  await messages.save("a", [message("m")]);
  await threads.create({ id: "c", resourceId: "r" });
  expect((await threads.list()).items.map(({ id }) => id).toSorted()).toEqual(["a", "c"]);
});
test("of more text than there is room for, the oldest goes, and the last message stays", async () => {
  const { threads, messages } = new MemoryStore({ maxChars: 1_000 }).for(LOCAL_PRINCIPAL);
  await threads.create({ id: "old", resourceId: "r" });
  await messages.save("old", [message("o", "x".repeat(100))]);
  await threads.create({ id: "new", resourceId: "r" });
  for (let i = 0; i < 100; i += 1) await messages.save("new", [message(`${i}`, "x".repeat(100))]);
  expect(await threads.get("old")).toBeUndefined();
  const { items } = await messages.list({ threadId: "new", perPage: false });
  expect(items.map(({ id }) => id)).toEqual(Array.from({ length: items.length }, (_, i) => `${100 - items.length + i}`));
  expect(items.length).toBeGreaterThan(5);
  expect(items.length).toBeLessThan(10);
});
test("of more runs than there is room for, those that have ended go first", async () => {
  const store = new MemoryStore({ maxRuns: 2 });
  const { runs } = store.for(LOCAL_PRINCIPAL);
  for (const id of ["a", "b", "c"]) await runs.create({ id, kind: "agent", name: "x" });
  expect((await runs.list()).items.map(({ id }) => id).toSorted()).toEqual(["b", "c"]);
});
test("what is handed out and what was handed in are copies", async () => {
  const { threads, messages, resources } = new MemoryStore().for(LOCAL_PRINCIPAL);
  const metadata = { list: [1] };
  const content = { parts: ["a"] };
  await threads.create({ id: "t", resourceId: "r", metadata });
  await messages.save("t", [message("m", content)]);
  await resources.put("r", { metadata });
  metadata.list.push(2);
  content.parts.push("b");
  const stored = { thread: await threads.get("t"), message: (await messages.get(["m"]))[0], resource: await resources.get("r") };
  expect(stored).toMatchObject({
    thread: { metadata: { list: [1] } },
    message: { content: { parts: ["a"] } },
    resource: { metadata: { list: [1] } },
  });
  const handedOut: unknown = stored.resource?.metadata?.["list"];
  if (Array.isArray(handedOut)) handedOut.push(3);
  expect(await resources.get("r")).toMatchObject({ metadata: { list: [1] } });
});
test("a full index of vectors forgets the oldest", async () => {
  const vectors = new MemoryVector({ maxVectors: 2 });
  await vectors.createIndex({ indexName: "i", dimension: 1 });
  await vectors.upsert({ indexName: "i", vectors: [[1], [1], [1]], ids: ["a", "b", "c"] });
  expect((await vectors.query({ indexName: "i", queryVector: [1] })).map(({ id }) => id).toSorted()).toEqual(["b", "c"]);
});
