/**
 * Publishes the packages, in the order in which they stand on each other. `--dry-run` does all but that.
 *
 *   node scripts/release.ts 0.2.0 --dry-run
 *
 * It refuses a working tree with changes, versions that differ, a changelog without the version, and checks or tests that fail. Publishing is
 * for CI alone, which npm trusts for this repository: so every version has its provenance, and there is no token that could be stolen.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { builtPackages } from "./build-stamp.ts";
import { root } from "./source-files.ts";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { "dry-run": { type: "boolean" } } });
const [version] = positionals;
const isDry = values["dry-run"] ?? false;
if (version === undefined || !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) stop("Name the version: node scripts/release.ts 0.2.0");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly publishConfig?: { readonly provenance?: boolean };
}

const packages = builtPackages()
  // Packages of our own.
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest }))
  .filter(({ manifest }) => !manifest.private);

const faults = [
  ...packages
    .filter(({ manifest }) => manifest.version !== version)
    .map(({ manifest }) => `${manifest.name} has version ${manifest.version}`),
  ...packages
    .filter(({ manifest }) => !manifest.publishConfig?.provenance)
    .map(({ manifest }) => `${manifest.name} is not published with provenance`),
  ...(readFileSync(join(root, "CHANGELOG.md"), "utf8").includes(`## ${version}`) ? [] : [`CHANGELOG.md has no "## ${version}"`]),
  ...(output("git", ["status", "--porcelain"]) === "" ? [] : ["the working tree has changes"]),
  ...(isDry || process.env["CI"] === "true" ? [] : ["only CI publishes; --dry-run shows what it would do"]),
];
if (faults.length > 0) stop(faults.map((fault) => `- ${fault}`).join("\n"));

run("node", ["scripts/build.ts"]);
run("node", ["scripts/check.ts"]);
if (!isDry) run("npm", ["test"]);
for (const { folder, manifest } of packages) {
  console.log(`${isDry ? "Would publish" : "Publishing"} ${manifest.name}@${version}`);
  run(
    "npm",
    ["publish", ...(isDry ? ["--dry-run"] : ["--provenance"]), "--access", "public", ...(version?.includes("-") ? ["--tag", "next"] : [])],
    folder,
  );
}

function output(program: string, args: readonly string[]): string {
  return spawnSync(program, args, { cwd: root, encoding: "utf8" }).stdout.trim();
}

function run(program: string, args: readonly string[], folder = "."): void {
  const { status } = spawnSync(program, args, { cwd: join(root, folder), stdio: "inherit" });
  if (status !== 0) stop(`${program} ${args.join(" ")} failed.`);
}

function stop(text: string): never {
  console.error(text);
  process.exit(1);
}
