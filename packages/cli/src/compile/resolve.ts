/** Where the app's imports lead: as a bundler finds them (TypeScript's paths, no extensions), and as Node alone would. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, sep } from "node:path";
import { ResolverFactory, type NapiResolveOptions } from "oxc-resolver";

/** What an import or a `require` is resolved as. */
export type ImportKind = "import" | "require";

const CONDITIONS: Readonly<Record<ImportKind, string[]>> = {
  import: ["node", "import", "module-sync", "node-addons", "default"],
  require: ["node", "require", "module-sync", "node-addons", "default"],
};
/** The same names with their TypeScript forms first: `./tool.js` in a source means `./tool.ts`. */
const AS_WRITTEN: NapiResolveOptions = {
  extensions: [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json", ".node"],
  extensionAlias: {
    ".js": [".ts", ".tsx", ".js", ".jsx"],
    ".jsx": [".tsx", ".jsx"],
    ".mjs": [".mts", ".mjs"],
    ".cjs": [".cts", ".cjs"],
  },
  nodePath: false,
};

export interface Resolver {
  /** The file that the app's author means; `undefined` when there is none. Real paths, links followed. */
  find(importer: string, specifier: string, kind: ImportKind): string | undefined;
  /** The file that Node finds without any help. */
  findAsNode(importer: string, specifier: string, kind: ImportKind): string | undefined;
  /** Forgets what it has seen of the file system. */
  clear(): void;
}

export function createResolver(): Resolver {
  const lenient = { import: lenientResolver("import"), require: lenientResolver("require") };
  const strict = {
    import: new ResolverFactory({ conditionNames: CONDITIONS.import, extensions: [], fullySpecified: true, nodePath: false }),
    require: new ResolverFactory({ conditionNames: CONDITIONS.require, extensions: [".js", ".json", ".node"], nodePath: false }),
  };
  return {
    find: (importer, specifier, kind) => lenient[kind].resolveFileSync(importer, specifier).path ?? findAsNode(importer, specifier, kind),
    findAsNode,
    clear() {
      for (const one of [lenient.import, lenient.require, strict.import, strict.require]) one.clearCache();
    },
  };

  function findAsNode(importer: string, specifier: string, kind: ImportKind): string | undefined {
    return strict[kind].sync(dirname(importer), specifier).path;
  }
}

function lenientResolver(kind: ImportKind): ResolverFactory {
  return new ResolverFactory({ ...AS_WRITTEN, conditionNames: CONDITIONS[kind], tsconfig: "auto" });
}

export const isNodeBuiltin = (specifier: string): boolean => isBuiltin(specifier);

/** Whether a package manager put the file there. */
export const isInstalled = (path: string): boolean => path.includes(`${sep}node_modules${sep}`);

/** `@acme/agents/tools` is of the package `@acme/agents`; a path or an alias is of none. */
export function packageNameOf(specifier: string): string | undefined {
  return /^(?:@[^/@\s]+\/)?[^./@#\s~][^/\s]*/.exec(specifier)?.[0];
}

export interface PackageManifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: unknown;
  readonly type?: string;
  readonly files?: readonly string[];
  readonly workspaces?: unknown;
  readonly fermata?: { readonly include?: readonly string[] };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** @throws Error when the file is there and is not JSON. */
export function readManifest(folder: string): PackageManifest | undefined {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return undefined;
  try {
    // What a package says of itself; every member is checked where it is used.
    return JSON.parse(readFileSync(path, "utf8")) as PackageManifest;
  } catch (cause) {
    throw new Error(`${path} is not JSON.`, { cause });
  }
}

/** An installed package: where it is found, and where it really is (a package manager may link it). */
export interface PackagePlace {
  readonly name: string;
  readonly link: string;
  readonly folder: string;
}

/** The package as Node finds it from a folder: in the nearest `node_modules`. */
export function findPackage(from: string, name: string): PackagePlace | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const link = join(folder, "node_modules", name);
    if (existsSync(join(link, "package.json"))) return { name, link, folder: realpathSync(link) };
    if (dirname(folder) === folder) return undefined;
  }
}

/** The nearest folder at or above `path` with a `package.json` that has a name, or the topmost that has any. */
export function packageFolderOf(path: string): string | undefined {
  let found: string | undefined;
  for (let folder = path; ; folder = dirname(folder)) {
    const manifest = readManifest(folder);
    if (manifest) {
      found ??= folder;
      if (manifest.name !== undefined) return folder;
    }
    if (dirname(folder) === folder) return found;
  }
}
