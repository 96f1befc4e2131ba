/** Projects of the corpus as npm, pnpm and Yarn themselves install them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { buildAndAsk } from "./support/build-and-ask.ts";
import { fermata } from "./support/cli.ts";
import { CORPUS } from "./support/corpus.ts";
import { temporaryFolder } from "./support/projects.ts";
import { packagesIn, startRegistry, type Registry } from "./support/registry.ts";

type Manager = "npm" | "pnpm" | "yarn";

const top = temporaryFolder();
const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
let registry: Registry;
beforeAll(async () => {
  registry = await startRegistry(
    mkdtempSync(join(top, "packed-")),
    readdirSync(fixtures).flatMap((name) => packagesIn(join(fixtures, name, "deps"))),
  );
}, 60_000);
afterEach(() => rmSync(join(top, "project"), { recursive: true, force: true }));
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  rmSync(top, { recursive: true, force: true });
}, 60_000);

const bin = fileURLToPath(new URL("../../../node_modules/.bin/", import.meta.url));
const ARGUMENTS: Readonly<Record<Manager, readonly string[]>> = {
  npm: ["install", "--no-audit", "--no-fund"],
  pnpm: ["install", "--no-frozen-lockfile"],
  yarn: ["install"],
};

/** Where packages come from, and that nothing of this machine's own settings counts. */
function environment(url: string, linker: string): NodeJS.ProcessEnv {
  return {
    PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}`,
    HOME: top,
    npm_config_registry: url,
    npm_config_cache: join(top, "npm-cache"),
    npm_config_store_dir: join(top, "pnpm-store"),
    YARN_NPM_REGISTRY_SERVER: url.replace(/\/$/, ""),
    YARN_UNSAFE_HTTP_WHITELIST: "127.0.0.1",
    YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
    YARN_ENABLE_TELEMETRY: "0",
    YARN_NODE_LINKER: linker,
    YARN_NPM_MINIMAL_AGE_GATE: "0",
  };
}

/** Resolves to the folder of the project when its packages are installed. */
async function installed(name: string, manager: Manager, linker = "node-modules"): Promise<string> {
  const project = join(top, "project");
  cpSync(join(fixtures, name, "project"), project, { recursive: true });
  // Where pnpm looks for the packages of a workspace.
  if (manager === "pnpm" && name === "workspace-source") writeFileSync(join(project, "pnpm-workspace.yaml"), "packages:\n  - packages/*\n");
  if (manager === "yarn") writeFileSync(join(project, "yarn.lock"), "");
  const child = spawn(manager, ARGUMENTS[manager], { cwd: project, env: environment(registry.url, linker) });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${manager} ended with ${code}:\n${said}`);
  return project;
}

test.each<[Manager, string, string]>([
  ["npm", "npm-nested-versions", ""],
  ["npm", "sharp", ""],
  ["pnpm", "pnpm-strict", ""],
  ["pnpm", "workspace-source", ""],
  ["pnpm", "monorepo-instance", ""],
  ["pnpm", "service", ""],
  ["yarn", "yarn-workspaces", "node-modules"],
  ["yarn", "workspace-source", "pnpm"],
])(
  "%s installs %s %s, and it is built and runs alone",
  async (manager, name, linker) => {
    const found = CORPUS.find((one) => one.name === name);
    const said = await buildAndAsk({ project: await installed(name, manager, linker), ...found });
    expect(said.warnings).toEqual([]);
    expect(said.failure).toBeUndefined();
    expect(said.proof.body).toEqual(found?.proof);
    expect(said.reply.status).toBe(200);
    expect(said.exit).toBe(0);
  },
  180_000,
);

test("Yarn's Plug'n'Play is refused, and what to set instead is said", async () => {
  const project = await installed("tsconfig-paths", "yarn", "pnp");
  for (const command of ["build", "dev", "routes"]) {
    await using refused = fermata([command], { cwd: project });
    expect(await refused.exited).toBe(1);
    expect(refused.err()).toContain("nodeLinker: node-modules");
  }
}, 180_000);
