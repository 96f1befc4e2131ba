/** What a run asks of the database: a few statements for itself, and a few for each step. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Mastra } from "../../src/mastra.ts";
import { SqliteConnection } from "../../src/storage/sqlite/connection.ts";
import { SqliteStore } from "../../src/storage/sqlite/index.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import type { Workflow } from "../../src/workflows/workflow.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fermata-statements-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

function chain(length: number): Workflow<string, unknown, unknown, unknown> {
  const step = (i: number) => createStep({ id: `s${i}`, execute: async () => ({ i }) });
  let workflow = createWorkflow({ id: `w${length}` }).then(step(0));
  for (let i = 1; i < length; i++) workflow = workflow.then(step(i));
  return workflow;
}

/** Of one run, besides looks for work that come by the clock. */
async function costOf(
  workflow: Workflow<string, unknown, unknown, unknown>,
  statements: string[],
  commits: string[],
): Promise<[number, number]> {
  const run = await workflow.createRun();
  statements.length = commits.length = 0;
  expect((await run.start()).status).toBe("success");
  return [statements.filter((text) => /fermata_run_journal|fermata_run_events|insert into fermata_runs/.test(text)).length, commits.length];
}

test("a run of N steps takes two statements a step and a commit a step, and two of each for itself", async () => {
  const statements: string[] = [];
  const commits: string[] = [];
  const { run, exec } = SqliteConnection.prototype;
  vi.spyOn(SqliteConnection.prototype, "run").mockImplementation(function (this: SqliteConnection, query) {
    statements.push(query.text);
    return run.call(this, query);
  });
  vi.spyOn(SqliteConnection.prototype, "exec").mockImplementation(function (this: SqliteConnection, text) {
    if (text === "commit") commits.push(text);
    exec.call(this, text);
  });
  const workflows = { five: chain(5).commit(), fifty: chain(50).commit() };
  const storage = new SqliteStore({ url: `file:${join(folder, "data.db")}` });
  const mastra = new Mastra({ logger: false, workflows, storage, runs: { leaseMs: 3_600_000 } }); // signs of life are written too
  await (await workflows.five.createRun()).start();
  for (const [workflow, length] of [
    [workflows.five, 5],
    [workflows.fifty, 50],
  ] as const) {
    const [asked, written] = await costOf(workflow, statements, commits);
    expect(asked).toBeLessThanOrEqual(2 * length + 2);
    expect(written).toBeLessThanOrEqual(length + 2);
  }
  await mastra.shutdown();
  await storage.close();
});
