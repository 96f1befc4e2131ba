/** The app's files, compiled before they are asked for. What has changed by then is compiled again. */
import { readFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Linker, type Link } from "../build/link.ts";
import { compile, type CompiledModule } from "../compile/compile.ts";
import { createResolver } from "../compile/resolve.ts";

const resolver = createResolver();
const linker = new Linker(resolver);
const ahead = new Map<string, { readonly source: string; readonly module: CompiledModule }>();

/** @throws SourceError for code that does not parse. */
export function compiled(path: string): CompiledModule {
  const source = readFileSync(path, "utf8");
  const known = ahead.get(path);
  if (known?.source === source) return known.module;
  const module = compile(path, { sourcemap: true, source });
  ahead.set(path, { source, module });
  return module;
}

/** Where the module's imports lead as the files are now. */
export const linksOf = (module: CompiledModule): readonly Link[] => linker.links(module);

/** Reads the app from its entry, a file in each turn of the event loop, until there is no more or `signal` says that it is wanted. */
export async function readAhead(entry: string, signal: AbortSignal): Promise<void> {
  const queue = [entry];
  const seen = new Set<string>();
  for (let path = queue.pop(); path !== undefined && !signal.aborted; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const { target } of linksIfRight(path)) {
      if (target.kind === "module") queue.push(target.path);
      else if (target.kind === "modules") queue.push(...target.paths);
    }
    await nextTurn();
  }
  // Files that are missing now may be there by then.
  resolver.clear();
}

/** What is wrong with a file is said when the app is served. */
function linksIfRight(path: string): readonly Link[] {
  try {
    return linksOf(compiled(path));
  } catch {
    return [];
  }
}
