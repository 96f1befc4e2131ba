/** I-8: what a run needs in the process is gone when the run is over, however it ended. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import type { HeapReport } from "../support/heap-child.ts";

const CHILD = fileURLToPath(new URL("../support/heap-child.ts", import.meta.url));
const MIB = 1024 * 1024;

describe("20,000 runs: 5% aborted in the middle, 5% suspended, 5% never read to their end", () => {
  let report: HeapReport;
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", "--disable-warning=ExperimentalWarning", CHILD]);
    report = JSON.parse(stdout) as HeapReport;
  }, 120_000);

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
