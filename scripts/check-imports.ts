/** Fails when a file of the repository imports what it must not (see import-rules.ts). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findImportFaults } from "./import-rules.ts";
import { filesUnder, root } from "./source-files.ts";

const isSource = (name: string): boolean => /\.[mc]?[jt]sx?$/.test(name);
const folders = ["packages", "examples", "scripts", "conformance", "bench"];
const files = folders
  .flatMap((folder) => filesUnder(folder, isSource))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

const faults = findImportFaults(files);
for (const { path, line, message } of faults) console.error(`${path}:${line} ${message}`);
console.log(`${files.length} files, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
