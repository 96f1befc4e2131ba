/**
 * The installed packages that an app stands on: those it imports, and what they say they need. A package is taken whole, because what it
 * loads by a name made at run time, or as a native binary, cannot be read from its code.
 */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { findPackage, isInstalled, readManifest, type PackageManifest, type PackagePlace } from "../compile/resolve.ts";

export interface TracedPackage {
  readonly name: string;
  readonly version: string;
  /** Where it really is. */
  readonly folder: string;
  readonly manifest: PackageManifest;
  /** Its files that a program may need, relative to its folder. */
  readonly files: readonly string[];
  /** Folders of the packages it uses. */
  readonly uses: readonly string[];
}

export interface Trace {
  readonly packages: readonly TracedPackage[];
  /** Links that packages are found through: place of the link, folder it leads to. */
  readonly links: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

/** A package that is asked for, and the folder of who asks. */
export interface PackageUse {
  readonly name: string;
  readonly from: string;
  /** The module that is imported of it, where that is known. */
  readonly entry?: string | undefined;
}

export function tracePackages(uses: readonly PackageUse[]): Trace {
  const entries = entriesByFolder(uses);
  const packages = new Map<string, TracedPackage>();
  const links = new Map<string, string>();
  const warnings: string[] = [];
  const take = (place: PackagePlace): void => {
    if (place.link !== place.folder) links.set(place.link, place.folder);
    if (packages.has(place.folder)) return;
    const manifest = readManifest(place.folder) ?? {};
    const files = filesOf(place.folder, manifest);
    const wanted = dependenciesOf(
      place.folder,
      manifest,
      reachable(entries.get(place.folder) ?? []) ?? files.map((file) => join(place.folder, file)),
    );
    const found = wanted.flatMap(({ name, isNeeded }) => {
      const dependency = findPackage(place.folder, name);
      if (!dependency && isNeeded) warnings.push(`${place.name} needs ${name}, which is not installed.`);
      return dependency ? [dependency] : [];
    });
    packages.set(place.folder, {
      name: manifest.name ?? place.name,
      version: manifest.version ?? "0.0.0",
      folder: place.folder,
      manifest,
      files,
      uses: found.map(({ folder }) => folder).toSorted(),
    });
    for (const dependency of found) take(dependency);
  };
  for (const { name, from } of uses) {
    const place = findPackage(from, name);
    if (place) take(place);
    else warnings.push(`${name}, which ${from} asks for, is not installed.`);
  }
  return { packages: [...packages.values()].toSorted((a, b) => (a.folder < b.folder ? -1 : 1)), links, warnings };
}

function entriesByFolder(uses: readonly PackageUse[]): ReadonlyMap<string, readonly string[]> {
  const entries = new Map<string, string[]>();
  for (const { name, from, entry } of uses) {
    const place = entry === undefined ? undefined : findPackage(from, name);
    if (!place || entry === undefined) continue;
    entries.set(place.folder, [...(entries.get(place.folder) ?? []), entry]);
  }
  return entries;
}

const RELATIVE = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

/** Files of a package that are loaded from its entries, as far as they name each other. None, when there is no entry to begin with. */
function reachable(entries: readonly string[]): readonly string[] | undefined {
  if (entries.length === 0) return undefined;
  const seen = new Set<string>();
  const queue = [...entries];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path) || !CODE.has(extname(path))) continue;
    seen.add(path);
    const folder = dirname(path);
    for (const [, specifier = ""] of readFileSync(path, "utf8").matchAll(RELATIVE)) {
      const target = join(folder, specifier);
      const file = [target, `${target}.js`, `${target}.cjs`, join(target, "index.js")].find((one) =>
        statSync(one, { throwIfNoEntry: false })?.isFile(),
      );
      if (file !== undefined) queue.push(file);
    }
  }
  return [...seen];
}

interface Wanted {
  readonly name: string;
  readonly isNeeded: boolean;
}

function dependenciesOf(folder: string, manifest: PackageManifest, files: readonly string[]): Wanted[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const wanted = new Map<string, boolean>();
  for (const name of Object.keys(peerDependencies)) if (!peerDependenciesMeta[name]?.optional) wanted.set(name, false);
  // An optional peer is often a build tool or a rival of another one: it counts when it is there and the code that is used names it.
  const optional = [...Object.keys(peerDependencies), ...Object.keys(peerDependenciesMeta)].filter(
    (name) => peerDependenciesMeta[name]?.optional && findPackage(folder, name),
  );
  for (const name of namedIn(files, optional)) wanted.set(name, false);
  for (const name of Object.keys(dependencies)) wanted.set(name, true);
  for (const name of Object.keys(optionalDependencies)) wanted.set(name, false);
  return [...wanted].filter(([name]) => !name.startsWith("@types/")).map(([name, isNeeded]) => ({ name, isNeeded }));
}

const CODE = new Set([".js", ".mjs", ".cjs"]);

function namedIn(files: readonly string[], names: readonly string[]): string[] {
  let left = [...names];
  const found: string[] = [];
  for (const file of files) {
    if (left.length === 0) break;
    if (!CODE.has(extname(file))) continue;
    const code = readFileSync(file, "utf8");
    const here = left.filter((name) =>
      ['"', "'", "`"].some((quote) => code.includes(quote + name + quote) || code.includes(`${quote}${name}/`)),
    );
    found.push(...here);
    left = left.filter((name) => !here.includes(name));
  }
  return found;
}

/** Sources of what has been compiled, types, maps and build leavings: nothing that Node loads. */
const NOT_LOADED = /\.(?:[cm]?ts|tsx|map|tsbuildinfo|flow|c|cc|cpp|cxx|h|hpp|o|obj|a|lib|pdb|gypi?|mk|tlog)$|^(?:\.|CHANGELOG|Makefile$)/;
const NOT_ENTERED = new Set(["node_modules", ".git", ".github", ".vscode", ".cache", ".mastra", ".fermata", "coverage"]);

function filesOf(folder: string, manifest: PackageManifest): string[] {
  // A compiler reads declarations at run time.
  const keepsAll = existsSync(join(folder, "lib", "lib.d.ts"));
  const found: string[] = [];
  const visit = (path: string): void => {
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
      const file = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!NOT_ENTERED.has(entry.name)) visit(file);
      } else if (entry.isFile() && (keepsAll || !NOT_LOADED.test(entry.name))) found.push(file);
    }
  };
  // A package of the same workspace has its tests and tools beside it; what it would publish is what counts.
  if (isInstalled(folder) || !manifest.files) visit("");
  else {
    found.push("package.json");
    for (const pattern of manifest.files) {
      const path = beforeGlob(pattern);
      if (pattern.startsWith("!") || path === "package.json" || !existsSync(join(folder, path))) continue;
      if (statSync(join(folder, path)).isFile()) found.push(path);
      else visit(path);
    }
  }
  return [...new Set(found)].toSorted();
}

/** The folder or file that a line of `files` is about: what stands before the first wildcard. */
function beforeGlob(pattern: string): string {
  const path = pattern.replace(/^\.?\//, "").replace(/\/$/, "");
  const wildcard = path.search(/[*?{[]/);
  return wildcard === -1 ? path : path.slice(0, Math.max(path.lastIndexOf("/", wildcard), 0));
}
