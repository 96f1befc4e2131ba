/**
 * Loaded before everything else in a server of the dev command, and in its workers: the app's modules are compiled as Node asks for them,
 * where they are. So what code reads beside itself is there, and a fault names the real file.
 */
import { registerHooks } from "node:module";
import { extname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dataModule } from "../compile/compile.ts";
import { needsCompiling } from "../compile/file-kinds.ts";
import { isInstalled } from "../compile/resolve.ts";
import { commonJsNames, rewrite, type Replacement } from "../compile/rewrite.ts";
import { SourceError } from "../compile/source-error.ts";
import { noteFile } from "./files.ts";
import { compiled, linksOf } from "./read-ahead.ts";

const DATA = "?fermata-data";
/** Modules of the app that another one of it imports. Others that Node can run are left to Node. */
const own = new Set<string>();

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith("file:")) return nextLoad(url, context);
    if (url.endsWith(DATA)) {
      const path = fileURLToPath(url.slice(0, -DATA.length));
      noteFile(path);
      return { format: "module", source: dataModule(path), shortCircuit: true };
    }
    const path = fileURLToPath(url.replace(/[?#].*$/, ""));
    if (!own.has(path) && !needsCompiling(path)) {
      // Built by another tool, in the same workspace: it changes as the app's own files do.
      if (!isInstalled(path)) noteFile(path);
      return nextLoad(url, context);
    }
    return { ...load(path), shortCircuit: true };
  },
});

/** The entry is the app's own, whatever it is written in. */
export function isOwn(path: string): void {
  own.add(path);
}

function load(path: string): { format: "module" | "commonjs"; source: string } {
  noteFile(path);
  const module = compiled(path);
  const replacements = linksOf(module).flatMap(({ site, target }): Replacement[] => {
    if (target.kind === "module") own.add(target.path);
    if (site.kind === "url") return [];
    if (target.kind === "module") return [{ site, specifier: named(target.path, site.kind === "require") }];
    if (target.kind === "modules") {
      for (const one of target.paths) own.add(one);
      return [];
    }
    if (target.kind === "data") return [{ site, specifier: `${pathToFileURL(target.path).href}${DATA}`, dropAttributes: true }];
    if (target.kind === "file") {
      noteFile(target.path);
      return [{ site, specifier: named(target.path, site.kind === "require") }];
    }
    if (target.kind === "package") {
      const specifier = target.path === undefined ? site.specifier : named(target.path, site.kind === "require");
      return [{ site, specifier, isCommonJs: target.isCommonJs }];
    }
    if (target.kind === "missing" && site.kind === "static") {
      throw new SourceError(
        path,
        module.code,
        site.start,
        `Cannot find "${site.specifier}". If it is a package, install it; if it is a file, check its name.`,
      );
    }
    return [];
  });
  const code = commonJsNames(module.missingNames) + rewrite(module.code, replacements);
  return { format: module.format === "cjs" ? "commonjs" : "module", source: code + inlineMap(path, module.map) };
}

/** A `require` takes paths, an import addresses. */
function named(path: string, isRequire: boolean): string {
  return isRequire ? path : pathToFileURL(path).href;
}

/** In two parts: as one it would be read as the map of this very file. */
const MAP_COMMENT = ["\n//# source", "MappingURL=data:application/json;base64,"].join("");

function inlineMap(path: string, map: string | undefined): string {
  if (map === undefined || extname(path) === ".cjs") return "";
  const bytes = new TextEncoder().encode(JSON.stringify({ ...(JSON.parse(map) as object), sources: [pathToFileURL(path).href] }));
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return MAP_COMMENT + btoa(binary);
}
