import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build } from "../src/build/build.ts";
import { findProject } from "../src/project.ts";
import { fermata, freePort } from "./support/cli.ts";
import { install, temporaryFolder } from "./support/projects.ts";

const top = temporaryFolder();
let folder = "";
// Where others work the disk as well, this takes its time.
afterAll(() => rmSync(top, { recursive: true, force: true }), 120_000);

beforeAll(() => {
  folder = mkdtempSync(join(top, "app-"));
  mkdirSync(join(folder, "src/mastra"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "app", type: "module", dependencies: { fermata: "^0.1.0" } }));
  writeFileSync(
    join(folder, "src/mastra/index.ts"),
    `import { Mastra, registerApiRoute } from "fermata";
     if (process.env.BREAKS) throw new Error("broken at the start");
     export const mastra = new Mastra({ server: { apiRoutes: [
       registerApiRoute("/who", { method: "GET", handler: async () => Response.json({ pid: process.pid, from: process.env.FROM, mode: process.env.NODE_ENV }, { headers: { connection: "close" } }) }),
       registerApiRoute("/die", { method: "GET", handler: async () => process.exit(3) }),
     ] } });`,
  );
  install(folder, "npm");
  build(findProject({ root: folder }));
});

interface Who {
  readonly pid: number;
  readonly from?: string;
  readonly mode?: string;
}

const who = async (port: number): Promise<Who> => (await (await fetch(`http://127.0.0.1:${port}/who`)).json()) as Who;

test("start runs the output, takes its variables from the env files, and ends well on SIGTERM", async () => {
  const port = await freePort();
  writeFileSync(join(folder, ".env"), "FROM=env\n");
  writeFileSync(join(folder, ".env.production"), "FROM=production\n");
  await using server = fermata(["start", "--port", String(port)], { cwd: folder });
  await server.until(`Listening on http://127.0.0.1:${port}`);
  expect(await who(port)).toEqual({ pid: server.child.pid, from: "production", mode: "production" });
  server.child.kill("SIGTERM");
  expect(await server.exited).toBe(0);
});

test("the environment goes before env files, and --env before the usual ones", async () => {
  const port = await freePort();
  writeFileSync(join(folder, ".env"), "FROM=env\n");
  writeFileSync(join(folder, "mine.env"), "FROM=mine\nNODE_ENV=development\n");
  await using server = fermata(["start", "--env", "mine.env"], { cwd: folder, env: { PORT: String(port), NODE_ENV: "test" } });
  await server.until("Listening on");
  expect(await who(port)).toMatchObject({ from: "mine", mode: "test" });
});

test("several workers share one port, and one that dies is replaced", async () => {
  const port = await freePort();
  await using server = fermata(["start", "--workers", "2"], { cwd: folder, env: { PORT: String(port) } });
  await server.until("with 2 processes");
  const seen = new Set<number>();
  while (seen.size < 2) seen.add((await who(port)).pid);
  expect(seen).not.toContain(server.child.pid);
  await fetch(`http://127.0.0.1:${port}/die`).catch(() => undefined);
  await server.until("A process ended with 3; another one starts");
  while (seen.size < 3) seen.add((await who(port)).pid);
  server.child.kill("SIGTERM");
  expect(await server.exited).toBe(0);
  for (const pid of seen) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("workers that cannot start are not started for ever", async () => {
  await using server = fermata(["start", "--workers", "2"], { cwd: folder, env: { BREAKS: "1", PORT: "0" } });
  expect(await server.exited).toBe(1);
  expect(server.err()).toContain("broken at the start");
});

test("a taken port is said in one line, and the command ends with 1", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo; // it listens on TCP
  await using server = fermata(["start"], { cwd: folder, env: { PORT: String(port) } });
  expect(await server.exited).toBe(1);
  expect(server.err()).toBe(`Port ${port} is taken by another program. Set PORT or server.port.\n`);
  holder.close();
});

test.each([
  [["start", "--dir", "nowhere"], "There is no nowhere/index.mjs: run `fermata build` first"],
  [["start", "--workers", "many"], '--workers must be a whole number, not "many".'],
  [["start", "--env", "no.env"], "There is no file"],
  [["start", "twice"], '"twice" is one word too many'],
  [["strat"], 'There is no command "strat". Did you mean "start"?'],
  [["start", "--worker", "2"], "Did you mean --workers?"],
])("%j is refused with 2 and says why", async (args, why) => {
  await using refused = fermata(args, { cwd: folder });
  expect(await refused.exited).toBe(2);
  expect(refused.err()).toContain(why);
  expect(refused.out()).toBe("");
});

test("--help names every command, and each command explains itself", async () => {
  await using overview = fermata(["--help"], { cwd: folder });
  expect(await overview.exited).toBe(0);
  const names = [...overview.out().matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name = ""]) => name);
  expect(names).toContain("build");
  for (const name of names) {
    await using help = fermata([name, "--help"], { cwd: folder });
    expect(await help.exited).toBe(0);
    expect(help.out()).toContain(`fermata ${name}`);
  }
});
