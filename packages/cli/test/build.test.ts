import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { afterAll, expect, test } from "vitest";
import { build } from "../src/build/build.ts";
import { dockerfile } from "../src/build/dockerfile.ts";
import { findProject } from "../src/project.ts";
import { fermata, freePort, run } from "./support/cli.ts";
import { install, layOut, temporaryFolder } from "./support/projects.ts";

const top = temporaryFolder();
// Where others work the disk as well, this takes its time.
afterAll(() => rmSync(top, { recursive: true, force: true }), 120_000);

const weather = fileURLToPath(new URL("../../../examples/weather/", import.meta.url));

function projectOf(name: string): string {
  const folder = mkdtempSync(join(top, "project-"));
  layOut(name, folder);
  return folder;
}

function weatherProject(): string {
  const folder = mkdtempSync(join(top, "weather-"));
  for (const name of ["package.json", "src"]) cpSync(join(weather, name), join(folder, name), { recursive: true });
  install(folder, "npm");
  return folder;
}

/** One hash over the names, the modes and the bytes of all files. */
function fingerprint(folder: string): string {
  const hash = createHash("sha256");
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => ({
    entry,
    path: join(entry.parentPath, entry.name),
  }));
  for (const { entry, path } of entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(path.slice(folder.length));
    if (entry.isSymbolicLink()) hash.update(readlinkSync(path));
    else if (entry.isFile()) hash.update(`${statSync(path).mode}`).update(readFileSync(path));
  }
  return hash.digest("hex");
}

test("the same input gives the same bytes, in another folder and over an earlier output", () => {
  const [one, other] = [weatherProject(), weatherProject()];
  const first = fingerprint(build(findProject({ root: one })).output);
  expect(fingerprint(build(findProject({ root: other })).output)).toBe(first);
  writeFileSync(join(one, ".mastra/output/left-over.txt"), "from before");
  expect(fingerprint(build(findProject({ root: one })).output)).toBe(first);
});

test("the weather example's server is smaller than 15 MB and lists its packages", () => {
  const { output, bytes, unused } = build(findProject({ root: weatherProject() }));
  expect(bytes).toBeLessThan(15_000_000);
  expect(unused).toEqual([]);
  const bom = JSON.parse(readFileSync(join(output, "sbom.cdx.json"), "utf8")) as {
    bomFormat: string;
    components: { name: string; purl: string }[];
  };
  expect(bom.bomFormat).toBe("CycloneDX");
  expect(bom.components.map(({ name }) => name)).toEqual(expect.arrayContaining(["fermata", "hono", "node-server", "zod"]));
  for (const { purl } of bom.components) expect(purl).toMatch(/^pkg:npm\/(?:%40[\w-]+\/)?[\w.-]+@\d/);
});

test("the list of packages is what CycloneDX's schema asks for", () => {
  const project = projectOf("service");
  // What a package says of its licence is not always what a list of licences knows.
  const manifest = join(project, "node_modules/express/package.json");
  const express = JSON.parse(readFileSync(manifest, "utf8")) as object;
  rmSync(manifest); // it may be a link to the real one
  writeFileSync(manifest, JSON.stringify({ ...express, license: "Like beer" }));
  const { output } = build(findProject({ root: project }));
  const schemas = fileURLToPath(new URL("../../../node_modules/@cyclonedx/cyclonedx-library/res/schema/", import.meta.url));
  const schema = (name: string): object => JSON.parse(readFileSync(join(schemas, `${name}.SNAPSHOT.schema.json`), "utf8")) as object;
  // Its formats for e-mail and addresses are none that appear here.
  const home = "http://cyclonedx.org/schema";
  const others = { [`${home}/spdx.SNAPSHOT.schema.json`]: schema("spdx"), [`${home}/jsf-0.82.SNAPSHOT.schema.json`]: schema("jsf-0.82") };
  const ajv = new Ajv({ strict: false, validateFormats: false, schemas: others });
  const isValid = ajv.compile(schema("bom-1.6"));
  const bom: unknown = JSON.parse(readFileSync(join(output, "sbom.cdx.json"), "utf8"));
  isValid(bom);
  expect(isValid.errors).toBeNull();
});

