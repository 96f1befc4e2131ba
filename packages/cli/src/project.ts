/** The app that a command is about: its folder, its entry, its name. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CommandError, UsageError } from "./terminal/usage-error.ts";
import { findPackage, packageFolderOf, readManifest, type PackageManifest } from "./compile/resolve.ts";

export interface Project {
  /** The folder with the app's `package.json`: env files are read here, `.mastra` is written here. */
  readonly root: string;
  /** The folder that holds the instance, `src/mastra` as a rule. */
  readonly sourceFolder: string;
  /** The module that exports `mastra`. */
  readonly entry: string;
  readonly name: string;
  readonly manifest: PackageManifest;
}

const ENTRY_NAMES = ["index.ts", "index.tsx", "index.mts", "index.js", "index.jsx", "index.mjs"];

export interface ProjectOptions {
  /** The project's folder. Default: the working directory. */
  readonly root?: string | undefined;
  /** The folder of the instance, or its module, from the project's folder. Default `src/mastra`, then `mastra`. */
  readonly dir?: string | undefined;
}

/** @throws UsageError when there is no entry; CommandError when its packages are not in folders. */
export function findProject({ root = ".", dir }: ProjectOptions = {}): Project {
  const folder = resolve(root);
  if (!existsSync(folder)) throw new UsageError(`There is no folder ${folder}.`);
  const start = realpathSync(folder);
  const tried = dir === undefined ? ["src/mastra", "mastra"] : [dir];
  for (const candidate of tried) {
    const found = entryAt(resolve(start, candidate));
    if (found === undefined) continue;
    const entry = realpathSync(found);
    const top = packageFolderOf(start) ?? start;
    refusePlugAndPlay(top);
    const manifest = readManifest(top) ?? {};
    return { root: top, sourceFolder: dirname(entry), entry, name: manifest.name ?? basename(top), manifest };
  }
  const looked = tried.map((candidate) => join(candidate, "index.ts")).join(", ");
  throw new UsageError(
    `No instance found in ${start}: looked for ${looked} (or .js). Name its folder with --dir, or make a project with \`npm create fermata\`.`,
  );
}

function entryAt(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  if (statSync(path).isFile()) return path;
  return ENTRY_NAMES.map((name) => join(path, name)).find((file) => existsSync(file));
}

/** Yarn's way to have packages in archives, without folders that could be read or copied. */
function refusePlugAndPlay(root: string): void {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".pnp.cjs")) && !findPackage(root, "fermata")) {
      throw new CommandError(
        `The packages of ${folder} are installed with Yarn's Plug'n'Play, which has no folders to load or copy them from. Write "nodeLinker: node-modules" into its .yarnrc.yml, and run yarn install.`,
      );
    }
    if (dirname(folder) === folder) return;
  }
}
