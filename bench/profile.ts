/**
 * Where the CPU time of one case goes.
 *
 *   node bench/profile.ts <case> [--server fermata] [--adapter express] [--seconds 5] [--top 30]
 *
 * The sampling profiler of Node runs in the server process, after the warm-up, so start-up and compilation are not in the picture.
 * Functions of a bundled file are shown at their place in the sources when the bundle has a source map beside it.
 * The raw profile is written to bench/results/<server>-<case>.cpuprofile, for the DevTools or any other viewer.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { SourceMap } from "node:module";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { CASES } from "./cases.ts";
import { FLOW_CASES } from "./flow-cases.ts";
import { SERVERS, startLoadGenerator, startServer, type CpuProfile } from "./child.ts";
import { installPeers } from "./install.ts";
import type { Job } from "./load.ts";

type Frame = CpuProfile["nodes"][number]["callFrame"];

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** Source maps by the path of the bundle. */
const maps = new Map<string, SourceMap | undefined>();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: "string", default: "fermata" },
    adapter: { type: "string" },
    seconds: { type: "string", default: "5" },
    top: { type: "string", default: "30" },
  },
});
const flow = FLOW_CASES.find(({ id }) => id === positionals[0]);
const one = flow ?? CASES.find(({ id }) => id === positionals[0]);
const { adapter } = values;
const name = flow ? "flows" : adapter ? "adapters" : SERVERS.find((server) => server === values.server);
const seconds = Number(values.seconds);
const top = Number(values.top);
if (!one || !name || !(seconds > 0) || !(top > 0)) {
  console.error(
    `Usage: node bench/profile.ts <${[...CASES, ...FLOW_CASES].map(({ id }) => id).join("|")}> [--server ${SERVERS.join("|")}] [--adapter <framework>] [--seconds 5] [--top 30]`,
  );
  process.exit(2);
}

if (name === "official") await installPeers();
const server = await startServer(name, adapter ? { BENCH_FRAMEWORK: adapter } : {});
const generator = startLoadGenerator();
try {
  const job: Job = { port: server.port, caseId: one.id, connections: 16, durationMs: 2000, minReplies: 200, inspect: true };
  const warmUp = await generator.run(job);
  if (warmUp.errors > 0) throw new Error(`${warmUp.errors} replies were wrong: ${warmUp.firstError}`);
  await server.startProfile();
  const before = await server.usage();
  const result = await generator.run({ ...job, durationMs: seconds * 1000, inspect: false });
  const after = await server.usage();
  const profile = await server.stopProfile();

  const file = fileURLToPath(new URL(`results/${name}-${one.id}.cpuprofile`, import.meta.url));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(profile));
  const cpu = ((after.cpuMs - before.cpuMs) / result.replies).toFixed(3);
  console.log(
    `${one.title} on ${name}: ${result.replies} replies, ${result.errors} errors, ${cpu} CPU ms per request (with the profiler running)`,
  );
  printShares(profile, result.replies);
  console.log(`\nraw profile: ${relative(process.cwd(), file)}`);
} finally {
  await Promise.all([generator.stop(), server.stop()]);
}

/** Self time by function, by file and by package, in µs per request. */
function printShares(profile: CpuProfile, requests: number): void {
  const self = selfMicroseconds(profile);
  const byFunction = new Map<string, number>();
  const byFile = new Map<string, number>();
  const byPackage = new Map<string, number>();
  let total = 0;
  for (const node of profile.nodes) {
    const time = self.get(node.id) ?? 0;
    const { functionName, url } = node.callFrame;
    if (time === 0 || functionName === "(idle)") continue;
    total += time;
    const place = placeOf(node.callFrame);
    add(byFunction, place ? `${functionName || "(anonymous)"}  ${place.file}:${place.line}` : functionName, time);
    add(byFile, place?.file ?? functionName, time);
    add(byPackage, place ? packageOf(place.file, url) : functionName, time);
  }
  printTop(`self time by function, µs per request (of ${(total / requests).toFixed(1)})`, byFunction, total, requests, top);
  printTop("self time by file", byFile, total, requests, Math.ceil(top / 2));
  printTop("self time by package", byPackage, total, requests, 12);
}

function selfMicroseconds({ samples = [], timeDeltas = [] }: CpuProfile): Map<number, number> {
  const self = new Map<number, number>();
  // A delta is the time since the sample before it, so it belongs to that one.
  samples.forEach((id, index) => self.set(id, (self.get(id) ?? 0) + Math.max(0, timeDeltas[index + 1] ?? 0)));
  return self;
}

/** Absent for what is not in a file: the garbage collector, native code. `line` counts from 1. */
function placeOf({ url, lineNumber, columnNumber }: Frame): { file: string; line: number } | undefined {
  if (url === "") return undefined;
  if (!url.startsWith("file:")) return { file: url, line: lineNumber + 1 };
  const path = fileURLToPath(url);
  if (!maps.has(path))
    maps.set(path, existsSync(`${path}.map`) ? new SourceMap(JSON.parse(readFileSync(`${path}.map`, "utf8"))) : undefined);
  const entry = maps.get(path)?.findEntry(lineNumber, columnNumber);
  if (!entry || !("originalSource" in entry)) return { file: relative(ROOT, path), line: lineNumber + 1 };
  const source = fileURLToPath(new URL(entry.originalSource, pathToFileURL(resolve(dirname(path), "map"))));
  return { file: relative(ROOT, source), line: entry.originalLine + 1 };
}

function packageOf(file: string, url: string): string {
  if (url.startsWith("node:")) return "node";
  const installed = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file);
  // Our own package by its rooms, everything else by its first two folders.
  return installed?.[1] ?? /^packages\/[^/]+\/src\/[^/]+/.exec(file)?.[0] ?? file.split("/").slice(0, 2).join("/");
}

function add(sums: Map<string, number>, key: string, time: number): void {
  sums.set(key, (sums.get(key) ?? 0) + time);
}

function printTop(title: string, sums: ReadonlyMap<string, number>, total: number, requests: number, limit: number): void {
  console.log(`\n${title}`);
  const sorted = [...sums].toSorted(([, a], [, b]) => b - a).slice(0, limit);
  for (const [key, time] of sorted)
    console.log(`${(time / requests).toFixed(2).padStart(9)}  ${((time / total) * 100).toFixed(1).padStart(5)} %  ${key}`);
}
