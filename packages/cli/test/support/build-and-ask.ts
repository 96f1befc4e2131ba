/** A project is built, its output taken elsewhere and the project away, and the server asked there without a network. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../../src/build/build.ts";
import { bundle } from "../../src/build/bundle.ts";
import { findProject } from "../../src/project.ts";

export interface Said {
  readonly health: unknown;
  readonly proof: { readonly body: unknown };
  readonly reply: { readonly status: number; readonly body: { readonly text: string } };
  readonly openapi: number;
  readonly exit: number | null;
  readonly output: string;
  /** What a connection to the world beyond this machine came to. */
  readonly beyond: string;
  readonly failure?: string;
}

export interface Asked {
  /** The whole project; it is gone afterwards. */
  readonly project: string;
  /** Where the app is in it. */
  readonly app?: string | undefined;
  readonly prefix?: string | undefined;
  /** Who asks. */
  readonly token?: string | undefined;
  readonly isBundled?: boolean;
}

/** Programs run in a network of their own that has nothing but itself, where the system allows it; elsewhere they may not connect. */
const NETWORK_OF_ITS_OWN = ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"] as const;
const [unshare, ...inIt] = NETWORK_OF_ITS_OWN;
const hasNamespaces = spawnSync(unshare, [...inIt, "true"]).status === 0;
const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const CUT_OFF: readonly string[] = hasNamespaces ? inIt : ["--import", beside("no-network.mjs")];

/** Resolves to what the server said, and what building it warned of. */
export async function buildAndAsk(asked: Asked): Promise<Said & { readonly warnings: readonly string[] }> {
  const { project, app = ".", prefix = "/api", token = "", isBundled = false } = asked;
  const found = findProject({ root: join(project, app) });
  const { output, warnings } = isBundled ? await bundle(found) : build(found);
  const home = mkdtempSync(join(project, "../moved-"));
  const moved = join(home, "output");
  renameSync(output, moved);
  rmSync(project, { recursive: true });
  cpSync(beside("ask.mjs"), join(home, "ask.mjs"));
  const args = [...CUT_OFF, ...(hasNamespaces ? [process.execPath] : []), "../ask.mjs", "index.mjs", "4111", prefix, token];
  const env = { PATH: process.env.PATH, NODE_OPTIONS: hasNamespaces ? "" : `--import ${beside("no-network.mjs")}` };
  const { stdout, stderr } = spawnSync(hasNamespaces ? unshare : process.execPath, args, { cwd: moved, env, encoding: "utf8" });
  rmSync(home, { recursive: true });
  if (stderr !== "") throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Said), warnings };
}
