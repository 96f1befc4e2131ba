/** `fermata build`: from the app's sources and what is installed to a folder that runs by itself. No network, no install. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createResolver, findPackage } from "../compile/resolve.ts";
import { findLibrary } from "../library.ts";
import type { Project } from "../project.ts";
import { commonFolder, emit, Layout, relativeTo } from "./emit.ts";
import { instanceEntry, migrateEntry, outputManifest, serverEntry } from "./entry.ts";
import { readGraph, type Graph } from "./graph.ts";
import { tracePackages, type PackageUse, type Trace } from "./packages.ts";
import { replaceFolder, sizeOf } from "./output-folder.ts";
import { billOfMaterials } from "./sbom.ts";

export interface BuildOptions {
  /** Default `.mastra/output` in the project. */
  readonly output?: string;
  readonly sourcemap?: boolean;
  /** Called when a part of the work begins. */
  readonly onProgress?: (what: string) => void;
}

export interface BuildResult {
  readonly output: string;
  readonly modules: number;
  readonly packages: number;
  readonly bytes: number;
  readonly ms: number;
  readonly warnings: readonly string[];
  /** Packages in the app's `dependencies` that nothing was seen to use. */
  readonly unused: readonly string[];
}

/** @throws SourceError for a fault in the app's code; CommandError when the library is not installed. */
export function build(project: Project, options: BuildOptions = {}): BuildResult {
  const start = performance.now();
  const output = options.output ?? join(project.root, ".mastra", "output");
  const resolver = createResolver();
  options.onProgress?.("Reading the app");
  const graph = readGraph(project.entry, project.sourceFolder, resolver, options.sourcemap ?? false);
  const library = findLibrary(project, resolver, () => graph);
  options.onProgress?.("Tracing its packages");
  const trace = tracePackages(usesOf(project, graph, library));
  options.onProgress?.("Writing");
  const next = `${output}.${process.pid}`;
  rmSync(next, { recursive: true, force: true });
  try {
    write(project, graph, trace, library.path, next);
    const bytes = sizeOf(next);
    replaceFolder(next, output);
    const taken = new Set(trace.packages.map(({ name }) => name));
    return {
      output,
      modules: graph.modules.length,
      packages: trace.packages.length,
      bytes,
      ms: performance.now() - start,
      warnings: [...graph.warnings, ...trace.warnings],
      unused: Object.keys(project.manifest.dependencies ?? {}).filter((name) => !taken.has(name) && isForeign(project, name)),
    };
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

/** Every package that the app asks for, and from where. */
export function usesOf(project: Project, graph: Graph, library: { readonly path: string; readonly importer: string }): PackageUse[] {
  const uses: PackageUse[] = [{ name: "fermata", from: dirname(library.importer), entry: library.path }];
  for (const { path, links } of graph.modules) {
    for (const { site, target } of links) {
      if (target.kind !== "package") continue;
      const from = dirname(path);
      // What stands in a `try` may be missing, and has been found by now if it is there.
      if (site.kind === "static" || findPackage(from, target.name)) uses.push({ name: target.name, from, entry: target.file });
    }
  }
  for (const name of lookedUpByName(project)) if (findPackage(project.root, name)) uses.push({ name, from: project.root });
  return uses;
}

/** Model packages are looked up at run time by the name of a model, drivers by the kind of a store. */
const LOOKED_UP = /^@ai-sdk\/|\bai-(?:sdk-)?provider\b|^(?:pg|pino-pretty)$/;

function lookedUpByName({ manifest }: Project): string[] {
  const names = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  return [...names.filter((name) => LOOKED_UP.test(name)), ...(manifest.fermata?.include ?? [])];
}

/** Not of the same workspace: those are compiled, and need no copy. */
function isForeign({ root }: Project, name: string): boolean {
  return findPackage(root, name)?.folder.includes("node_modules") ?? false;
}

function write(project: Project, graph: Graph, trace: Trace, library: string, output: string): void {
  const paths = [project.root, ...graph.modules.map(({ path }) => path), ...graph.files, ...trace.packages.map(({ folder }) => folder)];
  const base = commonFolder([...paths, ...trace.links.keys()]);
  // An app whose modules lie at the top of its project would write over the output's own files.
  const isAtTop = graph.modules.some(({ path }) => dirname(path) === base);
  const layout = new Layout(base, isAtTop ? join(output, "app") : output);
  mkdirSync(output, { recursive: true });
  const { name, manifest } = project;
  writeFileSync(join(output, "package.json"), outputManifest(name, manifest.version));
  emit(graph, trace, layout);
  const [entry] = graph.modules.filter(({ path }) => path === project.entry);
  if (!entry) throw new Error("The entry is not among the modules."); // it is where reading them began
  const app = relativeTo(output, layout.placeOfModule(entry));
  writeFileSync(join(output, "index.mjs"), serverEntry(relativeTo(output, layout.place(library))));
  writeFileSync(join(output, "mastra.mjs"), instanceEntry(app));
  writeFileSync(join(output, "migrate.mjs"), migrateEntry());
  writeFileSync(join(output, "sbom.cdx.json"), billOfMaterials({ name, version: manifest.version }, trace.packages));
  const publicFolder = join(project.sourceFolder, "public");
  if (existsSync(publicFolder)) cpSync(publicFolder, join(output, "public"), { recursive: true });
}
