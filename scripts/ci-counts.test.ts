import { describe, expect, it } from "vitest";
import { countsOf, summaryLine } from "./ci-counts.ts";

const count = (exitCode: number, report?: unknown) =>
  countsOf({ name: "part", exitCode, report: typeof report === "string" || report === undefined ? report : JSON.stringify(report) });

const vitest = { numPassedTests: 4, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1, testResults: [] };

describe("counts of a part", () => {
  it("are what vitest reports, skipped and todo together", () => {
    expect(count(0, vitest)).toEqual({ passed: 4, failed: 0, skipped: 2 });
  });

  it("are what the checks report", () => {
    expect(count(1, { passed: 7, failed: 2 })).toEqual({ passed: 7, failed: 2, skipped: 0 });
  });

  it("hold a test file that could not be loaded as one failure", () => {
    const report = {
      ...vitest,
      testResults: [
        { status: "failed", assertionResults: [] },
        { status: "passed", assertionResults: [] },
      ],
    };
    expect(count(1, report)).toEqual({ passed: 4, failed: 1, skipped: 2 });
  });

  it("do not count a failed test twice, for itself and for its file", () => {
    const report = { ...vitest, numFailedTests: 1, testResults: [{ status: "failed", assertionResults: [{ status: "failed" }] }] };
    expect(count(1, report)).toEqual({ passed: 4, failed: 1, skipped: 2 });
  });

  it.each([
    ["ended badly although every test passed", 1, vitest, { passed: 4, failed: 1, skipped: 2 }],
    ["left no report", 0, undefined, { passed: 0, failed: 1, skipped: 0 }],
    ["left half a report", 137, `{"numPassedTests": 4`, { passed: 0, failed: 1, skipped: 0 }],
    ["left a report without counts", 0, {}, { passed: 0, failed: 1, skipped: 0 }],
    ["ran nothing", 0, { passed: 0, failed: 0 }, { passed: 0, failed: 1, skipped: 0 }],
  ])("hold one failure when it %s", (_name, exitCode, report, expected) => {
    expect(count(exitCode, report)).toEqual(expected);
  });
});

describe("the last line", () => {
  it("leaves out the skipped when there are none", () => {
    expect(summaryLine({ passed: 3, failed: 0, skipped: 0 })).toBe("3 passed, 0 failed");
  });

  it("names the skipped when there are some", () => {
    expect(summaryLine({ passed: 3, failed: 1, skipped: 2 })).toBe("3 passed, 1 failed, 2 skipped");
  });
});
