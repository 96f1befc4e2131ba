/** I-8 for workflows: what a run needs in the process is gone when it has ended or waits; what is kept of it is bounded. `FERMATA_HEAP_RUNS` says of how many. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import type { WorkflowHeapReport } from "../support/workflow-heap-child.ts";

const CHILD = fileURLToPath(new URL("../support/workflow-heap-child.ts", import.meta.url));
const MIB = 1024 * 1024;

describe(`${process.env["FERMATA_HEAP_RUNS"] ?? "5000"} runs of a workflow: 5% wait, 5% are cancelled, 5% are not read to their end`, () => {
  let report: WorkflowHeapReport;
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", "--disable-warning=ExperimentalWarning", CHILD]);
    report = JSON.parse(stdout) as WorkflowHeapReport;
  }, 120_000);

  test("leave the heap flat from the first half to the second", () => {
    expect(report.heap[2] - report.heap[1]).toBeLessThan(2 * MIB);
    expect(report.heap[2] - report.heap[0]).toBeLessThan(5 * MIB);
  });

  test("leave nothing at work and no timer", () => {
    expect({ live: report.live, timers: report.timers }).toEqual({ live: 0, timers: 0 });
  });
});
