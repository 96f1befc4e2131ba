/** Real projects in miniature, and what each of them shows when it runs. */
import type { PackageLayout } from "./projects.ts";

export interface Case {
  readonly name: string;
  readonly layout: PackageLayout;
  /** Where the app is in its project. */
  readonly app?: string;
  readonly prefix?: string;
  readonly proof: unknown;
  readonly openapi?: number;
  /** Who asks, where callers must be known. */
  readonly token?: string;
}

export const CORPUS: readonly Case[] = [
  { name: "npm-nested-versions", layout: "npm", proof: { alpha: "1.4.0", alphaOfBeta: "2.0.0" } },
  { name: "pnpm-strict", layout: "pnpm", proof: { outer: "outer of inner" } },
  { name: "yarn-workspaces", layout: "yarn", proof: { f: "<212 F" } },
  { name: "workspace-source", layout: "npm", proof: { mood: "loud", text: "HELLO ADA", more: "X" } },
  { name: "workspace-source", layout: "pnpm", proof: { mood: "loud", text: "HELLO ADA", more: "X" } },
  { name: "tsconfig-paths", layout: "npm", proof: { answer: 42, one: 1 } },
  { name: "commonjs-only", layout: "npm", proof: { hello: "hello world", version: "0.9", first: "first", other: "second", deep: "deep" } },
  { name: "native", layout: "pnpm", proof: { path: "/fermata/package.json" } },
  { name: "sharp", layout: "npm", proof: { width: 2, height: 1, format: "png" } },
  {
    name: "service",
    layout: "npm",
    token: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.piDqVRYtbR-FIOG_rok-sDOY-efr8k9KuZflP8jD0-Q",
    proof: { own: "own page", known: 200, unknown: 401, postgres: "Error: connect ECONNREFUSED 127.0.0.1:9" },
  },
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
