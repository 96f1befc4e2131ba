/**
 * The output folder. It is the project again, with the files that a running server needs and no others, each at its own place:
 * so packages find each other as they did, and code that reads a file beside itself finds it.
 */
import { chmodSync, constants, copyFileSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, extname, join, relative, sep } from "node:path";
import { dataModule } from "../compile/compile.ts";
import { commonJsNames, rewrite, type Replacement } from "../compile/rewrite.ts";
import type { AppModule, Graph } from "./graph.ts";
import type { Link } from "./link.ts";
import type { Trace } from "./packages.ts";

/** From the folder that everything lies under to the output folder. */
export class Layout {
  readonly base: string;
  readonly output: string;

  constructor(base: string, output: string) {
    this.base = base;
    this.output = output;
  }

  /** Where a file of the project goes. */
  place(path: string): string {
    return join(this.output, relative(this.base, path));
  }

  /** Where a module goes: compiled ones say by their name how they are to be read. */
  placeOfModule({ path, format }: Pick<AppModule, "path" | "format">): string {
    const extension = extname(path);
    return `${this.place(path).slice(0, -extension.length)}${format === "cjs" ? ".cjs" : ".mjs"}`;
  }

  placeOfData(path: string): string {
    return `${this.place(path)}.mjs`;
  }
}

/** The folder that all of `paths` lie under. */
export function commonFolder(paths: Iterable<string>): string {
  let common: string[] | undefined;
  for (const path of paths) {
    const parts = path.split(sep);
    if (!common) common = parts;
    else {
      const end = common.findIndex((part, index) => part !== parts[index]);
      if (end !== -1) common = common.slice(0, end);
    }
  }
  return common?.join(sep) || sep;
}

export function emit(graph: Graph, trace: Trace, layout: Layout): void {
  const folders = new Folders();
  const write = (path: string, text: string): void => {
    folders.for(path);
    writeFileSync(path, text);
  };
  const formats = new Map(graph.modules.map((module) => [module.path, module]));
  for (const module of graph.modules) {
    const place = layout.placeOfModule(module);
    write(place, withMap(emitModule(module, layout, formats), module, place, write));
  }
  for (const path of graph.data) write(layout.placeOfData(path), dataModule(path));
  for (const path of graph.files) copy(path, layout.place(path), folders);
  for (const { folder, files } of trace.packages)
    for (const file of files) copy(join(folder, file), join(layout.place(folder), file), folders);
  for (const [link, folder] of trace.links) {
    const place = layout.place(link);
    folders.for(place);
    if (!existsSync(place)) symlinkSync(relative(dirname(place), layout.place(folder)), place, "junction");
  }
}

/** Makes folders once each: there are as many as files, nearly. */
class Folders {
  readonly #made = new Set<string>();

  /** The folder of `path` is there. */
  for(path: string): void {
    const folder = dirname(path);
    if (this.#made.has(folder)) return;
    mkdirSync(folder, { recursive: true });
    this.#made.add(folder);
  }
}

function copy(from: string, to: string, folders: Folders): void {
  folders.for(to);
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  // Whoever runs the server may read it, whatever the files' owner was about.
  const { mode } = statSync(from);
  const wanted = (mode & 0o111) === 0 ? 0o644 : 0o755;
  if ((mode & 0o777) !== wanted) chmodSync(to, wanted);
}

function emitModule(module: AppModule, layout: Layout, modules: ReadonlyMap<string, AppModule>): string {
  const from = dirname(layout.placeOfModule(module));
  const replacements = module.links.flatMap((link) => replacementOf(link, from, layout, modules));
  return commonJsNames(module.missingNames) + rewrite(module.code, replacements);
}

function replacementOf({ site, target }: Link, from: string, layout: Layout, modules: ReadonlyMap<string, AppModule>): Replacement[] {
  if (target.kind === "module") {
    const module = modules.get(target.path);
    return module ? [{ site, specifier: relativeTo(from, layout.placeOfModule(module)) }] : [];
  }
  if (target.kind === "modules") return [{ site, specifier: "" }];
  if (target.kind === "data") return [{ site, specifier: relativeTo(from, layout.placeOfData(target.path)), dropAttributes: true }];
  if (target.kind === "package") {
    const { path, isCommonJs } = target;
    if (path === undefined && !(isCommonJs && site.named)) return [];
    return [{ site, specifier: path === undefined ? site.specifier : relativeTo(from, layout.place(path)), isCommonJs }];
  }
  return target.kind === "file" && site.kind !== "url" ? [{ site, specifier: relativeTo(from, layout.place(target.path)) }] : [];
}

/** As an import names it. */
export function relativeTo(from: string, path: string): string {
  const specifier = relative(from, path).split(sep).join("/");
  return specifier.startsWith(".") ? specifier : `./${specifier}`;
}

/** In two parts: as one it would be read as the map of this very file. */
const MAP_COMMENT = ["//# source", "MappingURL="].join("");

function withMap(code: string, module: AppModule, place: string, write: (path: string, text: string) => void): string {
  if (module.map === undefined) return code;
  const name = place.slice(place.lastIndexOf(sep) + 1);
  const { sourcesContent: _source, ...map } = JSON.parse(module.map) as { sourcesContent?: unknown };
  write(`${place}.map`, JSON.stringify({ ...map, sources: [`./${module.path.slice(module.path.lastIndexOf(sep) + 1)}`] }));
  return `${code}\n${MAP_COMMENT}${name}.map\n`;
}
