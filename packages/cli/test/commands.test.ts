/** The commands that look at an app, and the one that calls its server. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build } from "../src/build/build.ts";
import { bundle } from "../src/build/bundle.ts";
import { findProject } from "../src/project.ts";
import { fermata, freePort, run, type Run } from "./support/cli.ts";
import { install, layOut, temporaryFolder } from "./support/projects.ts";

const top = temporaryFolder();
let folder = "";
let dev: Run | undefined;
afterAll(async () => {
  await dev?.[Symbol.asyncDispose]();
  rmSync(top, { recursive: true, force: true });
});

const APP = `import { Agent, createStep, createTool, createWorkflow, Mastra } from "fermata";
import { SqliteStore } from "fermata/sqlite";
import { SimpleAuth } from "fermata/server";
import { z } from "zod";

const getWeather = createTool({
  id: "get_weather",
  description: "The weather in a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, condition: "sunny" }),
});
const weather = new Agent({ id: "weather", name: "Weather", instructions: "Use the tool.", model: process.env.MODEL ?? "offline", tools: { get_weather: getWeather } });
const shout = createStep({ id: "shout", inputSchema: z.object({ text: z.string() }), outputSchema: z.object({ text: z.string() }), execute: async ({ inputData }) => ({ text: inputData.text.toUpperCase() }) });
const loud = createWorkflow({ id: "loud", inputSchema: z.object({ text: z.string() }), outputSchema: z.object({ text: z.string() }) }).then(shout).commit();
const fail = createStep({ id: "fail", inputSchema: z.object({}), outputSchema: z.object({}), execute: async () => { throw new Error("no"); } });
const broken = createWorkflow({ id: "broken", inputSchema: z.object({}), outputSchema: z.object({}) }).then(fail).commit();
const auth = new SimpleAuth({ tokens: { "tok-ada": { id: "ada" } } });
export const mastra = new Mastra({
  agents: { weather },
  workflows: { loud, broken },
  ...(process.env.NO_STORAGE ? {} : { storage: new SqliteStore({ url: "file:./data.db" }) }),
  server: { ...(process.env.WITH_AUTH ? { auth } : {}), ...(process.env.AT ? { host: process.env.AT } : {}) },
});
`;

beforeAll(async () => {
  folder = mkdtempSync(join(top, "app-"));
  mkdirSync(join(folder, "src/mastra"), { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "app", type: "module", dependencies: { fermata: "^0.1.0", zod: "^4.0.0" } }),
  );
  writeFileSync(join(folder, "src/mastra/index.ts"), APP);
  install(folder, "npm");
  dev = fermata(["dev", "--no-type-check"], { cwd: folder, env: { PORT: String(await freePort()) } });
  await dev.until("Ctrl-C stops.");
});

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function say(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  await using command = fermata(args, { cwd: folder, env });
  const code = await command.exited;
  return { code, out: command.out(), err: command.err() };
}

test("api finds the project's dev server, and shows the text of an answer", async () => {
  const { code, out, err } = await say(["api", "agents", "generate", "weather", "What is the weather in Lisbon?"]);
  expect(err).toBe("");
  expect(out).toMatch(/Lisbon.*sunny/);
  expect(code).toBe(0);
});

test("api shows a stream as it comes: calls of tools beside the text", async () => {
  const { code, out, err } = await say(["api", "agents", "stream", "weather", "What is the weather in Lisbon?"]);
  expect(err).toMatch(/→ get_weather \{"city":"Lisbon"\}\n← get_weather \{"city":"Lisbon","condition":"sunny"\}/);
  expect(out).toMatch(/Lisbon.*sunny/);
  expect(code).toBe(0);
});

test("with --json a stream is one event a line", async () => {
  const { out } = await say(["api", "agents", "stream", "weather", "Hello.", "--json"]);
  const types = out
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { type: string }).type);
  expect(types[0]).toBe("start");
  expect(types.at(-1)).toBe("finish");
});

test("with --json too, a workflow that fails ends the command with 1", async () => {
  const { code, out } = await say(["api", "workflows", "stream", "broken", "{}", "--json"]);
  expect(out).toContain('"workflow-finish"');
  expect(code).toBe(1);
});

test("a stream that breaks off is said, and the command ends with 1", async () => {
  const schema = {
    routes: [{ id: "agents.stream", summary: "", method: "POST", path: "/agents/:agentId/stream", responseType: "stream", bodySchema: {} }],
  };
  const server = createServer((request, response) => {
    if (request.url === "/api/system/api-schema") response.end(JSON.stringify(schema));
    else {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"type":"text-delta","payload":{"text":"Half"}}\n\n', () => response.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const { code, out, err } = await say(["api", "agents", "stream", "weather", '{"messages":"hi"}', "--url", `http://127.0.0.1:${port}`]);
  expect(out).toBe("Half\n");
  expect(err).toBe("The server broke the stream off before its end.\n");
  expect(code).toBe(1);
  server.close();
});

test("api gives a workflow its input and a name for its run", async () => {
  const { code, out, err } = await say(["api", "workflows", "stream", "loud", '{ "text": "hi" }']);
  expect(out).toBe("");
  expect(err).toContain('← shout {"text":"HI"}');
  expect(code).toBe(0);
});

test("api lists what there is, with what each operation takes", async () => {
  const { out } = await say(["api", "agents"]);
  expect(out).toMatch(/^agents generate <agentId> \[input\] +\S/m);
  expect((await say(["api", "agents", "generate", "--schema"])).out).toContain('"method": "POST"');
});

test.each([
  [["api", "agent"], 2, 'There is no group "agent". Did you mean "agents"?'],
  [["api", "agents", "generat", "weather"], 2, 'There is no operation in agents "generat". Did you mean "generate"?'],
  [["api", "agents", "generate"], 2, "agents.generate needs <agentId>."],
  [["api", "workflows", "startAsync", "loud", "hi"], 2, "workflows.startAsync takes JSON"],
  [["api", "agents", "generate", "weather", "{ no json"], 2, "The input looks like JSON and is none"],
  [["api", "agents", "generate", "weather", "hi", "--data", "[]"], 2, "--data must be a JSON object."],
  [["api", "agents", "get", "nobody"], 1, "404 NOT_FOUND"],
  [["api", "agents", "list", "--url", "http://127.0.0.1:9"], 1, "No server answers at http://127.0.0.1:9."],
  [["api", "workflows", "stream", "broken", "{}"], 1, "Ended: failed"],
  [["api", "agents", "stream", "weather", "hi", "--timeout", "1"], 1, "The time of --timeout is over"],
])("%j ends with %i and says why", async (args, code, why) => {
  const said = await say(args);
  expect(said.err).toContain(why);
  expect(said.code).toBe(code);
});

test("routes shows who may call what, as a table and as JSON", async () => {
  const open = await say(["routes", "agents", "generate"]);
  expect(open.out).toMatch(/^METHOD +PATH +ACCESS +PERMISSION +REACHES +LIMITS\n/);
  expect(open.out).toMatch(/^POST +\/api\/agents\/:agentId\/generate +open +agents:execute /m);
  const { routes } = JSON.parse((await say(["routes", "--json"], { WITH_AUTH: "1" })).out) as { routes: { id: string; access: string }[] };
  expect(routes.find(({ id }) => id === "agents.generate")).toMatchObject({ access: "required", permission: "agents:execute" });
  expect(routes.length).toBeGreaterThan(50);
});

interface Findings {
  readonly ok: boolean;
  readonly findings: readonly { readonly check: string; readonly state: string; readonly text: string }[];
}

async function doctor(env: Readonly<Record<string, string>>): Promise<{ code: number | null } & Findings> {
  const { code, out } = await say(["doctor", "--json"], env);
  return { code, ...(JSON.parse(out) as Findings) };
}

const stateOf = ({ findings }: Findings, check: string): string | undefined => findings.find((one) => one.check === check)?.state;

test("doctor finds nothing wrong with an app that has a storage and auth", async () => {
  const found = await doctor({ WITH_AUTH: "1", AT: "0.0.0.0" });
  expect(found).toMatchObject({ code: 0, ok: true });
  for (const check of ["node", "fermata", "instance", "storage", "auth", "isolation"]) expect(stateOf(found, check)).toBe("ok");
  expect(stateOf(found, "model")).toBe("warning");
});

test("doctor fails on a server that the network reaches and nobody guards", async () => {
  const found = await doctor({ AT: "0.0.0.0" });
  expect(found).toMatchObject({ code: 3, ok: false });
  expect(stateOf(found, "auth")).toBe("failed");
  expect(stateOf(found, "isolation")).toBe("warning");
});

test("doctor names the key that a model lacks, and the storage that is not there", async () => {
  const found = await doctor({ MODEL: "openai/gpt-5-mini", NO_STORAGE: "1" });
  expect(found.code).toBe(3);
  expect(found.findings.find(({ check }) => check === "model")).toMatchObject({
    state: "failed",
    text: expect.stringContaining("OPENAI_API_KEY") as string,
  });
  expect(stateOf(found, "storage")).toBe("warning");
});

test("migrate brings a store up to date, here and where there is the output alone", async () => {
  const migrated = await say(["migrate", "--json"]);
  expect(JSON.parse(migrated.out)).toEqual({ storages: [{ id: "sqlite", kind: "SqliteStore", state: "up to date" }] });
  expect(migrated.code).toBe(0);
  const { output } = build(findProject({ root: folder }), { output: join(folder, "migrates") });
  await using alone = run([join(output, "migrate.mjs")], { cwd: folder });
  expect(await alone.exited).toBe(0);
  expect(alone.out()).toBe('SqliteStore "sqlite" is up to date.\n');
});

test("the built server refuses to start on tables that are behind, and names the command", async () => {
  const project = mkdtempSync(join(top, "behind-"));
  mkdirSync(join(project, "src/mastra"), { recursive: true });
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "behind", type: "module", dependencies: { fermata: "^0.1.0" } }));
  writeFileSync(
    join(project, "src/mastra/index.ts"),
    `import { FermataError, Mastra } from "fermata";
     import { SqliteStore } from "fermata/sqlite";
     class Behind extends SqliteStore {
       override init(): Promise<void> {
         return Promise.reject(new FermataError("MISCONFIGURED", "The tables are behind. Run \`fermata migrate\`."));
       }
     }
     export const mastra = new Mastra({ storage: new Behind() });`,
  );
  install(project, "npm");
  const { output } = build(findProject({ root: project }));
  await using refused = run([join(output, "index.mjs")], { cwd: project, env: { PORT: "0" } });
  expect(await refused.exited).toBe(1);
  expect(refused.err()).toBe("The tables are behind. Run `fermata migrate`.\n");
});

test("migrate says when there is nothing to migrate", async () => {
  const { code, err } = await say(["migrate"], { NO_STORAGE: "1" });
  expect(err).toContain("The app has no storage");
  expect(code).toBe(1);
});

test("studio says where the page is to come from when it is not installed", async () => {
  const { code, err } = await say(["studio"]);
  expect(err).toContain("@fermata/studio");
  expect(code).toBe(1);
});

test("studio serves the page when it is installed, told where the server is, and no other file", async () => {
  const project = mkdtempSync(join(top, "studio-"));
  const page = join(project, "node_modules/@fermata/studio");
  mkdirSync(join(page, "dist/assets"), { recursive: true });
  writeFileSync(join(page, "package.json"), '{ "name": "@fermata/studio", "version": "0.1.0", "secret": true }');
  writeFileSync(join(page, "dist/index.html"), "<html><head></head><body>The page</body></html>");
  writeFileSync(join(page, "dist/assets/page.js"), "export {};");
  const port = await freePort();
  await using studio = fermata(["studio", "--port", String(port), "--server-port", "4999"], { cwd: project });
  await studio.until(`Studio for http://localhost:4999 on http://localhost:${port}`);
  const get = async (path: string) => await (await fetch(`http://localhost:${port}${path}`)).text();
  expect(await get("/agents/weather")).toContain('"baseUrl":"http://localhost:4999"');
  expect(await get("/assets/page.js")).toBe("export {};");
  for (const outside of ["/..%2fpackage.json", "/%2e%2e/package.json", "/%zz"]) expect(await get(outside)).toContain("The page");
  await using second = fermata(["studio", "--port", String(port)], { cwd: project });
  expect(await second.exited).toBe(1);
  expect(second.err()).toBe(`Port ${port} is taken by another program. Name another one with --port.\n`);
  studio.child.kill("SIGTERM");
  expect(await studio.exited).toBe(0);
});

test("with --bundle the app is one file that runs, its API page beside it", async () => {
  const project = mkdtempSync(join(top, "bundled-"));
  layOut("tsconfig-paths", project);
  const { output, warnings } = await bundle(findProject({ root: project }), { output: join(top, "bundle") });
  rmSync(project, { recursive: true });
  const port = await freePort();
  await using server = run([join(output, "index.mjs")], { cwd: output, env: { PORT: String(port), NODE_ENV: "development" } });
  await server.until("Listening on");
  expect(warnings).toEqual([]);
  expect(await (await fetch(`http://127.0.0.1:${port}/proof`)).json()).toEqual({ answer: 42, one: 1 });
  const reply = await fetch(`http://127.0.0.1:${port}/api/agents/echo/generate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages: "Say hello." }),
  });
  expect(reply.status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${port}/swagger-ui/swagger-ui.css`)).status).toBe(200);
});
