/** Counts of passed, failed and skipped, from what the parts of a run left behind. */

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What one part left behind: its exit code, and its report when it got as far as writing one. */
export interface PartResult {
  readonly name: string;
  readonly exitCode: number;
  readonly report: string | undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const numberAt = (value: Record<string, unknown>, key: string): number | undefined =>
  typeof value[key] === "number" ? value[key] : undefined;

function parse(report: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(report ?? "");
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined; // a part that was killed leaves half a report: the same as none
  }
}

/** Test files that failed before any of their tests could be counted (an import that does not resolve, a failing set-up). */
function failedFiles(report: Record<string, unknown>): number {
  const files: unknown = report.testResults;
  if (!Array.isArray(files)) return 0;
  return files.filter(
    (file: unknown) =>
      isRecord(file) &&
      file.status === "failed" &&
      Array.isArray(file.assertionResults) &&
      !file.assertionResults.some((test: unknown) => isRecord(test) && test.status === "failed"),
  ).length;
}

function reported(report: Record<string, unknown>): Counts | undefined {
  const passed = numberAt(report, "numPassedTests") ?? numberAt(report, "passed");
  const failed = numberAt(report, "numFailedTests") ?? numberAt(report, "failed");
  if (passed === undefined || failed === undefined) return undefined;
  const skipped = (numberAt(report, "numPendingTests") ?? 0) + (numberAt(report, "numTodoTests") ?? 0);
  return { passed, failed: failed + failedFiles(report), skipped };
}

/** The counts of one part. A part that ended badly without naming a failure, or left no report, counts as one failure. */
export function countsOf({ exitCode, report }: PartResult): Counts {
  const value = parse(report);
  const counts = (value && reported(value)) ?? undefined;
  if (counts === undefined) return { passed: 0, failed: 1, skipped: 0 };
  if (counts.passed + counts.failed === 0) return { ...counts, failed: 1 };
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** `12 passed, 0 failed`, and `, 3 skipped` when some were. */
export function summaryLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