test("as a user who may write nothing, the server runs", async () => {
  const { output } = build(findProject({ root: projectOf("top-level-await") }));
  const entries = readdirSync(output, { recursive: true, withFileTypes: true });
  for (const entry of entries)
    if (!entry.isSymbolicLink()) chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o555 : 0o444);
  chmodSync(output, 0o555);
  chmodSync(top, 0o755);
  for (let folder = join(output, ".."); folder !== top; folder = join(folder, "..")) chmodSync(folder, 0o755);
  const isRoot = process.getuid?.() === 0;
  const port = await freePort();
  const command = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", process.execPath] : [process.execPath];
  const script = `await import(${JSON.stringify(join(output, "index.mjs"))}); const r = await fetch("http://127.0.0.1:${port}/health"); console.log(process.getuid(), r.status); process.exit()`;
  const said = spawnSync(command[0] ?? "", [...command.slice(1), "--input-type=module", "-e", script], {
    cwd: output,
    env: { PATH: process.env.PATH, PORT: String(port), MASTRA_HOST: "127.0.0.1", FERMATA_MODEL: "offline" },
    encoding: "utf8",
  });
  expect(said.stdout + said.stderr).toBe(`${isRoot ? 65534 : process.getuid?.()} 200\n`);
  for (const entry of entries) if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  chmodSync(output, 0o755);
});

test("the seed page's server listens where it says, and its documents are off in production", async () => {
  const folder = projectOf("seed-page");
  await using built = fermata(["build"], { cwd: folder });
  expect(await built.exited).toBe(0);
  expect(built.out()).toMatch(/^Built \.mastra\/output in [\d.]+ s: 1 modules, \d+ packages, [\d.]+ MB\.\n/);
  await using server = run([".mastra/output/index.mjs"], { cwd: folder, env: { MASTRA_HOST: "" } });
  const health = await answering("http://127.0.0.1:3000/health", server.exited);
  expect(await health.json()).toEqual({ success: true });
  // On every address of the machine, which the whole of 127.0.0.0/8 is on Linux.
  if (process.platform === "linux") expect((await fetch("http://127.0.0.9:3000/health")).status).toBe(200);
  expect((await fetch("http://127.0.0.1:3000/api/openapi.json")).status).toBe(404);
  expect((await fetch("http://127.0.0.1:3000/swagger-ui")).status).toBe(404);
  server.child.kill("SIGTERM");
  expect(await server.exited).toBe(0);
});

