import { expect, test } from "vitest";
import { suspension, suspensionStoreSuite } from "../../test/suites/suspension-store.ts";
import { MemorySuspensionStore } from "./memory-suspension-store.ts";

suspensionStoreSuite("the process", () => ({ store: new MemorySuspensionStore() }));

async function held(store: MemorySuspensionStore): Promise<string[]> {
  return (await store.list({ agentId: "a" }, 0, 100)).runs.map(({ runId }) => runId).toSorted();
}

test("with more runs than it holds, those that wait longest are dropped", async () => {
  const store = new MemorySuspensionStore({ maxRuns: 2 });
  for (let at = 0; at < 4; at++) await store.put(suspension(`r${at}`, { suspendedAt: at }));
  expect(await held(store)).toEqual(["r2", "r3"]);
});

test("with more state than it holds as well", async () => {
  const store = new MemorySuspensionStore({ maxChars: 10 });
  for (const runId of ["one", "two", "three"]) await store.put(suspension(runId, { state: "12345" }));
  expect(await held(store)).toEqual(["three", "two"]);
});

test("state that was claimed or replaced is not counted any more", async () => {
  const store = new MemorySuspensionStore({ maxChars: 10 });
  await store.put(suspension("one", { state: "12345" }));
  await store.put(suspension("one", { state: "1234" }));
  await store.put(suspension("two", { state: "123456" }));
  expect(await held(store)).toEqual(["one", "two"]);
  await store.claim("a", "two");
  await store.put(suspension("three", { state: "123456" }));
  expect(await held(store)).toEqual(["one", "three"]);
});
