/** The library as the app itself has it, so that the command and the app use the same one. */
import { dirname } from "node:path";
import { readGraph, type Graph } from "./build/graph.ts";
import { createResolver, findPackage, type PackagePlace, type Resolver } from "./compile/resolve.ts";
import type { Project } from "./project.ts";
import { CommandError } from "./terminal/usage-error.ts";

export interface Library {
  /** Its main module. */
  readonly path: string;
  /** The module of the app that finds it. */
  readonly importer: string;
  readonly place: PackagePlace;
}

/**
 * From the entry, or from the first module that finds it: an entry may only hand on what a package of the workspace exports.
 * @throws CommandError when none does; SourceError when the app has to be read for it and has a fault.
 */
export function findLibrary(
  { entry, sourceFolder }: Project,
  resolver: Resolver = createResolver(),
  graph: () => Graph = () => readGraph(entry, sourceFolder, resolver, false),
): Library {
  const found = foundFrom(entry, resolver);
  if (found) return found;
  for (const { path } of graph().modules) {
    const other = foundFrom(path, resolver);
    if (other) return other;
  }
  throw new CommandError('The package "fermata" is not installed: run npm install fermata.');
}

function foundFrom(importer: string, resolver: Resolver): Library | undefined {
  const path = resolver.findAsNode(importer, "fermata", "import");
  const place = findPackage(dirname(importer), "fermata");
  return path !== undefined && place ? { path, importer, place } : undefined;
}
