import { describe, expect, test } from "vitest";
import { whyNoPostgres } from "../support/postgres.ts";
import { explainPostgres, explainSqlite, wholeTables } from "./explain.ts";

const missing = whyNoPostgres();
if (missing !== undefined) console.warn(missing);
/** Enough for the planners to prefer an index by themselves. */
const ROWS = 50_000;

test("no hot statement reads a whole table of SQLite", { timeout: 60_000 }, async () => {
  const plans = await explainSqlite(ROWS);
  expect(plans.length).toBeGreaterThan(30);
  expect(plans.flatMap((plan) => wholeTables(plan).map((line) => `${plan.action}: ${line}`))).toEqual([]);
});
describe.skipIf(missing !== undefined)("PostgreSQL", () => {
  test("no hot statement reads a whole table", { timeout: 60_000 }, async () => {
    const plans = await explainPostgres(ROWS);
    expect(plans.length).toBeGreaterThan(30);
    expect(plans.flatMap((plan) => wholeTables(plan).map((line) => `${plan.action}: ${line}`))).toEqual([]);
  });
});
