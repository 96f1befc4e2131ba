/**
 * Three processes on one store. One begins a run of every graph and is killed when each has come to its k-th write, before or after it;
 * the other two take over. `FERMATA_CRASH=all` stops at every write, before and after; without it at every second one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOCAL_PRINCIPAL } from "../../src/context/principal.ts";
import { Mastra } from "../../src/mastra.ts";
import type { NewEvent } from "../../src/runs/packed-events.ts";
import { unpackEvent } from "../../src/runs/unpack-event.ts";
import { PostgresStore } from "../../src/storage/postgres/index.ts";
import { SqliteStore } from "../../src/storage/sqlite/index.ts";
import type { Store } from "../../src/storage/store.ts";
import { findRun } from "../../src/workflows/operations.ts";
import { resumeRun } from "../../src/workflows/resume.ts";
import { resultOf, type WorkflowResult } from "../../src/workflows/result.ts";
import { flows } from "../support/flows.ts";
import { startPostgres, whyNoPostgres, type TestPostgres } from "../support/postgres.ts";

const CHILD = fileURLToPath(new URL("../support/flow-child.ts", import.meta.url));
const LEASE_MS = 600;
/** No graph writes more often before it ends or waits. */
const MOST_WRITES = 10;
const isThorough = process.env["FERMATA_CRASH"] === "all";
const POINTS = Array.from({ length: MOST_WRITES }, (_, i) => i + 1).flatMap((point) =>
  isThorough
    ? (["before", "after"] as const).map((mode) => ({ point, mode }))
    : [{ point, mode: point % 2 === 0 ? "before" : "after" } as const],
);

/** The steps of the graphs that hold others. */
const HOLDERS: ReadonlySet<string> = new Set(["d", "each", "b.c"]);

interface Site {
  readonly url: string;
  readonly store: Store;
  readonly witness: string;
  /** The keys in a run's journal. */
  readonly keys: (runId: string) => Promise<readonly string[]>;
}

interface Child {
  readonly process: ChildProcess;
  readonly said: (text: string) => Promise<void>;
}

const children: ChildProcess[] = [];

function child({ url, witness }: Site, env: Readonly<Record<string, string>>): Child {
  const started = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", CHILD], {
    env: { ...process.env, STORE: url, WITNESS: witness, LEASE: `${LEASE_MS}`, ...env },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  children.push(started);
  let output = "";
  const listeners = new Set<() => void>();
  started.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    for (const listener of listeners) listener();
  });
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => (output.includes(text) ? resolve() : undefined);
      listeners.add(look);
      started.once("exit", (code) => reject(new Error(`The process ended with ${code} before it said ${text}.`)));
      look();
    });
  return { process: started, said };
}

async function killed({ process: running }: Child): Promise<void> {
  const ended = once(running, "exit");
  running.kill("SIGKILL");
  await ended;
}

function witnessed({ witness }: Site, runId: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of readFileSync(witness, "utf8").split("\n"))
    if (line.startsWith(`${runId}:`)) counts.set(line.slice(runId.length + 1), (counts.get(line.slice(runId.length + 1)) ?? 0) + 1);
  return counts;
}

const kinds: Readonly<
  Record<string, () => Promise<Omit<Site, "witness"> & { readonly end: () => Promise<void>; readonly server?: TestPostgres }>>
> = {
  SQLite: async () => {
    const folder = mkdtempSync(join(tmpdir(), "fermata-crash-"));
    const url = `file:${join(folder, "data.db")}`;
    const store = new SqliteStore({ url });
    await store.init();
    const keys = async (runId: string): Promise<readonly string[]> => {
      const db = new DatabaseSync(join(folder, "data.db"), { readOnly: true, timeout: 5_000 });
      const rows = db
        .prepare("select key from fermata_run_journal where run_key = (select run_key from fermata_runs where id = ?)")
        .all(runId);
      db.close();
      return rows.map(({ key }) => String(key));
    };
    return { url, store, keys, end: async () => rmSync(folder, { recursive: true, force: true }) };
  },
  PostgreSQL: async () => {
    const server = await startPostgres({ durable: true });
    const url = await server.createDatabase();
    const store = new PostgresStore({ connectionString: url });
    await store.init();
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    pool.on("error", () => undefined);
    const keys = async (runId: string): Promise<readonly string[]> => {
      const text = "select key from fermata_run_journal where run_key = (select run_key from fermata_runs where id = $1)";
      return (await pool.query<{ key: string }>(text, [runId])).rows.map(({ key }) => key);
    };
    const end = async (): Promise<void> => {
      await pool.end();
      await server.stop();
    };
    return { url, store, keys, end, server };
  },
};

