import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { filesUnder, root } from "./source-files.ts";

/** Where the fingerprint of the last build is kept: outside `dist`, so that it is never published. */
export const stampFile = join(root, "node_modules/.cache/fermata-build");

/** Folders of the packages that are built, first the one that the others stand on. */
export function builtPackages(): string[] {
  const packages = filesUnder("packages", (name) => name === "tsdown.config.ts").map((path) => path.slice(0, path.lastIndexOf("/")));
  return packages.toSorted((a, b) => Number(b === "packages/fermata") - Number(a === "packages/fermata"));
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
