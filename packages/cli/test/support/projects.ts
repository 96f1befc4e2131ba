/** Projects of the corpus in a folder of their own, with packages laid out as npm, pnpm or Yarn would. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export type PackageLayout = "npm" | "pnpm" | "yarn";

interface Available {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly peerDependenciesMeta?: Record<string, { readonly optional?: boolean }>;
}

const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));

/** A folder for one test file; it is removed by whoever made it. */
export function temporaryFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "fermata-cli-")));
}

/** Copies a project of the corpus into `folder` and installs what it asks for. */
export function layOut(name: string, folder: string, layout: PackageLayout = "npm"): void {
  cpSync(join(fixtures, name, "project"), folder, { recursive: true });
  install(folder, layout, available(join(fixtures, name, "deps")));
}

/** Installs the dependencies of a project and its workspaces from the repository's own packages and those given. */
export function install(folder: string, layout: PackageLayout, packages: readonly Available[] = []): void {
  const projects = [folder, ...workspacesOf(folder)];
  const own = new Map(projects.map((project) => [manifestOf(project).name, project]));
  const find = (wanted: string, range: string): Available | undefined =>
    packages.find(({ name, version }) => name === wanted && fits(version, range)) ?? fromRepository(wanted);
  for (const [name, project] of own) if (project !== folder && layout !== "pnpm") link(project, join(folder, "node_modules", name));
  for (const project of projects) {
    for (const [name, range] of Object.entries(manifestOf(project).dependencies ?? {})) {
      const sibling = own.get(name);
      const found = find(name, range);
      if (sibling !== undefined) {
        if (layout === "pnpm") link(sibling, join(project, "node_modules", name));
      } else if (!found) throw new Error(`The corpus has no package ${name}@${range}.`);
      else if (layout === "pnpm") link(store(found, folder, find), join(project, "node_modules", name));
      else hoist(found, [project, folder], find);
    }
  }
}

type Find = (name: string, range: string) => Available | undefined;

/** At the top, or where another version stands there, in the folder of who asks. */
function hoist(wanted: Available, from: readonly string[], find: Find): void {
  const top = from.at(-1) ?? "";
  const places = [join(top, "node_modules", wanted.name), join(from[0] ?? "", "node_modules", wanted.name)];
  const place = places.find((path) => !existsSync(path) || manifestOf(path).version === wanted.version);
  if (place === undefined) throw new Error(`There is no place for ${wanted.name}.`);
  if (existsSync(place)) return;
  copyPackage(wanted.folder, place);
  for (const [name, range] of Object.entries(wanted.dependencies)) {
    const dependency = find(name, range);
    if (dependency) hoist(dependency, [place, top], find);
  }
}

/** In pnpm's store, with links to what it needs beside it. */
function store(wanted: Available, folder: string, find: Find): string {
  const home = join(folder, "node_modules", ".pnpm", `${wanted.name.replace("/", "+")}@${wanted.version}`, "node_modules");
  const place = join(home, wanted.name);
  if (existsSync(place)) return place;
  copyPackage(wanted.folder, place);
  for (const [name, range] of Object.entries(wanted.dependencies)) {
    const dependency = find(name, range);
    if (dependency) link(store(dependency, folder, find), join(home, name));
  }
  return place;
}

function link(target: string, place: string): void {
  if (existsSync(place)) return;
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(relative(dirname(place), target), place, "junction");
}

function copyPackage(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name === "node_modules" || entry.name === "test" || (entry.name === "src" && existsSync(join(from, "dist")))) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyPackage(source, target);
    else if (entry.isFile()) linkOrCopy(source, target);
  }
}

function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target); // another file system
  }
}

/** The tiny packages of a fixture; `alpha#2` is a second version of `alpha`. */
function available(folder: string): Available[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => describe(join(folder, name)));
}

function fromRepository(name: string): Available | undefined {
  for (const home of [repository, join(repository, "packages/fermata")]) {
    const place = join(home, "node_modules", name);
    if (existsSync(join(place, "package.json"))) return describe(realpathSync(place));
  }
  return undefined;
}

function describe(folder: string): Available {
  const { name, version = "1.0.0", dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta } = manifestOf(folder);
  const peers = Object.entries(peerDependencies).filter(([peer]) => !peerDependenciesMeta?.[peer]?.optional);
  return { name, version, folder, dependencies: { ...dependencies, ...optionalDependencies, ...Object.fromEntries(peers) } };
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

function workspacesOf(folder: string): string[] {
  return ["packages", "apps"].flatMap((name) => {
    const home = join(folder, name);
    return existsSync(home) ? readdirSync(home).map((one) => join(home, one)) : [];
  });
}

function fits(version: string, range: string): boolean {
  const wanted = range.replace(/^[\^~]/, "");
  return wanted === "*" || wanted === version || (range.startsWith("^") && wanted.split(".")[0] === version.split(".")[0]);
}
