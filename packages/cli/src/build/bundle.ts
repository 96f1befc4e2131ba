/** `fermata build --bundle`: the app and all that it uses in one file, for those who want one. Native files cannot be in it. */
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { isText } from "../compile/file-kinds.ts";
import { createResolver, findPackage } from "../compile/resolve.ts";
import type { Project } from "../project.ts";
import { CommandError } from "../terminal/usage-error.ts";
import type { BuildOptions, BuildResult } from "./build.ts";
import { bundledEntry, outputManifest } from "./entry.ts";
import { replaceFolder, sizeOf } from "./output-folder.ts";

const ENTRY = "\0fermata:server";

/** @throws CommandError with what the bundler says. */
export async function bundle(project: Project, options: BuildOptions = {}): Promise<BuildResult> {
  const start = performance.now();
  const output = options.output ?? join(project.root, ".mastra", "output");
  const library = createResolver().findAsNode(project.entry, "fermata", "import");
  const place = findPackage(dirname(project.entry), "fermata");
  if (library === undefined || !place) throw new CommandError('The package "fermata" is not installed: run npm install fermata.');
  options.onProgress?.("Bundling");
  const next = `${output}.${process.pid}`;
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });
  const warnings: string[] = [];
  try {
    const build = await rolldown({
      input: { index: ENTRY },
      platform: "node",
      cwd: project.root,
      tsconfig: true,
      onLog: (level, log) => void (level === "warn" && warnings.push(log.message)),
      plugins: [
        {
          name: "fermata",
          resolveId: (id) => (id === ENTRY ? id : undefined),
          load(id) {
            if (id === ENTRY) return bundledEntry({ library, app: project.entry });
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
    copyPage(place.folder, next);
    const modules = chunks.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
    const bytes = sizeOf(next);
    replaceFolder(next, output);
    return { output, modules: modules.length, packages: 0, bytes, ms: performance.now() - start, warnings, unused: [] };
  } catch (error) {
    if (error instanceof Error && "errors" in error) throw new CommandError(error.message.replaceAll(/\u001B\[[\d;]*m/g, ""));
    throw error;
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
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
