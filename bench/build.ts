/**
 * Builds the weather example with the command line, and the same app with the official one, side by side; and measures how long a change
 * takes to be served by `fermata dev`. See README.md.
 *
 *   node bench/build.ts [--rounds 5] [--edits 40] [--no-official]
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, readdir, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installFrom } from "./install.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const PEERS = join(ROOT, "bench/peers/cli/");
const OURS = join(ROOT, "packages/cli/dist/bin.js");
const PORT = 4877;
const LONGEST_BUILD_MS = 240_000;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    rounds: { type: "string", default: "5" },
    edits: { type: "string", default: "40" },
    official: { type: "boolean", default: true },
  },
});

const top = await realpath(await mkdtemp(join(tmpdir(), "bench-build-")));
try {
  const app = await weatherApp(join(top, "fermata"));
  const ours = await buildTimes("fermata", app, OURS, Number(values.rounds));
  // It installs packages each time: one round says enough, and more would load the registry.
  const official = values.official ? await officialTimes() : undefined;
  const { edits, starts } = await editTimes(app, Number(values.edits));
  console.log(`
| build of the weather example | time (median) | output | files |
|---|---|---|---|
${[ours, ...(official ? [official] : [])].map((row) => `| ${row.name} | ${(row.medianMs / 1000).toFixed(2)} s | ${(row.bytes / 1e6).toFixed(1)} MB | ${row.files} |`).join("\n")}

| change to the first reply with it, \`fermata dev\` | ${edits.length} changes |
|---|---|
| median | ${quantile(edits, 0.5)} ms |
| p95 | ${quantile(edits, 0.95)} ms |
| slowest | ${quantile(edits, 1)} ms |
| for comparison: start of the built server to its first reply, median | ${quantile(starts, 0.5)} ms |

Load of the machine (${availableParallelism()} cores): ${loadavg()
    .map((load) => load.toFixed(1))
    .join(", ")}`);
} finally {
  await rm(top, { recursive: true, force: true });
}

interface Built {
  readonly name: string;
  readonly medianMs: number;
  readonly bytes: number;
  readonly files: number;
}

/** The example in a folder of its own, with links to the packages as a workspace has them. */
async function weatherApp(folder: string): Promise<string> {
  await mkdir(join(folder, "node_modules"), { recursive: true });
  for (const name of ["package.json", "src/mastra"])
    await cp(join(ROOT, "examples/weather", name), join(folder, name), { recursive: true });
  for (const name of ["fermata", "zod"])
    await symlink(await realpath(join(ROOT, "node_modules", name)), join(folder, "node_modules", name));
  return folder;
}

async function buildTimes(name: string, folder: string, program: string, rounds: number): Promise<Built> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    console.error(`${name}: build ${round + 1} of ${rounds} …`);
    const start = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, "build"], {
      cwd: folder,
      encoding: "utf8",
      // Nobody is there to answer a question.
      stdio: ["ignore", "pipe", "pipe"],
      timeout: LONGEST_BUILD_MS,
      env: { ...process.env, MASTRA_TELEMETRY_DISABLED: "1", CI: "1" },
    });
    times.push(performance.now() - start);
    if (status !== 0) throw new Error(`${name}: the build failed:\n${stdout}\n${stderr}`);
  }
  return { name, medianMs: quantile(times, 0.5), ...(await weigh(join(folder, ".mastra/output"))) };
}

/** The same app on the official packages, from the same sources. */
async function officialTimes(): Promise<Built | undefined> {
  try {
    await installFrom(PEERS);
    const folder = join(top, "official");
    await cp(join(ROOT, "examples/weather/src/mastra"), join(folder, "src/mastra"), { recursive: true });
    await cp(join(PEERS, "package.json"), join(folder, "package.json"));
    await cp(join(PEERS, "node_modules"), join(folder, "node_modules"), { recursive: true, verbatimSymlinks: true });
    await writeFile(
      join(folder, "src/mastra/library.ts"),
      'export { Mastra } from "@mastra/core";\nexport { Agent } from "@mastra/core/agent";\nexport { createTool } from "@mastra/core/tools";\nexport const createLogger = (_options: object): false => false;\n',
    );
    for (const file of ["index.ts", "tools/packing.ts", "tools/weather.ts", "tools/local-time.ts"]) {
      const path = join(folder, "src/mastra", file);
      const library = file === "index.ts" ? "./library.ts" : "../library.ts";
      const text = (await readFile(path, "utf8")).replace('"fermata"', JSON.stringify(library)).replace('"auto"', '"openai/gpt-5-mini"');
      await writeFile(path, text);
    }
    return await buildTimes("official", folder, join(folder, "node_modules/mastra/dist/index.js"), 1);
  } catch (error) {
    console.error(`official: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

interface EditTimes {
  /** From writing a file to the first reply that shows it. */
  readonly edits: readonly number[];
  /** From starting Node on the built server to its first reply: what the same machine needs at the same time without a dev server. */
  readonly starts: readonly number[];
}

/** A change, then a start of the built server, in turn: so that both meet the same machine. */
async function editTimes(folder: string, count: number): Promise<EditTimes> {
  const file = join(folder, "src/mastra/index.ts");
  const original = await readFile(file, "utf8");
  const env = { PATH: process.env["PATH"], MASTRA_HOST: "127.0.0.1", FERMATA_MODEL: "offline" };
  const dev = spawn(process.execPath, [OURS, "dev"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...env, PORT: String(PORT) },
  });
  try {
    await says(dev, "Ctrl-C stops.");
    const [edits, starts]: [number[], number[]] = [[], []];
    for (let edit = 0; edit < count; edit += 1) {
      if (edit % 4 === 0) starts.push(await startTime(folder, { ...env, PORT: String(PORT + 1) }));
      await delay(1_000); // as somebody who reads what came of the last change
      const mark = `Edit ${edit} knows`;
      const start = performance.now();
      await writeFile(file, original.replace("Knows", mark));
      while (!(await agents(PORT)).includes(mark)) await delay(5);
      edits.push(performance.now() - start);
    }
    return { edits, starts };
  } finally {
    dev.kill("SIGTERM");
  }
}

async function startTime(folder: string, env: NodeJS.ProcessEnv): Promise<number> {
  const start = performance.now();
  const server = spawn(process.execPath, [join(folder, ".mastra/output/index.mjs")], { stdio: "ignore", env });
  try {
    while (!(await agents(PORT + 1).catch(() => "")).includes("weather")) await delay(2);
    return performance.now() - start;
  } finally {
    server.kill("SIGKILL");
  }
}

/** Over a connection of its own: those that are kept open end with the server of before. */
async function agents(port: number): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}/api/agents`, { headers: { connection: "close" } })).text();
}

function says(child: ChildProcess, part: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (more) => {
      text += String(more);
      if (text.includes(part)) resolve();
    });
    child.once("exit", () => reject(new Error(`the dev server ended:\n${text}`)));
  });
}

async function weigh(folder: string): Promise<{ bytes: number; files: number }> {
  let [bytes, files] = [0, 0];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return { bytes, files };
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
}
