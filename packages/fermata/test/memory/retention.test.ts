/** What is older than it may be is deleted, and nothing else. */
import { expect, test } from "vitest";
import { Mastra } from "../../src/mastra.ts";
import { Memory } from "../../src/memory/memory.ts";
import { SqliteStore } from "../../src/storage/sqlite/sqlite-store.ts";

const DAY_MS = 86_400_000;

test("messages older than retention.messages are deleted, more than one batch of them", async () => {
  const storage = new SqliteStore({ url: ":memory:" });
  const memory = new Memory({ storage });
  const mastra = new Mastra({ logger: false, storage, retention: { messages: "30d" } });
  await memory.createThread({ threadId: "t", resourceId: "r" });
  const message = (id: string, daysAgo: number) => ({
    id,
    role: "user",
    content: id,
    createdAt: Date.now() - daysAgo * DAY_MS,
    threadId: "t",
    resourceId: "r",
  });
  await memory.saveMessages({
    messages: [...Array.from({ length: 1_500 }, (_, index) => message(`old-${index}`, 31)), message("new", 29)],
  });
  expect(await mastra.prune()).toEqual({ messages: 1_500, runs: 0, idempotency: 0, limits: 0 });
  expect((await memory.recall({ threadId: "t" })).messages.map(({ id }) => id)).toEqual(["new"]);
  expect(await mastra.rowCounts()).toMatchObject({ messages: 1 });
  await storage.close();
});

test("without the option messages are kept for ever", async () => {
  const storage = new SqliteStore({ url: ":memory:" });
  const memory = new Memory({ storage });
  await memory.createThread({ threadId: "t", resourceId: "r" });
  await memory.saveMessages({ messages: [{ role: "user", content: "x", createdAt: 1, threadId: "t", resourceId: "r" }] });
  expect(await new Mastra({ logger: false, storage }).prune()).toMatchObject({ messages: 0 });
  await storage.close();
});

test.each([{ messages: "soon" }, { runs: -1 }, { runs: "0d" }])("%j is no retention", (retention) => {
  expect(() => new Mastra({ logger: false, retention })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
});
