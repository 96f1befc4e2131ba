/** Fails on paths of one machine in any text of the repository, and on broken links between documents. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./source-files.ts";
import { findTextFaults } from "./text-rules.ts";

const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" });
const isText = (path: string): boolean => !/\.(png|ico|gif|jpe?g|webp|woff2?|zip|gz|db|sqlite)$/.test(path);
const files = listed
  .split("\0")
  .filter((path) => path !== "" && isText(path) && existsSync(join(root, path)))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

const faults = findTextFaults(files, (path) => existsSync(join(root, path)));
for (const { path, line, message } of faults) console.error(`${path}:${line} ${message}`);
console.log(`${files.length} files, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