const missing = whyNoPostgres();
if (missing !== undefined) console.warn(missing);

describe.each(Object.keys(kinds))("on %s", (kind) => {
  if (kind === "PostgreSQL" && missing !== undefined) return;
  let site: Site & { readonly server?: TestPostgres };
  let mastra: Mastra;
  let end: () => Promise<void>;
  let graphs: ReturnType<typeof flows>;
  beforeAll(async () => {
    const made = await kinds[kind]!();
    const folder = mkdtempSync(join(tmpdir(), "fermata-witness-"));
    const witness = join(folder, "witness");
    writeFileSync(witness, "");
    site = { ...made, witness };
    graphs = flows(witness);
    const workflows = Object.fromEntries(Object.entries(graphs).map(([name, { workflow }]) => [name, workflow]));
    // This process asks and answers. What it is asked for it may work on as well.
    mastra = new Mastra({ logger: false, workflows, storage: site.store });
    await Promise.all([child(site, {}), child(site, {})].map(({ said }) => said("ready")));
    end = async () => {
      await site.store.close();
      await made.end();
      rmSync(folder, { recursive: true, force: true });
    };
  }, 60_000);
  afterAll(async () => {
    for (const one of children.splice(0)) if (one.exitCode === null && one.signalCode === null) one.kill("SIGKILL");
    await end?.();
  });

  async function outcome(name: string, runId: string): Promise<WorkflowResult> {
    const host = mastra.workflowHost;
    const workflow = mastra.getWorkflow(name);
    for (;;) {
      await host.runs.settled({ id: runId, resourceId: "" });
      const result = resultOf(await findRun(host, workflow, runId));
      if (result.status !== "suspended") return result;
      const [path] = result.suspended;
      await resumeRun(host, workflow, { runId, step: path, resumeData: 100 }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: "CONFLICT" });
      });
    }
  }

  async function expectRecovery({ point, mode }: (typeof POINTS)[number]): Promise<void> {
    const prefix = `${mode}${point}`;
    const begun = child(site, { ROLE: "begin", PREFIX: prefix, POINT: `${point}`, MODE: mode });
    await begun.said("stopped");
    const names = Object.keys(graphs).filter((name) => name !== "slow");
    const before = new Map(await Promise.all(names.map(async (name) => [name, await site.keys(`${prefix}-${name}`)] as const)));
    await killed(begun);
    await Promise.all(
      names.map(async (name) => {
        const runId = `${prefix}-${name}`;
        const result = await outcome(name, runId);
        const ran = witnessed(site, runId);
        const where = { name, point, mode };
        // What was recorded is not worked out again; what was not may be.
        const twice = [...ran].filter(([key, times]) => times > 1 && before.get(name)?.includes(key.replace(/#\d+$/, "")));
        expect({ ...where, twice }).toEqual({ ...where, twice: [] });
        if (name === "once" && result.status === "failed") {
          expect(result.error).toMatchObject({ code: "CONFLICT", message: expect.stringContaining("must not run twice") });
          expect(ran.get("/1#0") ?? 0).toBeLessThanOrEqual(1); // killed between the mark and the step, it did not run at all
        } else expect({ ...where, ...result }).toMatchObject({ ...where, status: "success", result: graphs[name]?.result });
        const events = await eventsOf(runId);
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
        const ends = events.filter(({ type }) => type === "workflow-finish").length;
        expect({ ...where, ends }).toEqual({ ...where, ends: (graphs[name]?.waits.length ?? 0) + 1 });
        expect({ ...where, shown: shownTwice(events) }).toEqual({ ...where, shown: [] });
      }),
    );
  }

  test("a run whose process is killed at any of its writes ends as if nothing had happened", { timeout: 180_000 }, async () => {
    const queue = POINTS.values();
    let points = 0;
    await Promise.all(
      Array.from({ length: 3 }, async () => {
        for (const point of queue) {
          await expectRecovery(point);
          points += 1;
        }
      }),
    );
    expect(points).toBe(POINTS.length);
  });

  /** Of the steps that hold others: those that a stretch of work has shown to begin twice, or to begin and not to end. */
  function shownTwice(events: readonly NewEvent[]): string[] {
    const open = new Map<string, string | undefined>();
    const wrong: string[] = [];
    for (const { type, data } of events) {
      const { chunk } = data as { chunk?: { payload?: { id?: string; stepCallId?: string } } };
      const { id, stepCallId } = chunk?.payload ?? {};
      if (id === undefined || !HOLDERS.has(id)) {
        if (type === "workflow-finish") wrong.push(...open.keys());
        continue;
      }
      if (type === "workflow-step-start") {
        if (open.has(id)) wrong.push(id);
        open.set(id, stepCallId);
      } else if (type === "workflow-step-result" || type === "workflow-step-suspended") {
        if (!open.has(id) || open.get(id) !== stepCallId) wrong.push(id);
        open.delete(id);
      }
    }
    return wrong;
  }

  async function eventsOf(runId: string): Promise<readonly NewEvent[]> {
    return (await site.store.for(LOCAL_PRINCIPAL).runs.events(runId)).flatMap((row) => unpackEvent(row, runId));
  }

  async function slow(runId: string): Promise<Child> {
    const begun = child(site, { ROLE: "slow", PREFIX: runId });
    await begun.said("ready");
    await expect.poll(() => witnessed(site, `${runId}-slow`).size, { timeout: 10_000 }).toBe(1);
    return begun;
  }

  async function expectOneEnd(runId: string): Promise<void> {
    await expect.poll(() => site.store.for(LOCAL_PRINCIPAL).runs.get(runId), { timeout: 10_000 }).toBeDefined();
    expect(await outcome("slow", runId)).toMatchObject({ status: "success", result: 3 });
    const types = (await eventsOf(runId)).map(({ type }) => type);
    expect(types.filter((type) => type === "workflow-start" || type === "workflow-finish")).toEqual(["workflow-start", "workflow-finish"]);
  }

  test("a process that freezes loses its runs, changes nothing when it wakes, and works on", { timeout: 30_000 }, async () => {
    const frozen = await slow("frozen");
    frozen.process.kill("SIGSTOP");
    await expectOneEnd("frozen-slow");
    const before = await site.store.for(LOCAL_PRINCIPAL).runs.events("frozen-slow");
    frozen.process.kill("SIGCONT");
    frozen.process.send("frozen-again");
    await expectOneEnd("frozen-again");
    expect(await site.store.for(LOCAL_PRINCIPAL).runs.events("frozen-slow")).toEqual(before);
    await killed(frozen);
  });

  test("a process that stops in order hands its runs over, and nobody waits for a lease to run out", { timeout: 30_000 }, async () => {
    const leaving = await slow("leaving");
    const code = once(leaving.process, "exit");
    leaving.process.send("stop");
    await expectOneEnd("leaving-slow");
    expect(await code).toEqual([0, null]);
    expect(await site.keys("leaving-slow")).not.toContain("lost#0");
  });

  test("a run is cancelled, watched and answered from a process that does not work on it", { timeout: 30_000 }, async () => {
    const other = await slow("elsewhere");
    const chunks: string[] = [];
    const run = await mastra.getWorkflow("slow").createRun({ runId: "elsewhere-slow" });
    const watching = (async () => {
      for await (const { type } of run.observeStream()) chunks.push(type);
    })();
    await run.cancel();
    await watching;
    expect(chunks.at(-1)).toBe("workflow-finish");
    expect(chunks).toContain("workflow-canceled");
    expect((await run.getState()).status).toBe("canceled");
    await killed(other);
  });

  test.runIf(kind === "PostgreSQL")("runs go on when the database is back", { timeout: 60_000 }, async () => {
    const workers = await Promise.all(["down1", "down2", "down3"].map(slow));
    await site.server?.kill();
    await site.server?.restart();
    for (const name of ["down1", "down2", "down3"]) await expectOneEnd(`${name}-slow`);
    for (const worker of workers) worker.process.send(`${workers.indexOf(worker)}-after`);
    for (const i of [0, 1, 2]) await expectOneEnd(`${i}-after`);
    await Promise.all(workers.map(killed));
  });
});
