/** What remembering costs: the same agent without a store, on SQLite and on PostgreSQL; and the hot statements on a million messages. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { fill } from "../packages/fermata/test/storage/explain.ts";
import { measure, type Measured } from "../packages/fermata/test/storage/measure.ts";
import { PostgresDatabase, postgresDialect } from "../packages/fermata/src/storage/postgres/database.ts";
import { migratePostgres } from "../packages/fermata/src/storage/postgres/migrate.ts";
import type { SqlDatabase } from "../packages/fermata/src/storage/sql/database.ts";
import { sqlHandles } from "../packages/fermata/src/storage/sql/store.ts";
import { SqliteDatabase } from "../packages/fermata/src/storage/sqlite/database.ts";
import { startPostgres, whyNoPostgres, type TestPostgres } from "../packages/fermata/test/support/postgres.ts";
import { startServer, type LoadGenerator, type ServerProcess } from "./child.ts";
import { measureRound, median, type Effort } from "./measure.ts";
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
const FEW = 1_000;
const MANY = 1_000_000;

export async function measureStores(generator: LoadGenerator, effort: Effort): Promise<StoreResults> {
  const why = whyNoPostgres();
  if (why) console.error(why);
  const postgres = why ? undefined : await startPostgres({ durable: true });
  try {
    return {
      served: await served(generator, effort, postgres),
      rows: { sqlite: await sqliteRows(), ...(postgres && { postgres: await postgresRows(postgres) }) },
    };
  } finally {
    await postgres?.stop();
  }
}

async function served(generator: LoadGenerator, effort: Effort, postgres: TestPostgres | undefined): Promise<StoreResults["served"]> {
  const results: Record<string, Partial<Record<Kind, Numbers>>> = {};
  const running = new Map<Kind, ServerProcess>();
  try {
    for (const kind of KINDS) {
      if (kind === "postgres" && !postgres) continue;
      const url = kind === "postgres" ? await postgres?.createDatabase() : undefined;
      running.set(kind, await startServer("stores", { BENCH_STORE: kind, ...(url !== undefined && { BENCH_STORE_URL: url }) }));
    }
    for (const one of STORE_CASES) {
      const rounds = new Map<Kind, Numbers[]>();
      for (let round = 0; round <= effort.rounds; round++) {
        for (const [kind, server] of running) {
          if (kind === "none" && one.id !== "store-plain") continue;
          await server.loopDelay();
          const numbers = await measureRound(one, server, generator, effort, round === 0);
          const { p99Ms: loopP99Ms } = await server.loopDelay();
          if (round > 0) rounds.set(kind, [...(rounds.get(kind) ?? []), { ...numbers, loopP99Ms }]);
        }
      }
      results[one.id] = Object.fromEntries([...rounds].map(([kind, all]) => [kind, summary(all)]));
    }
    return results;
  } finally {
    await Promise.all([...running.values()].map((server) => server.stop()));
  }
}

function summary(rounds: readonly Numbers[]): Numbers {
  const of = (key: keyof Numbers) => median(rounds.map((round) => round[key]));
  return { cpuMs: of("cpuMs"), perSecond: of("perSecond"), p99Ms: of("p99Ms"), loopP99Ms: of("loopP99Ms") };
}

type Rows = Record<string, readonly [few: Measured, many: Measured]>;

async function sqliteRows(): Promise<Rows> {
  return byAction(async (rows) => {
    const folder = mkdtempSync(join(tmpdir(), "fermata-bench-"));
    const database = new SqliteDatabase(`file:${join(folder, "data.db")}`);
    try {
      return await measureRows(database, rows);
    } finally {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

async function postgresRows(postgres: TestPostgres): Promise<Rows> {
  return byAction(async (rows) => {
    const pool = new pg.Pool({ connectionString: await postgres.createDatabase() });
    pool.on("error", () => {}); // a fault shows where the pool is used
    try {
      await migratePostgres(pool, "public");
      return await measureRows(new PostgresDatabase(postgresDialect("public"), async () => pool, true), rows);
    } finally {
      await pool.end();
    }
  });
}

async function byAction(measureAt: (rows: number) => Promise<Record<string, Measured>>): Promise<Rows> {
  const [few, many] = [await measureAt(FEW), await measureAt(MANY)];
  return Object.fromEntries(
    Object.entries(few).flatMap(([action, small]) => {
      const large = many[action];
      return large ? [[action, [small, large] as const]] : [];
    }),
  );
}

async function measureRows(database: SqlDatabase, rows: number): Promise<Record<string, Measured>> {
  await fill(database, rows);
  const { messages } = sqlHandles(database)({ tenant: "tenant1", subject: "resource1", scopes: [] });
  const times = 5_000;
  const content = { format: 2, parts: [{ type: "text", text: "x".repeat(400) }] };
  const save = (i: number) =>
    messages.save("id1", [
      { id: `u${i}`, role: "user", content },
      { id: `a${i}`, role: "assistant", content },
    ]);
  await measure(500, (i) => save(-1 - i));
  return {
    "save 2 messages": await measure(times, save),
    "read the last 20 messages": await measure(times, () => messages.recent("id1", 20)),
    "list 40 messages": await measure(times, () => messages.list({ threadId: "id1", perPage: 40 })),
  };
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
