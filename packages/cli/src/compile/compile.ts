/** One file of the app as a module that Node runs: types, JSX and enums become JavaScript, everything else stays as it is. */
import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { parseSync, transformSync } from "rolldown/utils";
import { isJson, needsCompiling } from "./file-kinds.ts";
import { helperCode } from "./helpers.ts";
import { readImports, readModule, type ImportSite, type ModuleReading } from "./read-module.ts";
import { SourceError } from "./source-error.ts";

export interface CompiledModule extends ModuleReading {
  readonly path: string;
  readonly code: string;
  /** A source map, when one was asked for and the code differs from the source. */
  readonly map: string | undefined;
}

/** @throws SourceError for code that does not parse. */
export function compile(path: string, options: { readonly sourcemap: boolean; readonly source?: string }): CompiledModule {
  const source = options.source ?? readFileSync(path, "utf8");
  const extension = extname(path);
  let code = source;
  let map: string | undefined;
  if (needsCompiling(path) || (extension === ".js" && mayHoldJsx(source))) {
    const result = transformSync(path, source, {
      lang: extension === ".tsx" || extension === ".jsx" ? (extension.slice(1) as "tsx" | "jsx") : extension === ".js" ? "jsx" : "ts",
      sourceType: extension === ".cts" ? "commonjs" : "module",
      sourcemap: options.sourcemap,
      target: "node22.15",
      tsconfig: true,
      helpers: { mode: "External" },
    });
    const [fault] = result.errors;
    if (fault) throw new SourceError(path, source, offsetOf(fault, source), reasonOf(fault, path));
    const helpers = helperCode(Object.keys(result.helpersUsed));
    if (helpers === undefined)
      throw new SourceError(path, source, 0, `This needs ${Object.keys(result.helpersUsed).join(", ")}, which Node does not have.`);
    code = helpers + result.code;
    map = result.map ? JSON.stringify(result.map) : undefined;
  }
  const parsed = parseSync(path, code, {
    lang: "js",
    sourceType: extension === ".cjs" || extension === ".cts" ? "commonjs" : "unambiguous",
  });
  const [fault] = parsed.errors;
  if (fault) throw new SourceError(path, source, fault.labels[0]?.start ?? 0, fault.message);
  return { path, code, map, ...readModule(code, parsed, extension) };
}

/** What a file imports that is JavaScript already; `undefined` when it is none. */
export function importsOf(path: string): readonly ImportSite[] | undefined {
  const code = readFileSync(path, "utf8");
  const parsed = parseSync(path, code, { lang: "js", sourceType: extname(path) === ".cjs" ? "commonjs" : "unambiguous" });
  return parsed.errors.length === 0 ? readImports(code, parsed) : undefined;
}

/** Whether the file can only be an ES module. */
export function hasModuleSyntax(path: string): boolean {
  const source = readFileSync(path, "utf8");
  return /\b(?:import|export)\b/.test(source) && parseSync(path, source, { lang: "js", sourceType: "unambiguous" }).module.hasModuleSyntax;
}

/** Plain `.js` is left alone, unless it holds JSX, as some put there. */
function mayHoldJsx(source: string): boolean {
  return (
    /<[A-Za-z>]/.test(source) &&
    /(?:\(|return|=>|=|\?|:|,)\s*<[A-Za-z>]/.test(source) &&
    parseSync("a.js", source, { lang: "js" }).errors.length > 0
  );
}

interface Fault {
  readonly message: string;
  readonly pos?: number;
  readonly loc?: { readonly line: number; readonly column: number };
}

function offsetOf(fault: unknown, source: string): number {
  const { pos, loc } = fault as Fault; // as the compiler reports faults
  if (!loc) return pos ?? 0;
  const lines = source.split("\n");
  return lines.slice(0, loc.line - 1).reduce((sum, line) => sum + line.length + 1, 0) + loc.column;
}

/** The compiler's message without its colours, its tag and its own picture of the code. */
function reasonOf(fault: unknown, path: string): string {
  const text = (fault as Fault).message.replaceAll(/\u001B\[[\d;]*m/g, "");
  const [first = ""] = text.split("\n");
  return first.replace(/^\[[A-Z_]+\]\s*/, "").trim() || `${basename(path)} cannot be read.`;
}

const NAME = /^[A-Za-z_$][\w$]*$/;
const RESERVED = new Set(
  "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield".split(
    " ",
  ),
);

/** A data file as a module: text as a string, JSON as its value, with its members by name as TypeScript knows them. */
export function dataModule(path: string): string {
  const source = readFileSync(path, "utf8");
  if (!isJson(path)) return `export default ${JSON.stringify(source)};\n`;
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    const at = /position (\d+)/.exec(String(error))?.[1];
    throw new SourceError(path, source, Number(at ?? 0), "This is not JSON.");
  }
  const names = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  const exported = names.filter((name) => NAME.test(name) && !RESERVED.has(name));
  return [
    `const data = ${JSON.stringify(value)};`,
    "export default data;",
    ...exported.map((name, index) => `const _${index} = data[${JSON.stringify(name)}];\nexport { _${index} as ${name} };`),
    "",
  ].join("\n");
}
