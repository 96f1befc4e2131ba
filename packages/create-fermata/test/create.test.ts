/** The project as whoever makes it has it: it compiles, its tests pass, it is served, built and started, all without a key. */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const top = realpathSync(mkdtempSync(join(tmpdir(), "create-")));
afterAll(() => rmSync(top, { recursive: true, force: true }));

function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env.PATH, HOME: process.env.HOME, FERMATA_MODEL: "offline", NODE_NO_WARNINGS: "1", ...env },
  });
  return { status, stdout, stderr };
}

const create = (args: readonly string[], env?: NodeJS.ProcessEnv) => run(process.execPath, [bin, ...args], top, env);

/** The packages of the repository in place of those of a registry. */
function link(folder: string): void {
  for (const name of ["fermata", "zod", "typescript", "vitest", "@fermata/cli"]) {
    const place = join(folder, "node_modules", name);
    mkdirSync(join(place, ".."), { recursive: true });
    symlinkSync(realpathSync(join(repository, "node_modules", name)), place);
  }
}

test("a new project compiles, and its own tests pass without a key", () => {
  expect(create(["first", "--no-install"])).toMatchObject({
    status: 0,
    stdout: "Made first. Next:\n\n  cd first\n  npm install\n  npm run dev\n",
  });
  const folder = join(top, "first");
  link(folder);
  expect(run(process.execPath, [join(repository, "node_modules/typescript/bin/tsc")], folder)).toEqual({
    status: 0,
    stdout: "",
    stderr: "",
  });
  const tests = run(process.execPath, [join(repository, "node_modules/vitest/vitest.mjs"), "run", "--root", folder], folder);
  expect(tests.stdout).toContain("2 passed");
  expect(tests.status).toBe(0);
});

test("a new project has the settings of a TypeScript app, its own name, and a repository that leaves secrets out", () => {
  expect(create(["named", "--no-install", "--llm", "openai", "--llm-api-key", "sk-test", "--package-manager", "pnpm"]).status).toBe(0);
  const folder = join(top, "named");
  expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))).toMatchObject({ name: "named", scripts: { dev: "fermata dev" } });
  expect(JSON.parse(readFileSync(join(folder, "tsconfig.json"), "utf8"))).toMatchObject({
    compilerOptions: { target: "ES2022", module: "ES2022", moduleResolution: "bundler", strict: true, noEmit: true },
    include: ["src/**/*"],
  });
  expect(readFileSync(join(folder, ".env"), "utf8")).toBe("OPENAI_API_KEY=sk-test\n");
  expect(statSync(join(folder, ".env")).mode & 0o077).toBe(0);
  expect(readFileSync(join(folder, ".gitignore"), "utf8").split("\n")).toContain(".env");
  expect(readFileSync(join(folder, "README.md"), "utf8")).toContain("pnpm dev ");
  expect(existsSync(join(folder, ".git"))).toBe(true);
  expect(readdirSync(folder)).not.toContain("gitignore");
});

test("when the packages cannot be installed, that is said, and the project stays", () => {
  const failed = create(["offline"], {
    npm_config_registry: "http://127.0.0.1:9/",
    npm_config_fetch_retries: "0",
    npm_config_cache: join(top, "cache"),
  });
  expect(failed.status).toBe(1);
  expect(failed.stderr).toContain("The project is in offline. Its packages could not be installed: try npm install there.");
  expect(existsSync(join(top, "offline/src/mastra/index.ts"))).toBe(true);
});

test.each([
  [["Not A Name"], "cannot be a package's name"],
  [["../.."], "cannot be a package's name"],
  [["full"], "is not empty"],
  [["x", "--llm", "nobody"], '"nobody" is not a provider that is known here'],
  [["x", "--package-manager", "cargo"], '"cargo" is not a package manager that is known here'],
  [["x", "--lmm", "openai"], "Unknown option '--lmm'"],
])("%j is refused with 2 and leaves nothing", (args, why) => {
  mkdirSync(join(top, "full"), { recursive: true });
  writeFileSync(join(top, "full/file"), "");
  const refused = create([...args, "--no-install"]);
  expect(refused.stderr).toContain(why);
  expect(refused.status).toBe(2);
  expect(existsSync(join(top, "x"))).toBe(false);
});
