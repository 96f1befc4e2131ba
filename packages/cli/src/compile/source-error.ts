import { relative } from "node:path";

/** A fault in the app's own code, with the place where it stands. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly reason: string;

  constructor(file: string, source: string, offset: number, reason: string) {
    const before = source.slice(0, offset).split("\n");
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    super(`${reason}\n  at ${relative(process.cwd(), file) || file}:${line}:${column}\n\n${frame(source, line, column)}`);
    this.file = file;
    this.line = line;
    this.column = column;
    this.reason = reason;
    // What matters is the place in the app's code, not the one in the compiler's.
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** The line with its neighbours, and a mark under the place. */
function frame(source: string, line: number, column: number): string {
  const lines = source.split("\n");
  const first = Math.max(1, line - 2);
  const last = Math.min(lines.length, line + 1);
  const width = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const text = (lines[number - 1] ?? "").slice(0, 200);
    shown.push(`${number === line ? ">" : " "} ${String(number).padStart(width)} | ${text}`);
    if (number === line) shown.push(`  ${" ".repeat(width)} | ${" ".repeat(Math.min(column - 1, 200))}^`);
  }
  return shown.join("\n");
}
