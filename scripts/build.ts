/** Builds every package that has a `tsdown.config.ts`, then swaps the new output in, so that a running reader never meets half of it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { builtPackages, fingerprint, stampFile } from "./build-stamp.ts";
import { root } from "./source-files.ts";

const tsdown = join(root, "node_modules/tsdown/dist/run.mjs");

function buildPackage(folder: string): void {
  const cwd = join(root, folder);
  const next = join(cwd, `dist.${process.pid}`);
  const { status } = spawnSync(process.execPath, [tsdown, "--out-dir", next, "--log-level", "warn"], { cwd, stdio: "inherit" });
  if (status !== 0) {
    rmSync(next, { recursive: true, force: true });
    console.error(`Building ${folder} failed.`);
    process.exit(1);
  }
  const dist = join(cwd, "dist");
  const old = join(cwd, `dist.${process.pid}.old`);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
}

// Taken before the build: a source that changes meanwhile makes the stamp stale, not wrong.
const stamp = fingerprint();
for (const folder of builtPackages()) buildPackage(folder);
mkdirSync(dirname(stampFile), { recursive: true });
writeFileSync(stampFile, stamp);
