import { expect, test } from "vitest";
import type { LimitStore } from "../../../src/storage/limits.ts";
import { SYSTEM, type Store } from "../../../src/storage/store.ts";

export function limitCases(store: () => Store): void {
  const open = (): LimitStore => store().for(SYSTEM).limits;
  const newKey = (): string => crypto.randomUUID();

  test("a counter tells what was added since its window began, and when that ends", async () => {
    const limits = open();
    const key = newKey();
    const first = await limits.add(key, 2, 60_000);
    expect(first).toMatchObject({ used: 2 });
    expect(first.resetAt).toBeGreaterThan(Date.now());
    // The window that is open stays open, whatever the next one says.
    expect(await limits.add(key, 3, 1)).toEqual({ used: 5, resetAt: first.resetAt });
    expect(await limits.add(key, 0, 60_000)).toEqual({ used: 5, resetAt: first.resetAt });
  });

  test("a counter whose window is over begins again", async () => {
    const limits = open();
    const key = newKey();
    await limits.add(key, 7, -1);
    expect(await limits.add(key, 1, 60_000)).toMatchObject({ used: 1 });
  });

  test("of a hundred that add at once no two see the same", async () => {
    const limits = open();
    const key = newKey();
    const seen = await Promise.all(Array.from({ length: 100 }, () => limits.add(key, 1, 60_000)));
    expect(seen.map(({ used }) => used).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });

  test("a counter holds numbers as large as JavaScript's", async () => {
    const limits = open();
    const key = newKey();
    await limits.add(key, 2 ** 52, 60_000);
    expect(await limits.add(key, 1, 60_000)).toMatchObject({ used: 2 ** 52 + 1 });
  });

  test("there are as many places as may be taken, and one that is left is free", async () => {
    const limits = open();
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => limits.enter(key, `h${i}`, 3, 60_000)));
    expect(answers.filter(Boolean)).toHaveLength(3);
    const holder = `h${answers.indexOf(true)}`;
    expect(await limits.enter(key, holder, 3, 60_000)).toBe(true);
    await limits.leave(key, holder);
    expect(await limits.enter(key, "late", 3, 60_000)).toBe(true);
    expect(await limits.enter(key, "later", 3, 60_000)).toBe(false);
    expect(await limits.enter(newKey(), "later", 3, 60_000)).toBe(true);
  });

  test("a place that was not kept in time is free, and cannot be kept any more", async () => {
    const limits = open();
    const key = newKey();
    expect(await limits.enter(key, "dead", 1, -1)).toBe(true);
    expect(await limits.stay(key, "dead", 60_000)).toBe(false);
    expect(await limits.enter(key, "next", 1, 60_000)).toBe(true);
    expect(await limits.stay(key, "next", 60_000)).toBe(true);
    expect(await limits.stay(key, "nobody", 60_000)).toBe(false);
  });

  test("what is over is deleted, what is not stays", async () => {
    const limits = open();
    const [over, open_] = [newKey(), newKey()];
    await limits.add(over, 1, -1);
    await limits.add(open_, 1, 60_000);
    await limits.enter(newKey(), "dead", 1, -1);
    expect(await limits.prune()).toBeGreaterThanOrEqual(2);
    expect(await limits.add(open_, 1, 60_000)).toMatchObject({ used: 2 });
  });

  test("a key that cannot be stored is refused", async () => {
    await expect(open().add("", 1, 60_000)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(open().enter("a\0b", "h", 1, 60_000)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
}
