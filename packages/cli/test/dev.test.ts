import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, expect, test } from "vitest";
import { fermata, freePort, type Run } from "./support/cli.ts";
import { install, layOut, temporaryFolder } from "./support/projects.ts";

const top = temporaryFolder();
// Where others work the disk as well, this takes its time.
afterAll(() => rmSync(top, { recursive: true, force: true }), 120_000);

const appSource = (version: string, more = ""): string => `import { Mastra, registerApiRoute } from "fermata";
import { extra } from "./extra";
${more}
export const mastra = new Mastra({
  server: {
    apiRoutes: [
      registerApiRoute("/version", { method: "GET", handler: async () => Response.json({ version: ${JSON.stringify(version)}, extra, from: process.env.FROM, pid: process.pid, mode: process.env.NODE_ENV }) }),
      registerApiRoute("/crash", { method: "GET", handler: async () => process.exit(7) }),
    ],
  },
});
`;

interface App {
  readonly folder: string;
  readonly entry: string;
  readonly port: number;
  readonly url: string;
}

async function newApp(): Promise<App> {
  const folder = mkdtempSync(join(top, "app-"));
  mkdirSync(join(folder, "src/mastra"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "app", type: "module", dependencies: { fermata: "^0.1.0" } }));
  writeFileSync(join(folder, "src/mastra/extra.ts"), 'export const extra: string = "one";\n');
  const entry = join(folder, "src/mastra/index.ts");
  writeFileSync(entry, appSource("0"));
  install(folder, "npm");
  const port = await freePort();
  return { folder, entry, port, url: `http://127.0.0.1:${port}` };
}

async function dev(app: App, args: readonly string[] = []): Promise<Run> {
  const run = fermata(["dev", ...args], { cwd: app.folder, env: { PORT: String(app.port) } });
  await run.until("Ctrl-C stops.");
  return run;
}

interface Version {
  readonly version: string;
  readonly extra: string;
  readonly from?: string;
  readonly pid: number;
  readonly mode: string;
}

async function version({ url }: App): Promise<Version> {
  return (await (await fetch(`${url}/version`, { headers: { connection: "close" } })).json()) as Version;
}

/** Resolves when the server of the moment says so; every request until then is answered. */
async function served(app: App, wanted: Partial<Version>): Promise<Version> {
  for (;;) {
    const found = await version(app);
    if (Object.entries(wanted).every(([name, value]) => found[name as keyof Version] === value)) return found;
  }
}

/** Processes that a process has started and that still run. */
function childrenOf(pid: number | undefined): string[] {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid=,stat="], { encoding: "utf8" }).trim().split("\n");
  return rows
    .map((row) => row.trim().split(/\s+/))
    .flatMap(([child = "", parent, stat = ""]) => (parent === String(pid) && !stat.startsWith("Z") ? [child] : []));
}

test("fifty edits, good and broken: the port is never lost, the right code answers, and no process is left over", async () => {
  const app = await newApp();
  await using run = await dev(app, ["--no-type-check"]);
  const broken = [
    "const = ;",
    'throw new Error("at the start");',
    'import "./not-there";',
    "await new Promise(() => undefined);",
    "process.exit(9);",
  ];
  let last = "0";
  for (let edit = 1; edit <= 50; edit += 1) {
    if (edit % 3 === 0) {
      writeFileSync(app.entry, appSource(`broken ${edit}`, broken[(edit / 3) % broken.length]));
      expect((await version(app)).version).toBe(last);
    } else {
      last = String(edit);
      writeFileSync(app.entry, appSource(last));
      await served(app, { version: last });
    }
  }
  const pid = run.child.pid;
  // One that serves, one that waits; those before have finished.
  while (childrenOf(pid).length !== 2) expect((await version(app)).version).toBe(last);
  const children = childrenOf(pid);
  run.child.kill("SIGTERM");
  expect(await run.exited).toBe(0);
  for (const child of children) expect(() => process.kill(Number(child), 0)).toThrow("ESRCH");
  await expect(fetch(`${app.url}/version`)).rejects.toThrow("fetch failed");
}, 180_000);

test("a fault is said with its file and line, and the server of before goes on", async () => {
  const app = await newApp();
  await using run = await dev(app);
  writeFileSync(join(app.folder, "src/mastra/extra.ts"), 'export const extra = "one";\nexport const two = = 2;\n');
  await run.until("The server of before goes on.");
  expect(run.err()).toContain("at src/mastra/extra.ts:2:20");
  expect(run.err()).toContain("> 2 | export const two = = 2;");
  expect((await version(app)).version).toBe("0");
  writeFileSync(
    join(app.folder, "src/mastra/extra.ts"),
    'interface Hidden {\n  a: string;\n}\n\nexport const extra = "two";\nthrow new Error("on line 6");\n',
  );
  await run.until("on line 6");
  await run.until(/src\/mastra\/extra\.ts:6:\d+/);
});

