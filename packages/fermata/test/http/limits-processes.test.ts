/** Limits over processes that share a store: the number let in is the number of the policy, whichever process was asked. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startChild } from "../support/child.ts";
import { startPostgres, whyNoPostgres } from "../support/postgres.ts";

const LIMIT = 150;
const SERVER_CONFIG = JSON.stringify({
  port: 0,
  host: "127.0.0.1",
  limits: { policies: [{ name: "calls", requests: LIMIT, window: "1h" }] },
});

async function letIn(STORE_URL: string): Promise<Record<number, number>> {
  await using one = startChild({ SERVER_CONFIG, STORE_URL });
  await using two = startChild({ SERVER_CONFIG, STORE_URL });
  const urls = (await Promise.all([one.line("serving"), two.line("serving")])).map((line) => line.replace("serving ", ""));
  const found: Record<number, number> = {};
  await Promise.all(
    Array.from({ length: 400 }, async (_, i) => {
      const response = await fetch(`${urls[i % 2]}/api/agents`);
      await response.text();
      found[response.status] = (found[response.status] ?? 0) + 1;
    }),
  );
  return found;
}

test("on one SQLite file", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "fermata-limits-"));
  try {
    expect(await letIn(`file:${join(folder, "data.db")}`)).toEqual({ 200: LIMIT, 429: 400 - LIMIT });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const missing = whyNoPostgres();
if (missing !== undefined) console.warn(missing);

test.skipIf(missing !== undefined)("on PostgreSQL", { timeout: 60_000 }, async () => {
  const postgres = await startPostgres();
  try {
    expect(await letIn(await postgres.createDatabase())).toEqual({ 200: LIMIT, 429: 400 - LIMIT });
  } finally {
    await postgres.stop();
  }
});
