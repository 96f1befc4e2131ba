/** Provider packages that the app has installed. They are looked up at run time and are no dependency of this package. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { FermataError } from "../errors.ts";

/**
 * Imports a package from the working directory's `node_modules` (or one above it), else from where this package is installed.
 * Resolves to `undefined` when it is not there; rejects with `MISCONFIGURED` when it is there and cannot be loaded.
 */
export async function importInstalled(name: string): Promise<Record<string, unknown> | undefined> {
  const entry = (await findEntry(name, process.cwd())) ?? (await findEntry(name, dirname(fileURLToPath(import.meta.url))));
  if (entry === undefined) return undefined;
  try {
    // Not a literal, so that no bundler follows it.
    const module: unknown = await import(/* @vite-ignore */ pathToFileURL(entry).href);
    return module as Record<string, unknown>; // a module is a record of its exports
  } catch (cause) {
    throw new FermataError("MISCONFIGURED", `The package ${name} is installed but could not be loaded.`, { cause });
  }
}

/** `require.resolve` would do it if packages for `import` alone did not exist, and `import.meta.resolve` if it took a folder. */
async function findEntry(name: string, from: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const home = join(folder, "node_modules", name);
    const manifest = await readManifest(join(home, "package.json"));
    if (manifest !== undefined) return join(home, entryOf(manifest));
    if (dirname(folder) === folder) return undefined;
  }
}

async function readManifest(path: string): Promise<Record<string, unknown> | undefined> {
  try {
    const manifest: unknown = JSON.parse(await readFile(path, "utf8"));
    return isRecord(manifest) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

function entryOf(manifest: Record<string, unknown>): string {
  const { exports } = manifest;
  const entry = fromConditions(isRecord(exports) && "." in exports ? exports["."] : exports);
  if (entry !== undefined) return entry;
  for (const member of [manifest.module, manifest.main]) if (typeof member === "string") return member;
  return "index.js";
}

function fromConditions(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!isRecord(value)) return undefined;
  for (const condition of ["node", "import", "default"]) {
    const entry = fromConditions(value[condition]);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
