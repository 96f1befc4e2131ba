/** From an idea to a server, with the packages as they are published: by npm, and by hand in a terminal. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "./support/cli.ts";
import { temporaryFolder } from "./support/projects.ts";
import { startRegistry, type Registry } from "./support/registry.ts";
import { Terminal } from "./support/terminal.ts";

const top = temporaryFolder();
let registry: Registry;
beforeAll(async () => {
  mkdirSync(join(top, "home"));
  registry = await startRegistry(mkdtempSync(join(top, "packed-")));
}, 120_000);
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  rmSync(top, { recursive: true, force: true });
}, 120_000);

const LONGEST_MS = 300_000;

function environment(port: number): Record<string, string> {
  return {
    // Node as this runs it, and npm, without the programs of the repository.
    PATH: `${dirname(process.execPath)}:${process.env.PATH?.split(":")
      .filter((folder) => !folder.includes("node_modules"))
      .join(":")}`,
    HOME: join(top, "home"),
    PORT: String(port),
    FERMATA_MODEL: "offline",
    npm_config_registry: registry.url,
    npm_config_cache: join(top, "npm-cache"),
    npm_config_yes: "true",
    npm_config_update_notifier: "false",
    LANG: "C.UTF-8",
  };
}

async function npm(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>) {
  const child = spawn("npm", args, { cwd, env });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said };
}

/** Processes that have something to do with the folder. */
function processesIn(folder: string): string[] {
  const rows = spawnSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).stdout.split("\n");
  return rows.filter((row) => row.includes(folder));
}

async function reply(url: string): Promise<number | undefined> {
  const response = await fetch(url, { headers: { connection: "close" } }).catch(() => undefined);
  return response?.status;
}

test(
  "npm create fermata makes a project that npm installs, tests, checks, serves and builds",
  async () => {
    const port = await freePort();
    const env = environment(port);
    expect(await npm(["create", "fermata@latest", "app", "--", "--yes"], top, env)).toMatchObject({
      code: 0,
      said: expect.stringContaining("Made app. Next:") as string,
    });
    const folder = join(top, "app");
    expect(await npm(["test"], folder, env)).toMatchObject({ code: 0, said: expect.stringContaining("2 passed") as string });
    expect(await npm(["run", "typecheck"], folder, env)).toMatchObject({ code: 0 });
    expect(await npm(["run", "build"], folder, env)).toMatchObject({
      code: 0,
      said: expect.stringContaining("Built .mastra/output in") as string,
    });
    // In a group of its own, so that a signal reaches what a Ctrl-C in a terminal does.
    const dev = spawn("npm", ["run", "dev"], { cwd: folder, env, detached: true });
    const ended = once(dev, "close");
    let said = "";
    dev.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    await expect.poll(() => said, { timeout: 60_000 }).toContain("Ctrl-C stops.");
    expect(await reply(`http://localhost:${port}/swagger-ui`)).toBe(200);
    process.kill(-(dev.pid ?? 0), "SIGINT");
    await ended;
    expect(await reply(`http://localhost:${port}/health`)).toBeUndefined();
    expect(processesIn(folder)).toEqual([]);
  },
  LONGEST_MS,
);

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

test.skipIf(!hasTmux)(
  "in a terminal: create, dev, edit, api, build, start (needs tmux)",
  async () => {
    const port = await freePort();
    await using terminal = new Terminal(top, environment(port));
    terminal.type("npm create fermata@latest");
    await terminal.shows("What is the project's name?");
    terminal.type("tour");
    await terminal.shows("Made tour. Next:");
    terminal.type("cd tour && npm run dev");
    await terminal.shows("Ctrl-C stops.");
    await terminal.shows("Agents     weather");

    terminal.open();
    terminal.type("cd tour && sed -i 's/Be brief/Be friendly/' src/mastra/agents/weather.ts");
    terminal.turnTo(0);
    await terminal.shows(/Served anew in \d+ ms: src\/mastra\/agents\/weather\.ts/);
    terminal.turnTo(1);
    terminal.type("npx fermata api agents stream weather 'What is the weather in Lisbon?'");
    await terminal.shows('→ get_weather {"city":"Lisbon"}');
    await terminal.shows(/Lisbon.*(?:sunny|cloudy|windy|rain)/);

    terminal.turnTo(0);
    terminal.interrupt();
    terminal.type("npm run build");
    await terminal.shows("Built .mastra/output in");
    terminal.type("npm start");
    await terminal.shows("Listening on http://localhost:");
    expect(await reply(`http://localhost:${port}/health`)).toBe(200);
    terminal.interrupt();
    await terminal.shows(/\n[#$]$/); // the prompt is back
    expect(await reply(`http://localhost:${port}/health`)).toBeUndefined();
    expect(processesIn(join(top, "tour"))).toEqual([]);
    expect(readFileSync(join(top, "tour/src/mastra/agents/weather.ts"), "utf8")).toContain("Be friendly");
  },
  LONGEST_MS,
);
