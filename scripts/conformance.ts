/** Runs the black-box suites of `conformance/`. Arguments go to vitest. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled } from "./own-install.ts";
import { root } from "./source-files.ts";

const folder = join(root, "conformance");
if (!existsSync(join(folder, "package.json"))) {
  console.error("There is no conformance/package.json.");
  process.exit(1);
}
if (!ensureInstalled("conformance")) process.exit(1);
const vitest = join(root, "node_modules/vitest/vitest.mjs");
process.exit(spawnSync(process.execPath, [vitest, "run", ...process.argv.slice(2)], { cwd: folder, stdio: "inherit" }).status ?? 1);
