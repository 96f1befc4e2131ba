/** I-8: what a run needs in the process is gone when the run is over, however it ended. `FERMATA_HEAP_RUNS` says how many of those that are kept in a store. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import type { HeapReport } from "../support/heap-child.ts";

const CHILD = fileURLToPath(new URL("../support/heap-child.ts", import.meta.url));
const MIB = 1024 * 1024;

async function reportOf(env: Readonly<Record<string, string>>): Promise<HeapReport> {
  const args = ["--expose-gc", "--disable-warning=ExperimentalWarning", CHILD];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  return JSON.parse(stdout) as HeapReport;
}

describe("20,000 runs: 5% aborted in the middle, 5% suspended, 5% never read to their end", () => {
  let report: HeapReport;
  beforeAll(async () => void (report = await reportOf({ FERMATA_HEAP_RUNS: "20000" })), 120_000);

  test("are as many of each kind as they say", () => {
    expect(report.counts).toMatchObject({ aborted: 1_000, suspended: 1_000, "never read": 1_000 });
    expect(Object.values(report.counts).reduce((sum, count) => sum + count, 0)).toBe(20_000);
  });

  test("leave the heap within 10 MiB of what it was when the process was warm", () => {
    expect(report.heap[2] - report.heap[0]).toBeLessThan(10 * MIB);
  });

  test("do not make it grow from the first half to the second", () => {
    // A leak of 200 bytes a run would show: 10,000 runs lie between the two.
    expect(report.heap[2] - report.heap[1]).toBeLessThan(2 * MIB);
  });

  test("leave the store of suspended runs at its limit", () => {
    expect(report.stored).toBe(200);
  });

  test("leave no timer behind, and no listener on a signal that outlives them", () => {
    expect({ timers: report.timers, listeners: report.listeners }).toEqual({ timers: 0, listeners: 0 });
  });
});

const KEPT = process.env["FERMATA_HEAP_RUNS"] ?? "2000";

describe(`${KEPT} runs that are kept in a store`, () => {
  let report: HeapReport;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "fermata-heap-"));
    try {
      report = await reportOf({ FERMATA_HEAP_RUNS: KEPT, FERMATA_HEAP_STORE: `file:${join(folder, "data.db")}` });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 300_000);

  test("leave nothing in the process: the heap is flat from the first half to the second", () => {
    expect(report.heap[2] - report.heap[0]).toBeLessThan(5 * MIB);
    expect(report.heap[2] - report.heap[1]).toBeLessThan(MIB);
  });

  test("leave no timer behind, and no listener on a signal that outlives them", () => {
    expect({ timers: report.timers, listeners: report.listeners }).toEqual({ timers: 0, listeners: 0 });
  });
});
