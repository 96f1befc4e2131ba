import { expect, test } from "vitest";
import { firstFire, nextFireAfter } from "./cron.ts";

const next = (cron: string, zone: string | undefined, after: string): string =>
  new Date(nextFireAfter(cron, zone, Date.parse(after))).toISOString();

test("without a time zone the times are UTC's", () => {
  expect(next("30 9 * * *", undefined, "2026-03-28T12:00:00Z")).toBe("2026-03-29T09:30:00.000Z");
});

test("nine in Berlin is nine in Berlin on both sides of a change of clocks", () => {
  expect(next("0 9 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z")).toBe("2026-03-28T08:00:00.000Z");
  expect(next("0 9 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z")).toBe("2026-03-29T07:00:00.000Z");
  expect(next("0 9 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z")).toBe("2026-10-25T08:00:00.000Z");
});

test("a time that the clocks leave out comes right after the gap", () => {
  expect(next("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z")).toBe("2026-03-29T01:00:00.000Z");
});

test("a time that comes twice fires once", () => {
  const first = next("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z");
  expect(next("30 2 * * *", "Europe/Berlin", first)).toBe("2026-10-26T01:30:00.000Z");
});

test("six fields begin with seconds, seven end with a year", () => {
  expect(next("*/10 * * * * *", undefined, "2026-01-01T00:00:05Z")).toBe("2026-01-01T00:00:10.000Z");
  expect(next("0 0 0 1 1 * 2030", undefined, "2026-01-01T00:00:05Z")).toBe("2030-01-01T00:00:00.000Z");
});

test.each(["", "* * * *", "61 * * * *", "x y z a b", "0 0 30 2 *", "2030-01-01T00:00:00", "0 0 0 1 1 * 2020"])("%j is refused", (cron) => {
  expect(() => firstFire(cron, undefined, "VALIDATION_FAILED")).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
});

test("a time zone that nobody knows is refused", () => {
  expect(() => firstFire("* * * * *", "Mars/Olympus", "MISCONFIGURED")).toThrow(/timezone/);
});
