/**
 * Everything that can be said about the repository without running it. Every step counts as one, all steps run, and the process fails
 * when one of them does. `--json <file>` also writes `{ passed, failed }`; other arguments pick the steps whose name holds one of them.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { builtPackages } from "./build-stamp.ts";
import { ensureInstalled } from "./own-install.ts";
import { filesUnder, root } from "./source-files.ts";

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** A folder with a lockfile of its own that must be installed first. */
  readonly needs?: string;
}

/** Folders outside the workspaces that are installed on their own. */
const installedAlone = new Set(["conformance", "bench"]);

function typeSteps(): Step[] {
  const folders = ["packages", "examples", "conformance", "bench"];
  const configs = ["tsconfig.json", ...folders.flatMap((folder) => filesUnder(folder, (name) => name === "tsconfig.json"))];
  return configs.map((path) => {
    const folder = path.slice(0, Math.max(path.lastIndexOf("/"), 0)) || ".";
    const step: Step = { name: `types ${folder}`, command: ["tsc", "--noEmit", "-p", folder] };
    return installedAlone.has(folder) ? { ...step, needs: folder } : step;
  });
}

/** What is published, as whoever installs it finds it. */
function packageSteps(): Step[] {
  return builtPackages().flatMap((folder) => [
    { name: `package contents ${folder}`, command: ["publint", "--strict", folder] },
    {
      name: `package types ${folder}`,
      command: ["attw", "--pack", folder, "--profile", "esm-only", "--exclude-entrypoints", "package.json"],
    },
  ]);
}

function steps(): Step[] {
  return [
    { name: "format", command: ["oxfmt", "--check"] },
    { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings", "--report-unused-disable-directives"] },
    { name: "imports", command: ["node", "scripts/check-imports.ts"] },
    { name: "text", command: ["node", "scripts/check-text.ts"] },
    { name: "lockfiles", command: ["node", "scripts/lockfile.ts"] },
    { name: "build", command: ["node", "scripts/build-if-needed.ts"] },
    ...typeSteps(),
    { name: "unused code", command: ["knip"] },
    ...packageSteps(),
  ];
}

/** Runs a step and prints one line; what it said follows when it failed. */
function run({ name, command: [program, ...args], needs }: Step): boolean {
  const start = performance.now();
  let said = "";
  let ok = needs === undefined || ensureInstalled(needs);
  if (ok) {
    const result = spawnSync(program, args, { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" }, maxBuffer: 64 << 20 });
    ok = result.status === 0;
    said = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error ? String(result.error) : ""}`;
  } else said = `npm ci in ${needs} failed`;
  console.log(`${ok ? "ok    " : "FAILED"} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  if (!ok) console.log(said.trim().replace(/^/gm, "    "));
  return ok;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "string" } } });
const chosen = steps().filter(({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)));
const failed = chosen.filter((step) => !run(step)).length;
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ passed: chosen.length - failed, failed }));
console.log(failed === 0 ? `All ${chosen.length} checks passed.` : `${failed} of ${chosen.length} checks failed.`);
process.exitCode = failed === 0 && chosen.length > 0 ? 0 : 1;
