/** The tables of a run, as text. */
import { CASES } from "./cases.ts";
import type { ServerName } from "./child.ts";
import { failed, type CaseNumbers } from "./measure.ts";
import { cpuRatio, ok, times, toMb, type Check, type Results } from "./targets.ts";

type Row = readonly string[];
const MISSING = "–";

export function report(results: Results, servers: readonly ServerName[]): string {
  const parts: string[] = [];
  if (Object.keys(results.cases).length > 0) {
    parts.push(caseTable(results, servers, "CPU ms per request", "cpuMs", cpuDigits, true));
    parts.push(caseTable(results, servers, "requests/s", "perSecond", (value) => value.toFixed(0)));
    parts.push(caseTable(results, servers, "p50 ms", "p50Ms", (value) => value.toFixed(2)));
    parts.push(caseTable(results, servers, "p99 ms", "p99Ms", (value) => value.toFixed(2)));
  }
  if (Object.keys(results.starts).length + Object.keys(results.sizes).length > 0) parts.push(programTable(results));
  const problems = failures(results);
  if (problems.length > 0) parts.push(["Failed", ...problems.map((problem) => `  ${problem}`)].join("\n"));
  return parts.join("\n\n");
}

function caseTable(
  results: Results,
  servers: readonly ServerName[],
  title: string,
  key: keyof CaseNumbers,
  show: (value: number) => string,
  ratios = false,
): string {
  const rows = CASES.filter(({ id }) => results.cases[id]).map(({ id, title: name }) => {
    const byServer = results.cases[id] ?? {};
    const cells = servers.map((server) => shown(ok(byServer[server])?.[key], show));
    if (!ratios) return [name, ...cells];
    return [name, ...cells, shown(cpuRatio(byServer, "fermata", "floor"), times), shown(cpuRatio(byServer, "official", "fermata"), times)];
  });
  return table([[title, ...servers, ...(ratios ? ["fermata / floor", "official / fermata"] : [])], ...rows]);
}

function programTable(results: Results): string {
  const names = [...new Set([...Object.keys(results.starts), ...Object.keys(results.sizes)])];
  const starts = names.map((name) => ok(results.starts[name]));
  const sizes = names.map((name) => ok(results.sizes[name]));
  const rows: Row[] = [["", ...names]];
  if (Object.keys(results.starts).length > 0) {
    rows.push(["start to first 200, ms", ...starts.map((start) => shown(start?.startMs, (ms) => ms.toFixed(0)))]);
    rows.push(["idle memory (RSS), MB", ...starts.map((start) => shown(start && toMb(start.idleRssBytes), (mb) => mb.toFixed(0)))]);
  }
  if (Object.keys(results.sizes).length > 0) {
    rows.push(["installed, MB", ...sizes.map((size) => shown(size && toMb(size.bytes), (mb) => mb.toFixed(1)))]);
    rows.push(["installed packages", ...sizes.map((size) => shown(size?.packages, String))]);
  }
  return table(rows);
}

export function checkTable(checks: readonly Check[]): string {
  const verdict = ({ reached }: Check) => (reached === undefined ? "not measured" : reached ? "reached" : "NOT REACHED");
  return table([["Target", "measured", ""], ...checks.map((check) => [check.target, check.measured ?? MISSING, verdict(check)])]);
}

export function failures({ cases, starts, sizes }: Results): string[] {
  return Object.entries({ ...cases, start: starts, size: sizes }).flatMap(([what, byServer]) =>
    Object.entries(byServer).flatMap(([server, result]) => (failed(result) ? [`${what}, ${server}: ${result.failed}`] : [])),
  );
}

const cpuDigits = (ms: number): string => ms.toFixed(ms < 1 ? 3 : 2);

function shown<T>(value: T | undefined, show: (value: T) => string): string {
  return value === undefined ? MISSING : show(value);
}

/** First column to the left, the others to the right; the first row is the heading. */
export function table(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: Row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("   ")
      .trimEnd();
  const [heading = [], ...body] = rows.map(line);
  return [heading, "-".repeat(widths.reduce((sum, width) => sum + width + 3, -3)), ...body].join("\n");
}
