/**
 * How the databases go about the hot statements on large tables: fills a database, does each thing once, and asks for the plan of every
 * statement that this took. By hand: `node packages/fermata/test/storage/explain.ts [rows] [sqlite|postgres]`, a million rows by default.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { PostgresDatabase, postgresDialect } from "../../src/storage/postgres/database.ts";
import { migratePostgres } from "../../src/storage/postgres/migrate.ts";
import { type Query, type SqlDatabase, type Work, one } from "../../src/storage/sql/database.ts";
import { sqlHandles } from "../../src/storage/sql/store.ts";
import { SqliteDatabase } from "../../src/storage/sqlite/database.ts";
import { SYSTEM } from "../../src/storage/store.ts";
import { startPostgres } from "../support/postgres.ts";

export interface Plan {
  readonly action: string;
  readonly statement: string;
  /** What the database says it does, a line each. */
  readonly plan: readonly string[];
  readonly ms: number;
}

export async function explainSqlite(rows: number): Promise<Plan[]> {
  const folder = mkdtempSync(join(tmpdir(), "fermata-explain-"));
  const database = new SqliteDatabase(`file:${join(folder, "data.db")}`);
  try {
    await fill(database, rows);
    await database.write(() => one({ text: "analyze", values: [], cold: true }));
    return await explainAll(database, "explain query plan");
  } finally {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function explainPostgres(rows: number): Promise<Plan[]> {
  const server = await startPostgres();
  const pool = new pg.Pool({ connectionString: await server.createDatabase() });
  pool.on("error", () => {}); // a fault shows where the pool is used
  try {
    await migratePostgres(pool, "public");
    const database = new PostgresDatabase(postgresDialect("public"), async () => pool, true);
    await fill(database, rows);
    await pool.query("vacuum analyze");
    return await explainAll(database, "explain");
  } finally {
    await pool.end();
    await server.stop();
  }
}

/** Ten tenants, a hundred resources each; a hundred messages in each thread, ten events in each run. */
export async function fill(database: SqlDatabase, rows: number): Promise<void> {
  const { table, name } = database.dialect;
  const [series, i] =
    name === "postgres"
      ? [`generate_series(1, ${rows}) as n (i)`, "|| i::text"]
      : [`(with recursive n (i) as (select 1 union all select i + 1 from n where i < ${rows}) select i from n)`, "|| i"];
  const few = (part: number): string => `from ${series} where i <= ${Math.ceil(rows / part)}`;
  const number = (text: string): string => (name === "postgres" ? `(${text})::text` : `(${text})`);
  const owner = `'tenant' || ${number("i % 10")}, 'id' ${i}, 'resource' || ${number("i % 1000")}`;
  const texts = [
    `insert into ${table("threads")} (tenant, id, resource_id, last_seq, created_at, updated_at) select ${owner}, 1000, i, i ${few(100)}`,
    `insert into ${table("messages")} (thread_key, seq, id, role, created_at, content)
      select 1 + i % ${Math.ceil(rows / 100)}, 1 + i / ${Math.ceil(rows / 100)}, 'm' ${i}, 'user', i, '"text"' from ${series}`,
    `insert into ${table("runs")} (tenant, id, resource_id, kind, name, status, owner, epoch, wake_at, created_at, updated_at, finished_at)
      select ${owner}, 'agent', 'agent' || ${number("i % 7")}, case when i % 100 = 0 then 'ready' when i % 100 = 1 then 'running' else 'done' end,
      case when i % 100 = 1 then 'worker' || ${number("i % 50")} end, 1, i, i, i, case when i % 100 > 1 then i end ${few(10)}`,
    `insert into ${table("run_events")} (run_key, seq, type, data, at) select 1 + i / 10, 1 + i % 10, 'delta', '1', i from ${series}`,
    `insert into ${table("run_journal")} (run_key, key, value) select 1 + i / 10, 'k' ${i}, '1' from ${series}`,
    `insert into ${table("workers")} (id, alive_until) select 'worker' ${i}, 9000000000000 ${few(rows / 50)}`,
    `insert into ${table("suspensions")} (tenant, run_id, resource_id, agent_id, suspended_at, calls, state) select ${owner}, 'agent' || ${number("i % 7")}, i, '[]', '{}' ${few(10)}`,
    `insert into ${table("resources")} (tenant, id, version, created_at, updated_at) select 'tenant' || ${number("i % 10")}, 'resource' ${i}, 1, i, i ${few(10)}`,
    `insert into ${table("idempotency")} (tenant, subject, key, fingerprint, expires_at) select 'tenant' || ${number("i % 10")}, 'subject', 'key' ${i}, 'f', 9000000000000 + i ${few(10)}`,
  ];
  for (const text of texts) await database.write(() => one({ text, values: [], cold: true }));
}

/** A database that remembers what was asked of it. */
function recording(database: SqlDatabase, asked: Query[]): SqlDatabase {
  function* recorded<T>(work: () => Work<T>): Work<T> {
    const statements = work();
    let step = statements.next();
    while (!step.done) {
      asked.push(step.value);
      step = statements.next(yield step.value);
    }
    return step.value;
  }
  return {
    dialect: database.dialect,
    read: (work) => database.read(() => recorded(work)),
    write: (work) => database.write(() => recorded(work)),
    writeAlone: (work) => database.writeAlone(() => recorded(work)),
  };
}

async function explainAll(database: SqlDatabase, keyword: string): Promise<Plan[]> {
  const asked: Query[] = [];
  const handles = sqlHandles(recording(database, asked));
  const { own, all, work, lease } = await actors(handles);
  const [threadId, runId] = ["id11", "id11"];
  const actions: Record<string, () => Promise<unknown>> = {
    "messages.recent": () => own.messages.recent(threadId, 20),
    "messages.recent, whole tenant": () => all.messages.recent(threadId, 20),
    "messages.save": () => own.messages.save(threadId, [{ id: "new", role: "user", content: 1 }]),
    "messages.list": () => own.messages.list({ threadId, perPage: 40 }),
    "messages.get": () => own.messages.get(["m1", "m2"]),
    "messages.around": () => own.messages.around([{ id: "m10", previous: 1, next: 1 }]),
    "messages.delete": () => own.messages.delete(["m1"]),
    "threads.get": () => own.threads.get(threadId),
    "threads.create": () => own.threads.create({ id: "new" }),
    "threads.update": () => own.threads.update(threadId, { title: "t" }),
    "threads.list": () => own.threads.list({ perPage: 10 }),
    "threads.list, whole tenant by updatedAt": () => all.threads.list({ perPage: 10, orderBy: { field: "updatedAt" } }),
    "runs.get": () => own.runs.get(runId),
    "runs.events": () => own.runs.events(runId, 3, 100),
    "runs.signal": () => own.runs.signal(runId, "go", 1),
    "runs.create": () => own.runs.create({ id: "new", kind: "agent", name: "agent1" }),
    "runs.list": () => all.runs.list({ name: "agent1", perPage: 10 }),
    "work.heartbeat": () => work.heartbeat("worker1", 1_000),
    "work.claim": () => work.claim("worker1", 10),
    "work.append": () => work.append([{ lease, events: [{ seq: 1, type: "delta", data: 1 }], results: [{ key: "/0", value: 1 }] }]),
    "work.cancelled": () => work.cancelled("worker1"),
    "work.reap": () => work.reap(),
    "work.settle": () => work.settle(lease, { status: "done" }),
    "suspensions.claim": () => own.suspensions.claim("agent4", runId),
    "suspensions.list": () => all.suspensions.list({ agentId: "agent4" }, 0, 10),
    "idempotency.begin": () => own.idempotency.begin("key1", "f", 1_000, "r"),
    "resources.get": () => own.resources.get("resource11"),
    "resources.put": () => own.resources.put("resource11", { workingMemory: "x" }),
    "prune runs": () => work.prune(10, 100),
    "prune messages": () => handles(SYSTEM).pruneMessages(10, 100),
    "prune idempotency": () => handles(SYSTEM).pruneIdempotency(),
  };
  const plans: Plan[] = [];
  for (const [action, run] of Object.entries(actions)) {
    await run().catch(() => {}); // once without being timed, so that statements are prepared
    asked.length = 0;
    const start = performance.now();
    await run();
    const ms = performance.now() - start;
    for (const { text, values } of [...asked]) {
      const { rows: lines } = await database.read(() => one({ text: `${keyword} ${text}`, values, cold: true }));
      plans.push({
        action,
        statement: text.replaceAll(/\s+/g, " "),
        plan: lines.map((line) => String(line["QUERY PLAN"] ?? line["detail"])),
        ms,
      });
    }
  }
  return plans;
}

async function actors(handles: ReturnType<typeof sqlHandles>) {
  const own = handles({ tenant: "tenant1", subject: "resource11", scopes: [] });
  const all = handles({ tenant: "tenant1", subject: "local", scopes: ["*"] });
  const { work } = handles(SYSTEM);
  const { lease } = await own.runs.create({ id: "leased", kind: "agent", name: "agent1", workerId: "worker1" });
  if (!lease) throw new Error("The run was not started.");
  return { own, all, work, lease };
}

/** The lines of a plan that read a whole table. `workers` has one row per process. */
export function wholeTables({ plan }: Plan): string[] {
  return plan.filter((line) => /^SCAN (?!.*USING)|Seq Scan/.test(line.trim().replace(/^->\s*/, "")) && /fermata_(?!workers)/.test(line));
}

if (import.meta.main) {
  const rows = Number(process.argv[2] ?? 1_000_000);
  for (const [name, explain] of Object.entries({ sqlite: explainSqlite, postgres: explainPostgres })) {
    if (process.argv[3] !== undefined && process.argv[3] !== name) continue;
    console.log(`# ${name}, ${rows} rows`);
    for (const plan of await explain(rows)) {
      console.log(`\n${plan.action} (${plan.ms.toFixed(1)} ms in all)\n  ${plan.statement}`);
      for (const line of plan.plan) console.log(`    ${line}`);
      for (const line of wholeTables(plan)) console.log(`  !!! reads a whole table: ${line.trim()}`);
    }
  }
}
