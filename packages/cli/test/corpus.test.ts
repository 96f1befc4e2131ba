/** Real projects in miniature: each is built, moved to an empty folder without a node_modules, and run there without a network. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { build } from "../src/build/build.ts";
import { findProject } from "../src/project.ts";
import { layOut, temporaryFolder, type PackageLayout } from "./support/projects.ts";

interface Case {
  readonly name: string;
  readonly layout: PackageLayout;
  /** Where the app is in its project. */
  readonly app?: string;
  readonly prefix?: string;
  readonly proof: unknown;
  readonly openapi?: number;
}

const CORPUS: readonly Case[] = [
  { name: "npm-nested-versions", layout: "npm", proof: { alpha: "1.4.0", alphaOfBeta: "2.0.0" } },
  { name: "pnpm-strict", layout: "pnpm", proof: { outer: "outer of inner" } },
  { name: "yarn-workspaces", layout: "yarn", proof: { f: "<212 F" } },
  { name: "workspace-source", layout: "npm", proof: { mood: "loud", text: "HELLO ADA", more: "X" } },
  { name: "workspace-source", layout: "pnpm", proof: { mood: "loud", text: "HELLO ADA", more: "X" } },
  { name: "tsconfig-paths", layout: "npm", proof: { answer: 42, one: 1 } },
  { name: "commonjs-only", layout: "npm", proof: { hello: "hello world", version: "0.9", first: "first", other: "second", deep: "deep" } },
  { name: "native", layout: "pnpm", proof: { path: "/fermata/package.json" } },
  {
    name: "dynamic-import",
    layout: "npm",
    proof: { results: [7, 2, 12, 1], lazy: "came later", fixed: "fixed", optional: "not there", fromWorker: 42 },
  },
  {
    name: "assets",
    layout: "npm",
    proof: {
      prompt: "# You are brief\n\n`${not a template}`",
      cities: 2,
      capital: "Lisbon",
      plain: [1, 2, 3],
      name: "assets",
      byUrl: "Ask me — ünïcödé 🎵",
      byFolder: "be kind",
      byName: "Ask me — ünïcödé 🎵",
    },
  },
  {
    name: "create-require",
    layout: "pnpm",
    proof: {
      path: "/only-require/main.cjs",
      asset: "bytes\n",
      again: true,
      legacy: { folder: "mastra", rows: 2 },
      table: 2,
      here: true,
      required: "function",
    },
  },
  { name: "top-level-await", layout: "npm", prefix: "/agents-api", openapi: 200, proof: { mode: "production", prefix: "/agents-api" } },
  { name: "monorepo-instance", layout: "pnpm", app: "apps/server", proof: { here: "only here", value: 7 } },
  { name: "jsx", layout: "npm", proof: { page: '<main lang="en"><h1>Hi</h1></main>', counted: true } },
  { name: "mixed-modules", layout: "npm", proof: { kinds: ["esm", "cjs"], config: "default", plain: "esm" } },
];

const top = temporaryFolder();
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** Programs run in a network of their own that has nothing but itself, where the system allows it. */
const cutOff = ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
const canCutOff = spawnSync(cutOff[0] ?? "", [...cutOff.slice(1), "true"]).status === 0;
const ask = fileURLToPath(new URL("support/ask.mjs", import.meta.url));

interface Said {
  readonly health: unknown;
  readonly proof: { readonly body: unknown };
  readonly reply: { readonly status: number; readonly body: { readonly text: string } };
  readonly openapi: number;
  readonly swagger: number;
  readonly exit: number | null;
  readonly output: string;
  readonly failure?: string;
}

/** Builds a project, takes the output elsewhere and the project away, and asks the server. */
function buildAndAsk({ name, layout, app = ".", prefix = "/api" }: Omit<Case, "proof">): Said {
  const home = mkdtempSync(join(top, "case-"));
  const project = join(home, "project");
  mkdirSync(project);
  layOut(name, project, layout);
  const { output, warnings } = build(findProject({ root: join(project, app) }));
  expect(warnings.filter((text) => !text.includes("not-installed-anywhere"))).toEqual([]);
  const moved = join(home, "moved");
  renameSync(output, moved);
  rmSync(project, { recursive: true });
  cpSync(ask, join(home, "ask.mjs"));
  const port = name === "seed-page" ? "3000" : "4111";
  const command = [...(canCutOff ? cutOff : []), process.execPath, "../ask.mjs", "index.mjs", port, prefix];
  const env = { PATH: process.env.PATH, ...(canCutOff ? {} : { FERMATA_MODEL: "offline" }) };
  const { stdout, stderr } = spawnSync(command[0] ?? "", command.slice(1), { cwd: moved, env, encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Said;
}

test.each(CORPUS)("$name, installed as $layout does, is built and runs alone", (one) => {
  const said = buildAndAsk(one);
  expect(said.failure).toBeUndefined();
  expect(said.health).toEqual([200, { success: true }]);
  expect(said.proof.body).toEqual(one.proof);
  expect(said.reply.status).toBe(200);
  expect(said.reply.body.text).not.toBe("");
  expect(said.openapi).toBe(one.openapi ?? 404);
  expect(said.exit).toBe(0);
});
