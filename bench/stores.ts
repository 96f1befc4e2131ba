/** What remembering costs: the same agent without a store, on SQLite and on PostgreSQL; and the hot statements on a million messages. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Case } from "./cases.ts";
import { startServer, type LoadGenerator, type ServerProcess } from "./child.ts";
import { measureRound, median, type Effort } from "./measure.ts";
import { startBenchPostgres, type BenchPostgres } from "./postgres.ts";
import { table } from "./report.ts";
import { STORE_CASES } from "./store-cases.ts";
import { atMost, type Check } from "./targets.ts";

const KINDS = ["none", "sqlite", "postgres"] as const;
type Kind = (typeof KINDS)[number];

interface Numbers {
  readonly cpuMs: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly loopP99Ms: number;
}

interface Measured {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

export interface StoreResults {
  /** By case, then by store. */
  readonly served: Readonly<Record<string, Partial<Record<Kind, Numbers>>>>;
  /** By store, then by action, on a thousand and on a million messages. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, readonly [few: Measured, many: Measured]>>>>;
}

/** Above the same request on a server without a store, on SQLite. */
const MEMORY_OVER_PLAIN_MS = 1.2;
const LOOP_P99_MS = 20;
/** A thread of 2,000 messages beside new ones: what is read is bounded, so its cost is. */
const LONG_OVER_TURNS = 1.15;
const ROWS_PROGRAM = fileURLToPath(new URL("../packages/fermata/test/storage/measure-rows.ts", import.meta.url));

export async function measureStores(generator: LoadGenerator, effort: Effort): Promise<StoreResults> {
  const postgres = await startBenchPostgres();
  try {
    return { served: await served(generator, effort, postgres), rows: await rows(postgres) };
  } finally {
    await postgres?.stop();
  }
}

/** In a process of its own, so that its CPU time is that of the store alone. */
async function rows(postgres: BenchPostgres | undefined): Promise<StoreResults["rows"]> {
  const databases = postgres ? [await postgres.createDatabase(), await postgres.createDatabase()] : [];
  const child = spawn(process.execPath, [ROWS_PROGRAM, ...databases], { stdio: ["ignore", "pipe", "inherit"] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`measuring rows ended with code ${code}`);
  return JSON.parse(said);
}

/** Each case on a store of its own, and all cases in turn: what the ones before have left behind would be counted as growth. */
async function served(generator: LoadGenerator, effort: Effort, postgres: BenchPostgres | undefined): Promise<StoreResults["served"]> {
  const running: { one: Case; kind: Kind; server: ServerProcess; rounds: Numbers[] }[] = [];
  try {
    for (const one of STORE_CASES) {
      for (const kind of KINDS) {
        if ((kind === "postgres" && !postgres) || (kind === "none" && one.id !== "store-plain")) continue;
        const url = kind === "postgres" ? await postgres?.createDatabase() : undefined;
        const server = await startServer("stores", { BENCH_STORE: kind, ...(url !== undefined && { BENCH_STORE_URL: url }) });
        running.push({ one, kind, server, rounds: [] });
      }
    }
    for (let round = 0; round <= effort.rounds; round++) {
      for (const { one, server, rounds } of running) {
        await server.loopDelay();
        const numbers = await measureRound(one, server, generator, effort, round === 0);
        const { p99Ms: loopP99Ms } = await server.loopDelay();
        if (round > 0) rounds.push({ ...numbers, loopP99Ms });
      }
    }
    const results: Record<string, Partial<Record<Kind, Numbers>>> = {};
    for (const { one, kind, rounds } of running) results[one.id] = { ...results[one.id], [kind]: summary(rounds) };
    return results;
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
}

function summary(rounds: readonly Numbers[]): Numbers {
  const of = (key: keyof Numbers) => median(rounds.map((round) => round[key]));
  return { cpuMs: of("cpuMs"), perSecond: of("perSecond"), p99Ms: of("p99Ms"), loopP99Ms: of("loopP99Ms") };
}

export function storeTables({ served, rows }: StoreResults): string {
  const kinds = KINDS.filter((kind) => Object.values(served).some((byStore) => byStore[kind]));
  const cpu = STORE_CASES.map(({ id, title }) => [title, ...kinds.map((kind) => shown(served[id]?.[kind]))]);
  const actions = Object.entries(rows).flatMap(([store, byAction]) =>
    Object.entries(byAction).map(([action, [few, many]]) => [
      `${store}: ${action}`,
      few.cpuMicroseconds.toFixed(0),
      many.cpuMicroseconds.toFixed(0),
      few.perSecond.toFixed(0),
      many.perSecond.toFixed(0),
    ]),
  );
  return [
    table([["CPU ms per request (event loop's delay, p99 ms)", ...kinds], ...cpu]),
    table([["on 1,000 and on 1,000,000 messages", "CPU µs", "CPU µs", "per second", "per second"], ...actions]),
  ].join("\n\n");
}

function shown(numbers: Numbers | undefined): string {
  return numbers ? `${numbers.cpuMs.toFixed(3)} (${numbers.loopP99Ms.toFixed(1)})` : "–";
}

export function storeChecks({ served }: StoreResults): Check[] {
  const [plain, fresh, turns, long] = STORE_CASES.map(({ id }) => served[id]);
  const above = fresh?.sqlite && plain?.none && fresh.sqlite.cpuMs - plain.none.cpuMs;
  const growth = (kind: Kind) => {
    const [many, few] = [long?.[kind], turns?.[kind]];
    return many && few && many.cpuMs / few.cpuMs;
  };
  const delays = [fresh, turns, long].flatMap((byStore) => (byStore ? Object.values(byStore) : [])).map(({ loopP99Ms }) => loopP99Ms);
  const ms = (value: number): string => `${value.toFixed(3)} ms`;
  const times = (value: number): string => `${value.toFixed(2)}x`;
  return [
    atMost(`memory on SQLite: CPU at most ${MEMORY_OVER_PLAIN_MS} ms above nothing kept`, above, MEMORY_OVER_PLAIN_MS, ms),
    atMost(
      `SQLite: threads of 2,000 messages cost at most ${LONG_OVER_TURNS}x those of 100 turns`,
      growth("sqlite"),
      LONG_OVER_TURNS,
      times,
    ),
    atMost(
      `PostgreSQL: threads of 2,000 messages cost at most ${LONG_OVER_TURNS}x those of 100 turns`,
      growth("postgres"),
      LONG_OVER_TURNS,
      times,
    ),
    atMost(`event loop's delay p99 under ${LOOP_P99_MS} ms`, delays.length > 0 ? Math.max(...delays) : undefined, LOOP_P99_MS, ms),
  ];
}
