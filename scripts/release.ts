/**
 * Publishes the packages, in the order in which they stand on each other. `--dry-run` does all but that.
 *
 *   node scripts/release.ts 0.2.0 --dry-run
 *
 * It refuses a working tree with changes, versions that differ, a changelog without the version, a name that the registry has a newer version
 * of, and checks or tests that fail; it ends with 1 then. Publishing is for CI alone, which npm trusts for this repository: so every version has its provenance, and there is no token that could be stolen.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { builtPackages } from "./build-stamp.ts";
import { faultsOf, hindrancesOf, type Package, type Release } from "./release-rules.ts";
import { root } from "./source-files.ts";

const ORDER = ["@fermata/offline-embedder", "fermata", "create-fermata", "@fermata/cli"];

const { values, positionals } = parseArgs({ allowPositionals: true, options: { "dry-run": { type: "boolean" } } });
const [version] = positionals;
const isDry = values["dry-run"] ?? false;
if (version === undefined || !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) stop("Name the version: node scripts/release.ts 0.2.0");

interface Manifest extends Omit<Package, "published"> {
  readonly private?: boolean;
}

const manifests = builtPackages()
  // Packages of our own.
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest }))
  .filter(({ manifest }) => !manifest.private)
  // What a new project asks for is there before the package that makes new projects.
  .toSorted((a, b) => ORDER.indexOf(a.manifest.name) - ORDER.indexOf(b.manifest.name));

const release: Release = {
  version,
  changelog: readFileSync(join(root, "CHANGELOG.md"), "utf8"),
  changes: output("git", ["status", "--porcelain"]),
  packages: manifests.map(({ manifest }) => ({ ...manifest, published: output("npm", ["view", manifest.name, "version"]) || undefined })),
};
const list = (faults: readonly string[]): string => faults.map((fault) => `- ${fault}`).join("\n");
const faults = faultsOf(release);
if (faults.length > 0) stop(list(faults));
const hindrances = hindrancesOf(release, process.env["CI"] === "true");
if (hindrances.length > 0 && !isDry) stop(list(hindrances));

run("node", ["scripts/build.ts"]);
run("node", ["scripts/check.ts"]);
if (!isDry) run("npm", ["test"]);
for (const { folder, manifest } of manifests) {
  console.log(`${isDry ? "Would publish" : "Publishing"} ${manifest.name}@${version}`);
  run(
    "npm",
    ["publish", ...(isDry ? ["--dry-run"] : ["--provenance"]), "--access", "public", "--tag", version.includes("-") ? "next" : "latest"],
    folder,
  );
}
if (hindrances.length > 0) console.log(`Before it can be published:\n${list(hindrances)}`);

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
