/** What an installation weighs, and the installation of the official packages. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, lstat, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const PEERS = fileURLToPath(new URL("peers/", import.meta.url));
const OURS = fileURLToPath(new URL("../packages/fermata/", import.meta.url));

export interface Installed {
  /** Sum of the sizes of all files in node_modules. */
  bytes: number;
  packages: number;
}

/** Installs the pinned official packages, unless they are there. */
export function installPeers(): Promise<void> {
  return installFrom(PEERS);
}

/** Installs what the lockfile of a folder pins, unless it is there. */
export async function installFrom(folder: string): Promise<void> {
  const stamp = join(folder, "node_modules", ".installed-from");
  const wanted = createHash("sha256")
    .update(await readFile(join(folder, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && (await readFile(stamp, "utf8")) === wanted) return;
  console.error(`Installing the official packages in ${folder} …`);
  await npm(["ci"], folder);
  await writeFile(stamp, wanted);
}

export function officialSize(): Promise<Installed> {
  return weigh(PEERS);
}

/** Packs the package as it would be published and installs it into an empty folder. Needs a build, and the registry for its dependencies. */
export async function fermataSize(): Promise<Installed> {
  if (!existsSync(join(OURS, "dist"))) throw new Error("packages/fermata is not built: run `npm run build`");
  return inEmptyFolder(async (folder) => {
    await npm(["pack", "--pack-destination", folder], OURS);
    const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
    if (!tarball) throw new Error("npm pack wrote no tarball");
    await npm(["install", `./${tarball}`], folder);
  });
}

/** Hono and its Node adapter, in the versions pinned in bench/peers. */
export function honoSize(): Promise<Installed> {
  return inEmptyFolder(async (folder) => {
    // JSON of our own, see bench/peers/package.json
    const { dependencies } = JSON.parse(await readFile(join(PEERS, "package.json"), "utf8")) as { dependencies: Record<string, string> };
    await npm(["install", ...["hono", "@hono/node-server"].map((name) => `${name}@${dependencies[name]}`)], folder);
  });
}

async function inEmptyFolder(install: (folder: string) => Promise<void>): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), "bench-install-"));
  try {
    await writeFile(join(folder, "package.json"), '{"name":"bench-install","private":true}');
    await cp(join(PEERS, ".npmrc"), join(folder, ".npmrc"));
    await install(folder);
    return await weigh(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function weigh(folder: string): Promise<Installed> {
  // Written by npm: one entry per installed package, by its path.
  const { packages } = JSON.parse(await readFile(join(folder, "node_modules/.package-lock.json"), "utf8")) as { packages: object };
  let bytes = 0;
  for (const entry of await readdir(join(folder, "node_modules"), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await lstat(join(entry.parentPath, entry.name))).size;
  }
  return { bytes, packages: Object.keys(packages).length };
}

/** npm on this very Node: under an older one it would pick older majors without a word. */
async function npm(args: readonly string[], cwd: string): Promise<void> {
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  // npm passes its own settings (workspace, prefix) to scripts as npm_*; another project must not inherit them.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config_(local_)?prefix|config_workspace|package|lifecycle)/.test(name)),
  );
  await run("npm", [...args], { cwd, env: { ...env, PATH: path }, maxBuffer: 16 * 1024 * 1024 });
}
