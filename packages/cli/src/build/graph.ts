/** All of the app's own modules, from its entry, with what they need. */
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { compile, type CompiledModule } from "../compile/compile.ts";
import { isCode } from "../compile/file-kinds.ts";
import { SourceError } from "../compile/source-error.ts";
import type { Resolver } from "../compile/resolve.ts";
import { Linker, type Link } from "./link.ts";

export interface AppModule extends CompiledModule {
  readonly links: readonly Link[];
}

export interface Graph {
  readonly modules: readonly AppModule[];
  /** JSON and text files that are imported. */
  readonly data: readonly string[];
  /** Files that are read at run time. */
  readonly files: readonly string[];
  /** Imports that lead nowhere and may be meant to: in a `require`, or an `import()`. */
  readonly warnings: readonly string[];
}

/** @throws SourceError for code that does not parse, or an import that leads nowhere. */
export function readGraph(entry: string, sourceFolder: string, resolver: Resolver, sourcemap: boolean): Graph {
  const linker = new Linker(resolver);
  const modules = new Map<string, AppModule>();
  const data = new Set<string>();
  const files = new Set<string>();
  const warnings: string[] = [];
  const queue = [realpathSync(entry)];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (modules.has(path)) continue;
    const compiled = compile(path, { sourcemap });
    const links = linker.links(compiled);
    modules.set(path, { ...compiled, links });
    for (const { site, target } of links) {
      if (target.kind === "module") queue.push(target.path);
      else if (target.kind === "modules") queue.push(...target.paths);
      else if (target.kind === "data") data.add(target.path);
      else if (target.kind === "file") addFiles(target.path, files);
      else if (target.kind === "missing") {
        if (site.kind === "static") throw unresolved(compiled, site.specifier, site.start);
        if (site.kind !== "url") warnings.push(`${path}: "${site.specifier}" was not found.`);
      }
    }
    for (const file of compiled.files) addFiles(resolve(dirname(path), file), files);
    for (const file of filesBeside(dirname(path))) files.add(file);
  }
  for (const file of assetsUnder(sourceFolder)) files.add(file);
  return { modules: sorted(modules.values(), ({ path }) => path), data: sorted(data), files: sorted(files), warnings };
}

function unresolved(module: CompiledModule, specifier: string, start: number): SourceError {
  return new SourceError(
    module.path,
    module.code,
    start,
    `Cannot find "${specifier}". If it is a package, install it; if it is a file, check its name.`,
  );
}

function addFiles(path: string, files: Set<string>): void {
  if (!existsSync(path) || path.includes("node_modules")) return;
  if (statSync(path).isFile()) {
    if (!isCode(path)) files.add(path);
  } else for (const file of assetsUnder(path)) files.add(file);
}

/** What a program writes while it runs, or an editor leaves behind, is no part of the app. */
const NOT_ASSETS = /^\.|~$|\.(?:db|sqlite3?|db-(?:wal|shm|journal)|log|tsbuildinfo|map|tmp|swp)$|\.(?:test|spec)\.|\.d\.[cm]?ts$/;

const isAsset = (path: string): boolean => !NOT_ASSETS.test(basename(path)) && !isCode(path);

function filesBeside(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        isAsset(entry.name) &&
        !/^(?:package(?:-lock)?|tsconfig.*)\.json$|\.lock$|lock\.yaml$|^Dockerfile/.test(entry.name),
    )
    .map((entry) => join(folder, entry.name));
}

function assetsUnder(folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith(".")) found.push(...assetsUnder(path));
    else if (entry.isFile() && isAsset(path)) found.push(path);
  }
  return found;
}

function sorted<T>(values: Iterable<T>, key: (value: T) => string = String): T[] {
  return [...values].toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