test("with server.build the seed page's documents are on in production", async () => {
  const folder = projectOf("seed-page");
  const entry = join(folder, "src/mastra/index.ts");
  const port = await freePort();
  const flags = `port: ${port}, host: "127.0.0.1", build: { openAPIDocs: true, swaggerUI: true },\n},`;
  writeFileSync(entry, readFileSync(entry, "utf8").replace(/port: 3000[^]*\n\},/, flags));
  const { output } = build(findProject({ root: folder }));
  await using server = run([join(output, "index.mjs")], { cwd: folder });
  await answering(`http://127.0.0.1:${port}/health`, server.exited);
  const document = (await (await fetch(`http://127.0.0.1:${port}/api/openapi.json`)).json()) as { openapi: string };
  expect(document.openapi).toBe("3.1.0");
  expect((await fetch(`http://127.0.0.1:${port}/swagger-ui`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${port}/swagger-ui/swagger-ui-bundle.js`)).status).toBe(200);
});

test("a fault in the app's code is said with its file and line, and the earlier output stays", async () => {
  const folder = projectOf("tsconfig-paths");
  build(findProject({ root: folder }));
  writeFileSync(join(folder, "src/lib/numbers.ts"), "export const one = 1;\nexport const two = = 2;\n");
  await using failed = fermata(["build"], { cwd: folder });
  expect(await failed.exited).toBe(1);
  expect(failed.err()).toContain("at src/lib/numbers.ts:2:20");
  expect(failed.err()).toContain("> 2 | export const two = = 2;");
  expect(existsSync(join(folder, ".mastra/output/index.mjs"))).toBe(true);
  expect(readdirSync(join(folder, ".mastra"))).toEqual(["output"]);
});

test("an import that leads nowhere is said with its file and line", async () => {
  const folder = projectOf("tsconfig-paths");
  writeFileSync(join(folder, "src/lib/numbers.ts"), 'import { x } from "not-there";\nexport const one = x;\n');
  await using failed = fermata(["build"], { cwd: folder });
  expect(await failed.exited).toBe(1);
  expect(failed.err()).toContain('Cannot find "not-there"');
  expect(failed.err()).toContain("at src/lib/numbers.ts:1:19");
});

test("a folder without an instance is said, and the command ends with 2", async () => {
  const folder = mkdtempSync(join(top, "empty-"));
  await using failed = fermata(["build"], { cwd: folder });
  expect(await failed.exited).toBe(2);
  expect(failed.err()).toContain("No instance found");
  expect(failed.out()).toBe("");
});

test("with --json a program reads what was built", async () => {
  const folder = projectOf("seed-page");
  await using built = fermata(["build", "--json", "--output", "made"], { cwd: folder });
  expect(await built.exited).toBe(0);
  expect(JSON.parse(built.out())).toMatchObject({ output: join(folder, "made"), modules: 1, warnings: [], unused: [] });
  expect(built.err()).toBe("");
});

test("with --dockerfile a Dockerfile is written once", async () => {
  const folder = projectOf("seed-page");
  await using built = fermata(["build", "--dockerfile"], { cwd: folder });
  expect(await built.exited).toBe(0);
  expect(readFileSync(join(folder, "Dockerfile"), "utf8")).toContain("USER nonroot");
  writeFileSync(join(folder, "Dockerfile"), "mine");
  await using again = fermata(["build", "--dockerfile"], { cwd: folder });
  expect(await again.exited).toBe(0);
  expect(readFileSync(join(folder, "Dockerfile"), "utf8")).toBe("mine");
});

test.each([
  ["package-lock.json", "npm ci ", "npx fermata build"],
  ["pnpm-lock.yaml", "pnpm install --frozen-lockfile", "pnpm exec fermata build"],
  ["yarn.lock", "yarn install --immutable", "yarn fermata build"],
  ["package.json", "npm install ", "npx fermata build"],
])(
  "the Dockerfile of a project with %s installs and builds with that, and its second stage finds what it copies",
  (lockfile, install, run) => {
    const folder = projectOf("seed-page");
    if (lockfile !== "package.json") writeFileSync(join(folder, lockfile), "");
    mkdirSync(join(folder, ".git"));
    const { Dockerfile: text = "", ".dockerignore": ignored = "" } = dockerfile(folder);
    const [building = "", serving = ""] = text.split(/^(?=FROM gcr)/m);
    expect(building).toContain(
      `RUN ${install.trim()}`.replace("RUN pnpm", "RUN corepack enable && pnpm").replace("RUN yarn", "RUN corepack enable && yarn"),
    );
    expect(building).toContain(`RUN ${run}\n`);
    build(findProject({ root: folder }));
    const copied = /^COPY --from=build \S+ \/app\/(\S+) \.\/$/m.exec(serving)?.[1] ?? "";
    const command = /^CMD \["(\S+)"\]$/m.exec(serving)?.[1] ?? "";
    expect(existsSync(join(folder, copied, command))).toBe(true);
    // Nothing is run there, nobody is root, and no secret of the folder came along.
    expect(serving).not.toMatch(/^RUN /m);
    expect(
      serving
        .trim()
        .split("\n")
        .filter((line) => /^(?:USER|CMD)/.test(line)),
    ).toEqual(["USER nonroot", `CMD ["${command}"]`]);
    expect(ignored.split("\n")).toEqual(expect.arrayContaining(["**/node_modules", "**/.env", "**/.env.*"]));
  },
);

test("the Dockerfile of an app in a workspace is for the workspace's folder, where the lockfile is", () => {
  const workspace = projectOf("monorepo-instance");
  writeFileSync(join(workspace, "pnpm-lock.yaml"), "");
  const files = dockerfile(join(workspace, "apps/server"));
  expect(Object.keys(files)).toEqual(["Dockerfile", "Dockerfile.dockerignore"]);
  expect(files["Dockerfile"]).toContain("RUN cd apps/server && pnpm exec fermata build");
  expect(files["Dockerfile"]).toContain("/app/apps/server/.mastra/output ./");
});

test("source maps lead from the output to the app's lines", async () => {
  const folder = projectOf("seed-page");
  mkdirSync(join(folder, "src/lib"), { recursive: true });
  writeFileSync(
    join(folder, "src/mastra/index.ts"),
    'interface A {\n  b: string;\n}\n\nconst a: A = { b: "" };\nif (a) throw new Error("on line 6");\nexport const mastra = {};\n',
  );
  const { output } = build(findProject({ root: folder }), { sourcemap: true });
  await using failed = run(["--enable-source-maps", join(output, "index.mjs")], { cwd: folder });
  expect(await failed.exited).toBe(1);
  expect(failed.err()).toMatch(/src\/mastra\/index\.ts:6:\d+/);
});

/** The reply of a server that is about to listen. */
async function answering(url: string, ended: Promise<unknown>): Promise<Response> {
  let isOver = false;
  void ended.then(() => (isOver = true));
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response) return response;
    if (isOver) throw new Error("The server ended before it listened.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
