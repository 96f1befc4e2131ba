/** Who may import whom. The design's picture as data, and one pure function that holds a set of files against it. */
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { parseSync } from "oxc-parser";

/** A source file: its path from the repository's root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Fault {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

interface Import {
  readonly line: number;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const library = "packages/fermata/src/";

/** The rooms of the library from left to right. A room imports from rooms to its left. */
const rooms = [
  ["errors", "telemetry"],
  ["schema"],
  ["context"],
  ["models"],
  ["storage"],
  ["auth"],
  ["runs"],
  ["tools"],
  ["memory"],
  ["agents"],
  ["workflows"],
  ["engines"],
  ["mastra"],
  ["protocols"],
  ["server"],
  ["adapters"],
  ["cli"],
] as const;
const position = new Map<string, number>(rooms.flatMap((names, index) => names.map((name) => [name, index] as const)));

/** They put the rooms together, so they may import all of them, and no room imports them. */
const edges = new Set(["index", "serve", "testing"]);
/** An entry point that has things of other rooms to offer. */
const entryPointsBetweenRooms = new Set([`${library}server/index.ts`]);
const readersOfTheContract = new Set(["server", "protocols", "client"]);

/** Where code may touch Node itself. Everywhere else the web's interfaces do, and the code runs on any runtime. */
const nodeAllowed = [
  /^packages\/fermata\/src\/(adapters|telemetry|cli|testing)\//,
  /^packages\/fermata\/src\/auth\/firebase\.ts$/,
  /^packages\/fermata\/src\/serve(\.ts$|\/)/,
  /^packages\/fermata\/src\/storage\/(sqlite|postgres)/,
  /^packages\/fermata\/src\/models\/(resolve|installed-package)/,
  /^packages\/(?:cli|create-fermata)\/src\//,
];

const isTest = (path: string): boolean => /\.test(-d)?\.ts$/.test(path) || /\/(test|fixtures)\//.test(path);
const isConfig = (path: string): boolean => /(^|\/)([\w-]+\.config|knip)\.ts$/.test(path);

/** The room of a file of the library: the folder under `src`, or the file's own name at the top. */
function roomOf(path: string): string | undefined {
  if (!path.startsWith(library)) return undefined;
  if (entryPointsBetweenRooms.has(path)) return "index";
  const [first = ""] = path.slice(library.length).split("/");
  return first.replace(/\.ts$/, "");
}

/** Why a file in room `from` must not import from room `to`, or `undefined` when it may. */
function directionFault(from: string, to: string, typeOnly: boolean): string | undefined {
  if (from === to || edges.has(from)) return undefined;
  if (edges.has(to)) return `"${to}" stands at the package's edge: no room imports it`;
  if (from === "contract")
    return to === "errors" && typeOnly ? undefined : "the contract imports zod, itself, and types of errors.ts alone";
  if (from === "client") return to === "contract" || typeOnly ? undefined : "the client imports the contract and types alone";
  if (from === "react") return to === "client" || typeOnly ? undefined : "the hooks import the client and types alone";
  if (to === "contract") return readersOfTheContract.has(from) ? undefined : "the contract is read by server, protocols and client alone";
  if (to === "client") return "no room but react imports the client";
  const [left, right] = [position.get(to), position.get(from)];
  if (left === undefined || right === undefined)
    return `no rule names the room "${left === undefined ? to : from}": give it a place in scripts/import-rules.ts`;
  return left < right ? undefined : `"${from}" may import from rooms to its left alone, and "${to}" is not one`;
}

function packageFault(file: SourceFile, room: string | undefined, { specifier, typeOnly }: Import): string | undefined {
  if (isTest(file.path) || !file.path.startsWith("packages/")) return undefined;
  if (isBuiltin(specifier)) {
    if (specifier.replace(/^node:/, "") === "buffer") return "Uint8Array, not Buffer";
    if (!specifier.startsWith("node:")) return `write "node:${specifier}"`;
    return isConfig(file.path) || nodeAllowed.some((pattern) => pattern.test(file.path))
      ? undefined
      : "this file must run without Node: take what it needs as a parameter";
  }
  if (room === undefined) return undefined;
  if (specifier === "fermata" || specifier.startsWith("fermata/")) return "inside the library, import the file itself";
  if (room === "contract" && specifier !== "zod" && !specifier.startsWith("zod/"))
    return "the contract imports zod, itself, and types of errors.ts alone";
  if (room === "client" && !typeOnly) return "the client imports the contract and types alone";
  if (room === "react" && specifier !== "react" && !typeOnly) return "the hooks import react, the client and types alone";
  if (specifier === "@ai-sdk/provider" && !typeOnly) return "only types come from the provider interface";
  return undefined;
}

