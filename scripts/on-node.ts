/**
 * Runs tests on other versions of Node: `node scripts/on-node.ts 22 26 -- packages/fermata/test/adapters`.
 * Each is the npm package `node`, installed beside the repository's own in a folder of the machine's temporary files.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./source-files.ts";

const end = process.argv.indexOf("--");
const versions = process.argv.slice(2, end < 0 ? undefined : end);
const filters = end < 0 ? [] : process.argv.slice(end + 1);
if (versions.length === 0) {
  console.error("Which Node? For example: node scripts/on-node.ts 22 26 -- packages/fermata/test/adapters");
  process.exit(2);
}

let failed = false;
for (const version of versions) {
  const node = nodeOf(version);
  console.log(`Node ${spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim()}`);
  const run = spawnSync(node, [join(root, "node_modules/vitest/vitest.mjs"), "run", ...filters], { cwd: root, stdio: "inherit" });
  failed ||= run.status !== 0;
}
process.exitCode = failed ? 1 : 0;

/** The program of this version, installed when it is not there yet. */
function nodeOf(version: string): string {
  const folder = join(tmpdir(), `fermata-node-${version}`);
  const program = join(folder, "node_modules/node/bin/node");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  // The package brings its program by an install script.
  const install = spawnSync("npm", ["install", "--no-audit", "--no-fund", `node@${version}`], { cwd: folder, stdio: "inherit" });
  if (install.status !== 0 || !existsSync(program)) throw new Error(`Node ${version} cannot be installed.`);
  return program;
}
