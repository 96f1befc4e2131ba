import { expect, test } from "vitest";
import { SYSTEM } from "../../../src/storage/store.ts";
import type { ScopedStore, Store } from "../../../src/storage/store.ts";
import { newTenant } from "../principals.ts";

export function idempotencyCases(store: () => Store): void {
  const open = (): ScopedStore => store().for(newTenant().anna);

  test("the first call starts, the next ones wait, later ones get its answer", async () => {
    const { idempotency } = open();
    expect(await idempotency.begin("k", "f", 60_000, "r")).toEqual({ state: "started", runId: "r", isAgain: false });
    expect(await idempotency.begin("k", "f", 60_000, "r")).toEqual({ state: "running", runId: "r" });
    await idempotency.finish("k", "f", '{"status":200}', 60_000);
    expect(await idempotency.begin("k", "f", 60_000, "r")).toEqual({ state: "done", answer: '{"status":200}' });
  });
  test("of twenty calls at once exactly one starts", async () => {
    const { idempotency } = open();
    const calls = await Promise.all(Array.from({ length: 20 }, () => idempotency.begin("k", "f", 60_000, "r")));
    expect(calls.filter(({ state }) => state === "started")).toHaveLength(1);
    expect(calls.filter(({ state }) => state === "running")).toHaveLength(19);
  });
  test("a key used for another request does not match", async () => {
    const { idempotency } = open();
    await idempotency.begin("k", "f", 60_000, "r");
    expect(await idempotency.begin("k", "g", 60_000, "r")).toEqual({ state: "mismatch" });
    await idempotency.finish("k", "g", "not mine", 60_000);
    expect(await idempotency.begin("k", "f", 60_000, "r")).toEqual({ state: "running", runId: "r" });
  });
  test("the first answer stays", async () => {
    const { idempotency } = open();
    await idempotency.begin("k", "f", 60_000, "r");
    await idempotency.finish("k", "f", "first", 60_000);
    await idempotency.finish("k", "f", "second", 60_000);
    await idempotency.abandon("k", "f");
    expect(await idempotency.begin("k", "f", 60_000, "r")).toEqual({ state: "done", answer: "first" });
  });
  test("an abandoned key starts again", async () => {
    const { idempotency } = open();
    await idempotency.begin("k", "f", 60_000, "r");
    await idempotency.abandon("k", "f");
    expect(await idempotency.begin("k", "f", 60_000, "r")).toEqual({ state: "started", runId: "r", isAgain: false });
  });
  test("a key that is renewed, and one that has its answer, are kept for as long as that says", async () => {
    const { idempotency } = open();
    await idempotency.begin("k", "f", -1, "r");
    await idempotency.renew("k", "f", 60_000);
    expect(await idempotency.begin("k", "f", 60_000, "r")).toEqual({ state: "running", runId: "r" });
    await idempotency.begin("l", "f", -1, "r");
    await idempotency.finish("l", "f", "answer", 60_000);
    expect(await idempotency.begin("l", "f", 60_000, "r")).toEqual({ state: "done", answer: "answer" });
  });
  test("an expired key starts again and is pruned", async () => {
    const { idempotency } = open();
    await idempotency.begin("k", "f", -1, "r");
    await idempotency.finish("k", "f", "answer", -1);
    expect(await idempotency.begin("k", "f", -1, "s")).toEqual({ state: "started", runId: "s", isAgain: false });
    await idempotency.finish("k", "f", "answer", -1);
    expect(await store().for(SYSTEM).pruneIdempotency()).toBeGreaterThan(0);
  });
  test("who takes the place of a caller that never came back is told what that one has begun, and nobody else is", async () => {
    const { idempotency } = open();
    await idempotency.begin("k", "f", -1, "first");
    expect(await idempotency.begin("k", "f", 60_000, "second")).toEqual({ state: "started", runId: "first", isAgain: true });
    expect(await idempotency.begin("k", "f", 60_000, "third")).toEqual({ state: "running", runId: "first" });
    await idempotency.begin("l", "f", -1, "first");
    expect(await idempotency.begin("l", "other request", 60_000, "second")).toEqual({ state: "started", runId: "second", isAgain: false });
  });
  test("what a caller that never came back has begun is not pruned with what has expired", async () => {
    const { idempotency } = open();
    await idempotency.begin("k", "f", -1, "first");
    await store().for(SYSTEM).pruneIdempotency();
    expect(await idempotency.begin("k", "f", 60_000, "second")).toMatchObject({ runId: "first", isAgain: true });
  });
}
