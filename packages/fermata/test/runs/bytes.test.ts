/** I-7: what a run leaves on disk grows with what happened, and holds it hardly more than once. */
import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Mastra } from "../../src/mastra.ts";
import { SqliteStore } from "../../src/storage/sqlite/index.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import type { Workflow } from "../../src/workflows/workflow.ts";

const OUTPUT_CHARS = 2_000;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fermata-bytes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A chain whose steps each give a new object. */
function chain(length: number): Workflow<string, unknown, unknown, unknown> {
  const step = (i: number) =>
    createStep({ id: `s${i}`, execute: async () => ({ i, text: String.fromCharCode(97 + (i % 26)).repeat(OUTPUT_CHARS) }) });
  let workflow = createWorkflow({ id: `w${length}` }).then(step(0));
  for (let i = 1; i < length; i++) workflow = workflow.then(step(i));
  return workflow;
}

function storedBytes(runId: string): number {
  const db = new DatabaseSync(join(folder, "data.db"), { readOnly: true });
  const row = db
    .prepare(
      `select coalesce(length(input), 0) + coalesce(length(output), 0)
        + (select coalesce(sum(length(key) + length(value)), 0) from fermata_run_journal j where j.run_key = r.run_key)
        + (select coalesce(sum(length(type) + length(data)), 0) from fermata_run_events e where e.run_key = r.run_key) as bytes
      from fermata_runs r where id = ?`,
    )
    .get(runId);
  db.close();
  return Number(row?.["bytes"]);
}

test("bytes grow linearly with steps, and stay below twice what the steps gave", async () => {
  const lengths = [10, 25, 50, 100];
  const workflows = Object.fromEntries(lengths.map((length) => [`w${length}`, chain(length).commit()]));
  const storage = new SqliteStore({ url: `file:${join(folder, "data.db")}` });
  const mastra = new Mastra({ logger: false, workflows, storage });
  const bytes: number[] = [];
  for (const length of lengths) {
    const run = await workflows[`w${length}`]!.createRun();
    expect((await run.start()).status).toBe("success");
    bytes.push(storedBytes(run.runId));
  }
  await mastra.shutdown();
  await storage.close();
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(lengths), mean(bytes)];
  const covariance = mean(lengths.map((length, i) => (length - x) * ((bytes[i] ?? 0) - y)));
  const r2 = covariance ** 2 / (mean(lengths.map((length) => (length - x) ** 2)) * mean(bytes.map((one) => (one - y) ** 2)));
  expect(r2).toBeGreaterThan(0.99);
  expect((bytes.at(-1) ?? 0) / (100 * OUTPUT_CHARS)).toBeLessThan(2);
});