test("a change of any file that the app is made of is served, and a save of the same text starts nothing", async () => {
  const app = await newApp();
  await using run = await dev(app);
  const { pid } = await version(app);
  writeFileSync(app.entry, readFileSync(app.entry));
  writeFileSync(join(app.folder, "src/mastra/data.db"), "rows");
  writeFileSync(join(app.folder, "src/mastra/extra.ts"), 'export { extra } from "../outside/value";\n');
  mkdirSync(join(app.folder, "src/outside"));
  writeFileSync(join(app.folder, "src/outside/value.ts"), 'export const extra = "from outside";\n');
  writeFileSync(join(app.folder, "src/mastra/extra.ts"), 'export { extra } from "../outside/value.js";\n');
  expect((await served(app, { extra: "from outside" })).pid).not.toBe(pid);
  writeFileSync(join(app.folder, "src/outside/next.ts"), 'export const extra = "renamed";\n');
  renameSync(join(app.folder, "src/outside/next.ts"), join(app.folder, "src/outside/value.ts"));
  await served(app, { extra: "renamed" });
  expect(run.err()).not.toContain("index.ts");
  expect(run.err()).not.toContain("data.db");
});

test("a file that was missing is found once it is there, though the next process has looked for it before", async () => {
  const app = await newApp();
  await using run = await dev(app, ["--no-type-check"]);
  writeFileSync(join(app.folder, "src/mastra/extra.ts"), 'export { extra } from "./later";\n');
  await run.until('Cannot find "./later"');
  while (childrenOf(run.child.pid).length < 2) await version(app);
  writeFileSync(join(app.folder, "src/mastra/later.ts"), 'export const extra = "came later";\n');
  expect((await served(app, { extra: "came later" })).version).toBe("0");
});

test("a package of the workspace that another tool builds is served anew when it is built anew", async () => {
  const app = await newApp();
  const built = join(app.folder, "packages/units");
  mkdirSync(built, { recursive: true });
  writeFileSync(join(built, "package.json"), '{ "name": "units", "version": "1.0.0", "type": "module", "exports": "./index.js" }');
  writeFileSync(join(built, "index.js"), 'export { extra } from "./value.js";\n');
  writeFileSync(join(built, "value.js"), 'export const extra = "built";\n');
  symlinkSync(built, join(app.folder, "node_modules/units"), "junction");
  writeFileSync(join(app.folder, "src/mastra/extra.ts"), 'export { extra } from "units";\n');
  await using _run = await dev(app, ["--no-type-check"]);
  expect((await version(app)).extra).toBe("built");
  writeFileSync(join(built, "value.js"), 'export const extra = "built anew";\n');
  await served(app, { extra: "built anew" });
});

