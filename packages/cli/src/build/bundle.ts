/** `fermata build --bundle`: the app and all that it uses in one file, for those who want one. Native files cannot be in it. */
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { rolldown } from "rolldown";
import { isText } from "../compile/file-kinds.ts";
import { createResolver, isNodeBuiltin } from "../compile/resolve.ts";
import { findLibrary } from "../library.ts";
import type { Project } from "../project.ts";
import { CommandError } from "../terminal/usage-error.ts";
import { usesOf, type BuildOptions, type BuildResult } from "./build.ts";
import { bundledEntry, outputManifest } from "./entry.ts";
import { readGraph, type Graph } from "./graph.ts";
import { replaceFolder, sizeOf } from "./output-folder.ts";
import { tracePackages, type TracedPackage } from "./packages.ts";

const ENTRY = "\0fermata:server";

/** @throws CommandError with what the bundler says. */
export async function bundle(project: Project, options: BuildOptions = {}): Promise<BuildResult> {
  const start = performance.now();
  const output = options.output ?? join(project.root, ".mastra", "output");
  const resolver = createResolver();
  const graph = readGraph(project.entry, project.sourceFolder, resolver, false);
  const library = findLibrary(project, resolver, () => graph);
  refuseNative(tracePackages(usesOf(project, graph, library)).packages);
  options.onProgress?.("Bundling");
  const next = `${output}.${process.pid}`;
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });
  const warnings = [...graph.warnings, ...whatStaysOutside(project, graph)];
  try {
    const build = await rolldown({
      input: { index: ENTRY },
      platform: "node",
      cwd: project.root,
      tsconfig: true,
      // What is not found is said already, by the app's graph.
      onLog: (level, log) => void (level === "warn" && log.code !== "UNRESOLVED_IMPORT" && warnings.push(plain(log.message))),
      plugins: [
        {
          name: "fermata",
          resolveId: (id) => (id === ENTRY ? id : undefined),
          load(id) {
            if (id === ENTRY) return bundledEntry({ library: library.path, app: project.entry });
            return isText(id) ? { code: `export default ${JSON.stringify(readFileSync(id, "utf8"))}`, moduleType: "js" } : undefined;
          },
        },
      ],
    });
    const { output: chunks } = await build.write({
      dir: next,
      format: "esm",
      entryFileNames: "index.mjs",
      codeSplitting: false,
      sourcemap: options.sourcemap ?? false,
    });
    await build.close();
    writeFileSync(join(next, "package.json"), outputManifest(project.name, project.manifest.version));
    copyPage(library.place.folder, next);
    const modules = chunks.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
    const bytes = sizeOf(next);
    replaceFolder(next, output);
    return { output, modules: modules.length, packages: 0, bytes, ms: performance.now() - start, warnings, unused: [] };
  } catch (error) {
    if (error instanceof Error && "errors" in error) throw new CommandError(plain(error.message));
    throw error;
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

const plain = (text: string): string => text.replaceAll(/\u001B\[[\d;]*m/g, "");

/** @throws CommandError that names the packages whose code is not JavaScript alone. */
function refuseNative(packages: readonly TracedPackage[]): void {
  const native = packages.filter(({ files }) => files.some((file) => /\.(?:node|wasm|so(?:\.[\d.]+)?|dylib|dll)$/.test(file)));
  if (native.length === 0) return;
  const names = [...new Set(native.map(({ name }) => name))].join(", ");
  throw new CommandError(
    `One file cannot hold the native code of ${names}. Build without --bundle: the output runs by itself all the same.`,
  );
}

/** What the app's code asks for while it runs: a single file has none of it beside itself. */
function whatStaysOutside({ root }: Project, { modules }: Graph): string[] {
  return modules.flatMap(({ path, format, imports, files }) => {
    const outside = [
      ...files,
      ...imports
        .filter(({ kind, specifier }) => kind === "url" || (kind === "require" && format === "esm" && !isNodeBuiltin(specifier)))
        .map(({ specifier }) => specifier),
    ];
    return [...new Set(outside)].map((name) => `${relative(root, path)} looks for "${name}" while it runs, which is not in the one file.`);
  });
}

/** The API page's files, where the library looks for them. */
function copyPage(library: string, output: string): void {
  const from = join(library, "dist", "assets", "swagger-ui");
  const home = join(output, "node_modules", "fermata");
  const to = join(home, "dist", "assets", "swagger-ui");
  mkdirSync(to, { recursive: true });
  copyFileSync(join(library, "package.json"), join(home, "package.json"));
  for (const name of readdirSync(from)) if (statSync(join(from, name)).isFile()) copyFileSync(join(from, name), join(to, basename(name)));
}
