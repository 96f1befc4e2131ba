import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { filesUnder, root } from "./source-files.ts";

/** Where the fingerprint of the last build is kept: outside `dist`, so that it is never published. */
export const stampFile = join(root, "node_modules/.cache/fermata-build");

/** Folders of the packages that are built, each behind those it stands on. */
export function builtPackages(): string[] {
  const folders = filesUnder("packages", (name) => name === "tsdown.config.ts").map((path) => path.slice(0, path.lastIndexOf("/")));
  const manifests = folders.map((folder) => ({ folder, ...readManifest(folder) }));
  const ordered: string[] = [];
  const add = ({ folder, dependencies, devDependencies, peerDependencies }: (typeof manifests)[number]): void => {
    if (ordered.includes(folder)) return;
    const names = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });
    for (const other of manifests) if (names.includes(other.name)) add(other);
    ordered.push(folder);
  };
  for (const manifest of manifests) add(manifest);
  return ordered;
}

interface Manifest {
  readonly name: string;
  readonly dependencies?: object;
  readonly devDependencies?: object;
  readonly peerDependencies?: object;
}

function readManifest(folder: string): Manifest {
  // A package of our own.
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}

/** A hash over all that a build reads: sources without tests, package manifests, build and compiler settings, the lockfile. */
export function fingerprint(): string {
  const hash = createHash("sha256");
  const inputs = ["package-lock.json", "tsconfig.base.json", "scripts/build.ts"];
  for (const folder of builtPackages()) {
    inputs.push(...["package.json", "tsconfig.json", "tsdown.config.ts"].map((name) => `${folder}/${name}`));
    inputs.push(...filesUnder(`${folder}/src`, (name) => !name.includes(".test.")));
  }
  for (const path of inputs) {
    const file = join(root, path);
    if (existsSync(file)) hash.update(path).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

/** Whether the output on disk was made from what is on disk. */
export function isBuilt(current: string): boolean {
  if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== current) return false;
  return builtPackages().every((folder) => existsSync(join(root, folder, "dist")));
}