/** Why the file at `path` must not import the file at `target`, or `undefined` when it may. */
function fileFault(path: string, target: string, typeOnly: boolean): string | undefined {
  if (!(path.startsWith("packages/") ? /\.(ts|json)$/ : /\.([mc]?[jt]s|json)$/).test(target))
    return "a relative import names its file, with .ts";
  const owner = /^packages\/[^/]+\//.exec(target)?.[0];
  if (owner !== undefined && !path.startsWith(owner)) return "import another package by its name, not by its path";
  if (isTest(path) || isConfig(path)) return undefined;
  const [from, to] = [roomOf(path), roomOf(target)];
  if (from === undefined) return undefined;
  if (to === undefined) return "the library's sources import nothing from outside `src`";
  if (isTest(target)) return "a source does not import a test";
  return directionFault(from, to, typeOnly);
}

/** All imports of a file, re-exports and literal `import()` included; and what is wrong with its exports. */
function read(file: SourceFile): { imports: Import[]; faults: Fault[] } {
  const { module, program } = parseSync(file.path, file.text);
  const lineAt = (offset: number): number => file.text.slice(0, offset).split("\n").length;
  const imports: Import[] = [];
  const faults: Fault[] = [];
  const fault = (offset: number, message: string): void => void faults.push({ path: file.path, line: lineAt(offset), message });
  for (const node of program.body) {
    if (node.type === "ImportDeclaration")
      imports.push({ line: lineAt(node.start), specifier: node.source.value, typeOnly: node.importKind === "type" });
    else if (node.type === "ExportAllDeclaration") {
      imports.push({ line: lineAt(node.start), specifier: node.source.value, typeOnly: node.exportKind === "type" });
      fault(node.start, "no `export *`: name what leaves the file");
    } else if (node.type === "ExportNamedDeclaration" && node.source) {
      imports.push({ line: lineAt(node.start), specifier: node.source.value, typeOnly: node.exportKind === "type" });
    } else if (node.type === "ExportDefaultDeclaration" && !isConfig(file.path)) fault(node.start, "named exports alone, no default");
  }
  for (const { start, moduleRequest } of module.dynamicImports) {
    const literal = /^(["'])(.*)\1$/.exec(file.text.slice(moduleRequest.start, moduleRequest.end))?.[2];
    if (literal !== undefined) imports.push({ line: lineAt(start), specifier: literal, typeOnly: false });
  }
  return { imports, faults };
}

/** Circles among the files, each once, as the list of its paths. */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const visit = (path: string): void => {
    state.set(path, "open");
    trail.push(path);
    for (const next of graph.get(path) ?? []) {
      if (state.get(next) === "open") cycles.push(trail.slice(trail.indexOf(next)));
      else if (!state.has(next)) visit(next);
    }
    trail.pop();
    state.set(path, "done");
  };
  for (const path of graph.keys()) if (!state.has(path)) visit(path);
  return cycles;
}

/** Everything in `files` that breaks a rule, in the order of the files. Empty when the house is in order. */
export function findImportFaults(files: readonly SourceFile[]): Fault[] {
  const faults: Fault[] = [];
  const graph = new Map<string, string[]>();
  const usersOfSqlite: Fault[] = [];
  for (const file of files) {
    const found = read(file);
    const targets: string[] = [];
    faults.push(...found.faults);
    for (const item of found.imports) {
      const { line, specifier, typeOnly } = item;
      const isRelative = specifier.startsWith(".");
      const target = posix.join(posix.dirname(file.path), specifier);
      if (isRelative) targets.push(target);
      const message = isRelative ? fileFault(file.path, target, typeOnly) : packageFault(file, roomOf(file.path), item);
      if (message !== undefined) faults.push({ path: file.path, line, message: `imports "${specifier}": ${message}` });
      if (specifier === "node:sqlite" && file.path.startsWith(library) && !isTest(file.path)) {
        usersOfSqlite.push({
          path: file.path,
          line,
          message: `imports "node:sqlite": one file of the library does, so that it can be replaced`,
        });
      }
    }
    graph.set(file.path, targets);
  }
  if (new Set(usersOfSqlite.map(({ path }) => path)).size > 1) faults.push(...usersOfSqlite);
  for (const cycle of findCycles(graph)) {
    const [path = ""] = cycle;
    faults.push({ path, line: 1, message: `circle of imports: ${[...cycle, path].join(" -> ")}` });
  }
  return faults;
}
