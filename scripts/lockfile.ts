/**
 * Holds the lockfiles against three rules: no download addresses; no install scripts but approved ones; an entry for every optional package.
 * The last one is what `npm ci` insists on, and what `npm install` does not write for another platform's package that the registry at hand
 * does not carry. `--fix` writes those entries: the version is pinned by the package that wants it, the platform stands in its name.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Entry, type Lockfile, findLockFaults, missingOptional, platformOf } from "./lock-rules.ts";
import { filesUnder, root } from "./source-files.ts";

/** Adds the missing entries, next to where npm itself would put them: the outermost `node_modules`. */
function completed(lock: Lockfile): Lockfile {
  const added: Record<string, Entry> = {};
  for (const { name, version, dev } of missingOptional(lock)) {
    const { cpu, libc, os } = platformOf(name, lock);
    // In npm's order of members, so that the next `npm install` changes nothing.
    added[`node_modules/${name}`] = {
      version,
      ...(cpu && { cpu }),
      ...(dev && { dev }),
      ...(libc && { libc }),
      optional: true,
      ...(os && { os }),
    };
  }
  const sorted = Object.entries({ ...lock.packages, ...added }).toSorted(([a], [b]) => a.localeCompare(b, "en"));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

let faults = 0;
for (const path of filesUnder(".", (name) => name === "package-lock.json")) {
  const file = join(root, path);
  // Written by npm, so its shape is npm's.
  let lock = JSON.parse(readFileSync(file, "utf8")) as Lockfile;
  if (process.argv.includes("--fix") && missingOptional(lock).length > 0) {
    lock = completed(lock);
    writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
  }
  const manifest = JSON.parse(readFileSync(file.replace(/package-lock\.json$/, "package.json"), "utf8")) as {
    allowScripts?: Record<string, boolean>;
  };
  for (const message of findLockFaults(lock, manifest.allowScripts ?? {})) {
    console.error(`${path}: ${message}`);
    faults += 1;
  }
}
process.exitCode = faults === 0 ? 0 : 1;
