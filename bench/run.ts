/**
 * Measures the servers side by side and prints tables, ratios and targets. See README.md.
 *
 *   node bench/run.ts [--quick] [--only <case,…>] [--servers floor,fermata] [--gate]
 */
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { adapterChecks, adapterTable, measureAdapters } from "./adapters.ts";
import { attackChecks, attackTable, measureAttacks } from "./attack.ts";
import { CASES } from "./cases.ts";
import { SERVERS, startLoadGenerator, startServer, type LoadGenerator, type ServerName, type ServerProcess } from "./child.ts";
import { flowChecks, flowTable, measureFlows } from "./flows.ts";
import { guardChecks, guardTable, measureGuards } from "./guards.ts";
import { fermataSize, honoSize, installPeers, officialSize, type Installed } from "./install.ts";
import { FULL, measureCase, measureStarts, QUICK, type Effort, type Failure } from "./measure.ts";
import { checkTable, failures, report } from "./report.ts";
import { measureStores, storeChecks, storeTables } from "./stores.ts";
import { checkTargets, type Results } from "./targets.ts";

const RESULT_FILE = fileURLToPath(new URL("results/latest.json", import.meta.url));
const MEASURES = [...CASES.map(({ id }) => id), "start", "size", "stores", "adapters", "flows", "guards", "attack"];

const { values } = parseArgs({
  options: { quick: { type: "boolean" }, only: { type: "string" }, servers: { type: "string" }, gate: { type: "boolean" } },
});
const only = listOf(values.only, MEASURES, "--only");
const servers = listOf(values.servers, SERVERS, "--servers");
const effort = values.quick ? QUICK : FULL;

await installPeers();
const results: Results = { cases: {}, starts: {}, sizes: {} };
if (only.includes("size")) results.sizes = await sizes(servers);
if (only.includes("start")) {
  say("start-up and idle memory");
  results.starts = await measureStarts(["hono", ...servers], effort);
}
if (CASES.some(({ id }) => only.includes(id))) results.cases = await cases(servers, effort);

const stores = await part("stores", "what remembering costs", measureStores);
const adapters = await part("adapters", "what the adapters cost", measureAdapters);
const flows = await part("flows", "workflows and slow streams", measureFlows);
const guards = await part("guards", "what the guards cost", measureGuards);
const attacks = await part("attack", "what others notice of attacks", measureAttacks);

const checks = [
  ...(servers.includes("fermata") ? checkTargets(results) : []),
  ...(stores ? storeChecks(stores) : []),
  ...(adapters ? adapterChecks(adapters) : []),
  ...(flows ? flowChecks(flows) : []),
  ...(guards ? guardChecks(guards) : []),
  ...(attacks ? attackChecks(attacks) : []),
];
const tables = [
  report(results, servers),
  ...(stores ? [storeTables(stores)] : []),
  ...(adapters ? [adapterTable(adapters)] : []),
  ...(flows ? [flowTable(flows)] : []),
  ...(guards ? [guardTable(guards)] : []),
  ...(attacks ? [attackTable(attacks)] : []),
  ...(checks.length > 0 ? [checkTable(checks)] : []),
];
console.log(`\n${tables.filter((part) => part !== "").join("\n\n")}\n`);
await mkdir(fileURLToPath(new URL("results", import.meta.url)), { recursive: true });
const machine = {
  cpu: cpus()[0]?.model,
  cores: availableParallelism(),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
};
await writeFile(
  RESULT_FILE,
  `${JSON.stringify({ at: new Date().toISOString(), machine, effort, ...results, stores, adapters, flows, guards, attacks, checks }, undefined, 2)}\n`,
);
if (values.gate && (failures(results).length > 0 || checks.some(({ reached }) => reached !== true))) process.exitCode = 1;

/** A part of the bench that fermata alone is measured in, with a load generator of its own; `undefined` when it was not asked for. */
async function part<T>(
  name: string,
  title: string,
  measure: (generator: LoadGenerator, effort: Effort) => Promise<T>,
): Promise<T | undefined> {
  if (!only.includes(name) || !servers.includes("fermata")) return undefined;
  say(title);
  const generator = startLoadGenerator();
  try {
    return await measure(generator, effort);
  } finally {
    await generator.stop();
  }
}

async function cases(names: readonly ServerName[], effort: Effort): Promise<Results["cases"]> {
  const running: ServerProcess[] = [];
  const notStarted: Record<string, Failure> = {};
  const generator = startLoadGenerator();
  try {
    for (const name of names) {
      try {
        running.push(await startServer(name));
      } catch (error) {
        notStarted[name] = failure(error);
      }
    }
    const measured: Results["cases"] = {};
    for (const one of CASES.filter(({ id }) => only.includes(id))) {
      say(one.title);
      const chosen = running.filter(({ name }) => one.servers?.includes(name) ?? true);
      measured[one.id] = { ...(await measureCase(one, chosen, generator, effort)), ...notStarted };
    }
    return measured;
  } finally {
    await Promise.all([generator.stop(), ...running.map((server) => server.stop())]);
  }
}

async function sizes(names: readonly ServerName[]): Promise<Results["sizes"]> {
  say("installed size");
  const weighed: Results["sizes"] = { hono: await orFailure(honoSize()) };
  if (names.includes("fermata")) weighed["fermata"] = await orFailure(fermataSize());
  if (names.includes("official")) weighed["official"] = await orFailure(officialSize());
  return weighed;
}

function orFailure(size: Promise<Installed>): Promise<Installed | Failure> {
  return size.catch(failure);
}

function failure(error: unknown): Failure {
  return { failed: error instanceof Error ? error.message : String(error) };
}

function say(what: string): void {
  console.error(`measuring ${what} …`);
}

/** The comma-separated names given, in the order of `known`; all of them when none were given. */
function listOf<const T extends string>(given: string | undefined, known: readonly T[], option: string): T[] {
  const names = given?.split(",").map((name) => name.trim());
  const unknown = names?.find((name) => !known.some((one) => one === name));
  if (unknown !== undefined) {
    console.error(`${option}: no "${unknown}"; there are: ${known.join(", ")}`);
    process.exit(2);
  }
  return known.filter((name) => !names || names.includes(name));
}