test("an entry that hands on the instance of a package of the workspace is served, and changes of that package are", async () => {
  const folder = mkdtempSync(join(top, "monorepo-"));
  layOut("monorepo-instance", folder, "pnpm");
  const port = await freePort();
  await using run = fermata(["dev", "--no-type-check"], { cwd: join(folder, "apps/server"), env: { PORT: String(port) } });
  await run.until("Ctrl-C stops.");
  const value = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/proof`, { headers: { connection: "close" } });
    return ((await response.json()) as { value: number }).value;
  };
  expect(await value()).toBe(7);
  writeFileSync(join(folder, "packages/instance/src/own/value.ts"), "export const value: number = 8;\n");
  await run.until("Served anew");
  expect(await value()).toBe(8);
});

test("env files are read in their order, and a change of one is served", async () => {
  const app = await newApp();
  writeFileSync(join(app.folder, ".env"), "FROM=env\n");
  await using run = await dev(app);
  expect(await version(app)).toMatchObject({ from: "env", mode: "development" });
  writeFileSync(join(app.folder, ".env.development"), "FROM=development\n");
  await served(app, { from: "development" });
  expect(run.err()).toContain(".env.development");
});

test("when the app ends its process, requests wait for the next server and the port stays", async () => {
  const app = await newApp();
  await using run = await dev(app);
  await fetch(`${app.url}/crash`).catch(() => undefined);
  await run.until("The app ended its process (7).");
  await run.until("Waiting for a change.");
  const waits = version(app); // held until there is a server again
  writeFileSync(app.entry, appSource("after the crash"));
  expect((await waits).version).toBe("after the crash");
});

test("a second dev server of the same project is refused, and says where the first one is", async () => {
  const app = await newApp();
  await using first = await dev(app);
  await using second = fermata(["dev"], { cwd: app.folder, env: { PORT: "0" } });
  expect(await second.exited).toBe(1);
  expect(second.err()).toContain(`This project has a dev server already at ${app.url} (process ${first.child.pid}).`);
  first.child.kill("SIGKILL");
  await first.exited;
  await using third = await dev(app);
  expect((await version(app)).version).toBe("0");
  third.child.kill("SIGINT");
  expect(await third.exited).toBe(0);
});

test("a dev server that is killed leaves no process behind", async () => {
  const app = await newApp();
  await using run = await dev(app, ["--no-type-check"]);
  const { pid } = await version(app);
  while (childrenOf(run.child.pid).length < 2) await version(app);
  const children = childrenOf(run.child.pid).map(Number);
  expect(children).toContain(pid);
  run.child.kill("SIGKILL");
  await run.exited;
  const isAlive = (child: number): boolean => {
    try {
      return process.kill(child, 0);
    } catch {
      return false;
    }
  };
  while (children.some(isAlive)) await new Promise((resolve) => setImmediate(resolve));
});

test("an app that is broken from the start is served once it is mended", async () => {
  const app = await newApp();
  writeFileSync(app.entry, "export const mastra = 1 +;\n");
  await using run = fermata(["dev"], { cwd: app.folder, env: { PORT: String(app.port) } });
  await run.until("Waiting for a change.");
  writeFileSync(app.entry, appSource("mended"));
  await run.until("Ctrl-C stops.");
  expect((await version(app)).version).toBe("mended");
});

test("types are checked beside the server with the app's own compiler", async () => {
  const app = await newApp();
  writeFileSync(
    join(app.folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { noEmit: true, skipLibCheck: true, module: "ES2022", moduleResolution: "bundler", strict: true },
      include: ["src"],
    }),
  );
  const compiler = join(app.folder, "node_modules/typescript");
  mkdirSync(join(compiler, "bin"), { recursive: true });
  writeFileSync(join(compiler, "package.json"), '{"name":"typescript"}');
  // A stand-in that says what a compiler says: which one is installed is the app's affair.
  writeFileSync(
    join(compiler, "bin/tsc"),
    'const text = require("fs").readFileSync("src/mastra/extra.ts", "utf8");\nif (text.includes("= 5")) console.log("src/mastra/extra.ts(1,14): error TS2322: Type \'number\' is not assignable to type \'string\'.");\n',
  );
  await using run = await dev(app);
  writeFileSync(join(app.folder, "src/mastra/extra.ts"), "export const extra: string = 5;\n");
  await run.until("src/mastra/extra.ts:1:14: error TS2322");
  writeFileSync(join(app.folder, "src/mastra/extra.ts"), 'export const extra: string = "5";\n');
  await run.until("The types are right again.");
  expect((await version(app)).extra).toBe("5");
});

test("with --https the port speaks TLS for localhost", async () => {
  const app = await newApp();
  await using run = await dev(app, ["--https"]);
  expect(run.out()).toContain(`https://127.0.0.1:${app.port}`);
  const seen = await new Promise<{ names: string | undefined; status: number | undefined }>((resolve, reject) => {
    const call = request({ port: app.port, host: "127.0.0.1", path: "/version", rejectUnauthorized: false }, (response) => {
      const { subjectaltname } = (response.socket as TLSSocket).getPeerCertificate();
      response.resume().on("end", () => resolve({ names: subjectaltname, status: response.statusCode }));
    });
    call.on("error", reject).end();
  });
  expect(seen).toEqual({ names: "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1", status: 200 });
});

test("OpenAPI and Swagger UI are on, and pages that this machine serves may call the API", async () => {
  const app = await newApp();
  await using _run = await dev(app);
  expect((await fetch(`${app.url}/api/openapi.json`)).status).toBe(200);
  expect((await fetch(`${app.url}/swagger-ui`)).status).toBe(200);
  const reply = await fetch(`${app.url}/api/agents`, { headers: { origin: "http://localhost:5173" } });
  expect(reply.headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
});

test("with --inspect a debugger finds the server of the moment", async () => {
  const app = await newApp();
  const inspector = await freePort();
  await using _run = await dev(app, ["--inspect", String(inspector)]);
  const targets = async (): Promise<string> => await (await fetch(`http://127.0.0.1:${inspector}/json/list`)).text();
  expect(await targets()).toContain("server-process");
  writeFileSync(app.entry, appSource("debugged"));
  await served(app, { version: "debugged" });
  expect(await targets()).toContain("server-process");
});

test.each([
  [["--request-context-presets", "none.json"], "none.json cannot be read as JSON"],
  [["--request-context-presets", "list.json"], "list.json must hold an object of request contexts by name."],
])("dev %j is refused with 2", async (args, why) => {
  const app = await newApp();
  writeFileSync(join(app.folder, "list.json"), "[]");
  await using refused = fermata(["dev", ...args], { cwd: app.folder });
  expect(await refused.exited).toBe(2);
  expect(refused.err()).toContain(why);
});
