/** What each import of a module of the app is: another module of the app, data, a package, or nothing. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { hasModuleSyntax, importsOf, type CompiledModule } from "../compile/compile.ts";
import { isCode, isDeclaration, isJson, isText, needsCompiling } from "../compile/file-kinds.ts";
import type { ImportSite } from "../compile/read-module.ts";
import {
  findPackage,
  isInstalled,
  isNodeBuiltin,
  packageNameOf,
  readManifest,
  type ImportKind,
  type Resolver,
} from "../compile/resolve.ts";

export type Target =
  /** Another module of the app's own, compiled as well. */
  | { readonly kind: "module"; readonly path: string }
  /** JSON or text that becomes a module. */
  | { readonly kind: "data"; readonly path: string }
  /** A file that goes along as it is. */
  | { readonly kind: "file"; readonly path: string }
  /** An installed package; `path` where Node would not find it by this specifier itself. */
  | {
      readonly kind: "package";
      readonly name: string;
      readonly file: string;
      readonly path: string | undefined;
      readonly isCommonJs: boolean;
    }
  /** Modules of which one is chosen at run time; their names end as those of the output do. */
  | { readonly kind: "modules"; readonly paths: readonly string[] }
  | { readonly kind: "builtin" }
  | { readonly kind: "missing" };

export interface Link {
  readonly site: ImportSite;
  readonly target: Target;
}

export class Linker {
  readonly #resolver: Resolver;
  readonly #ready = new Map<string, boolean>();
  readonly #commonJs = new Map<string, boolean>();

  constructor(resolver: Resolver) {
    this.#resolver = resolver;
  }

  links(module: CompiledModule): Link[] {
    return module.imports.map((site) => ({ site, target: this.#target(module.path, site) }));
  }

  #target(importer: string, site: ImportSite): Target {
    if (site.kind === "url") return this.#fileTarget(importer, site);
    if (site.kind === "pattern") return { kind: "modules", paths: modulesLike(importer, site.specifier) };
    if (isNodeBuiltin(site.specifier)) return { kind: "builtin" };
    const kind: ImportKind = site.kind === "require" ? "require" : "import";
    const specifier = site.specifier.replace(/\?raw$/, "");
    const path = this.#resolver.find(importer, specifier, kind);
    if (path === undefined || isDeclaration(path)) return { kind: "missing" };
    if (this.#isOfPackage(importer, specifier, path, kind)) return this.#packageTarget(importer, specifier, path, kind);
    if (isCode(path)) return { kind: "module", path };
    // A `require` reads JSON by itself.
    if (isJson(path) && kind === "require") return { kind: "file", path };
    return isJson(path) || isText(path) || specifier !== site.specifier ? { kind: "data", path } : { kind: "file", path };
  }

  /** Installed, or of the same workspace and fit for Node as it is. */
  #isOfPackage(importer: string, specifier: string, path: string, kind: ImportKind): boolean {
    if (isInstalled(path)) return !needsCompiling(path);
    const name = packageNameOf(specifier);
    if (name === undefined || this.#resolver.findAsNode(importer, specifier, kind) !== path) return false;
    return findPackage(dirname(importer), name) !== undefined && this.#isReady(path);
  }

  #packageTarget(importer: string, specifier: string, path: string, kind: ImportKind): Target {
    const name = packageNameOf(specifier);
    const isFoundByNode = this.#resolver.findAsNode(importer, specifier, kind) === path;
    if (name !== undefined && isFoundByNode && findPackage(dirname(importer), name)) {
      return { kind: "package", name, file: path, path: undefined, isCommonJs: this.#isCommonJs(path) };
    }
    // An alias, `#imports`, or a path into a package without its extension: the file is named.
    const installed = /^.*node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(path)?.[1]?.replaceAll("\\", "/");
    const owner = name !== undefined && findPackage(dirname(importer), name) ? name : (installed ?? specifier);
    return { kind: "package", name: owner, file: path, path, isCommonJs: this.#isCommonJs(path) };
  }

  #fileTarget(importer: string, { specifier }: ImportSite): Target {
    const name = packageNameOf(specifier);
    const path = resolve(dirname(importer), specifier);
    if (existsSync(path)) return isCode(path) && statSync(path).isFile() ? { kind: "module", path } : { kind: "file", path };
    // `./worker.js` of a source `worker.ts`
    const written = this.#resolver.find(importer, specifier, "import");
    if (written !== undefined && !isInstalled(written))
      return isCode(written) ? { kind: "module", path: written } : { kind: "file", path: written };
    return written !== undefined && name !== undefined
      ? { kind: "package", name, file: written, path: undefined, isCommonJs: false }
      : { kind: "missing" };
  }

  #isCommonJs(path: string): boolean {
    const known = this.#commonJs.get(path);
    if (known !== undefined) return known;
    const isOne = isCommonJs(path);
    this.#commonJs.set(path, isOne);
    return isOne;
  }

  /** Whether Node runs the module and all that it imports as it stands. */
  #isReady(path: string): boolean {
    const known = this.#ready.get(path);
    if (known !== undefined) return known;
    this.#ready.set(path, true); // a circle is as ready as the rest of it
    const ready = this.#looksReady(path);
    this.#ready.set(path, ready);
    return ready;
  }

  #looksReady(path: string): boolean {
    if (isInstalled(path)) return true;
    if (needsCompiling(path)) return false;
    if (!isCode(path)) return extname(path) === ".json" || extname(path) === ".node";
    const imports = importsOf(path);
    if (!imports) return false;
    return imports.every((site) => {
      if (site.kind === "url" || site.kind === "pattern" || isNodeBuiltin(site.specifier)) return true;
      const kind = site.kind === "require" ? "require" : "import";
      const target = this.#resolver.findAsNode(path, site.specifier, kind);
      if (target === undefined) return packageNameOf(site.specifier) !== undefined; // not installed: no matter of how it is built
      if (kind === "import" && isJson(target) && site.attributesEnd === site.end) return false;
      return this.#isReady(target);
    });
  }
}

/** As Node decides: by the extension, the package's type, and for want of both by the code. */
function isCommonJs(path: string): boolean {
  const extension = extname(path);
  if (extension !== ".js") return extension === ".cjs";
  let folder = dirname(path);
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  const type = readManifest(folder)?.type;
  return type === undefined ? !hasModuleSyntax(path) : type === "commonjs";
}

/** Modules whose names fit a pattern with `*`, with or without their extension. A part may hold no folder. */
function modulesLike(importer: string, pattern: string): string[] {
  const [fixed = ""] = pattern.split("*");
  const folder = resolve(dirname(importer), fixed.slice(0, fixed.lastIndexOf("/") + 1));
  const rest = pattern.slice(fixed.lastIndexOf("/") + 1).replace(/\.[cm]?[jt]sx?$/, "");
  const names = new RegExp(`^${rest.split("*").map(escaped).join("[^/]+")}\\.[cm]?[jt]sx?$`);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter(
      (name) => names.test(name.replaceAll("\\", "/")) && isCode(name) && !/\.(?:test|spec)\./.test(name) && !name.includes("node_modules"),
    )
    .map((name) => join(folder, name))
    .toSorted();
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
