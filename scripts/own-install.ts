import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./source-files.ts";

/**
 * Installs what a folder outside the workspaces pins in its own lockfile, unless that has been done since the lockfile last changed.
 * Such folders stand apart so that what they need (an official client, a peer to measure) never reaches the library's tree.
 * Returns whether the folder is ready to use.
 */
export function ensureInstalled(folder: string): boolean {
  const lockfile = join(root, folder, "package-lock.json");
  if (!existsSync(lockfile)) return true;
  const installed = join(root, folder, "node_modules/.package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return true;
  console.log(`Installing ${folder} …`);
  return spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: join(root, folder), stdio: "inherit" }).status === 0;
}
