/**
 * A process that works on runs. `ROLE=worker` takes up whatever there is. `ROLE=begin` begins a run of each graph and stops each at its
 * `POINT`th write to the store, before or after it (`MODE`); when all have come as far as they get, it says `stopped` and waits to be killed.
 * `ROLE=slow` begins one run whose step takes its time. A message is the id of another such run, or `stop`.
 */
import type { Principal } from "../../src/context/principal.ts";
import { Mastra } from "../../src/mastra.ts";
import { PostgresStore } from "../../src/storage/postgres/index.ts";
import type { LogEntry, RunWorkStore } from "../../src/storage/runs.ts";
import { SqliteStore } from "../../src/storage/sqlite/index.ts";
import { SYSTEM, type Store, type System } from "../../src/storage/store.ts";
import { startRun } from "../../src/workflows/operations.ts";
import { flows } from "./flows.ts";

const { STORE = "", WITNESS = "", ROLE = "worker", PREFIX = "", POINT = "0", MODE = "after" } = process.env;
const store: Store = STORE.startsWith("postgres") ? new PostgresStore({ connectionString: STORE }) : new SqliteStore({ url: STORE });
const graphs = flows(WITNESS);
const workflows = Object.fromEntries(Object.entries(graphs).map(([name, { workflow }]) => [name, workflow]));

/** The same store; a run's write number `POINT` never comes back. */
function stopping(point: number, mode: string, onStop: () => void): Store {
  const writes = new Map<string, number>();
  const forever = new Promise<never>(() => undefined);
  const isTurn = (runId: string): boolean => {
    const count = (writes.get(runId) ?? 0) + 1;
    writes.set(runId, count);
    return count === point;
  };
  const stop = async (write: () => Promise<unknown>): Promise<never> => {
    if (mode === "after") await write();
    onStop();
    return forever;
  };
  const wrap = (work: RunWorkStore): RunWorkStore => ({
    ...work,
    append: async (entries: readonly LogEntry[]) => {
      const [entry] = entries;
      const isResult = entry !== undefined && (entry.results?.length ?? 0) > 0;
      if (isResult && isTurn(entry.lease.runId)) return stop(() => work.append(entries));
      return work.append(entries);
    },
    settle: (lease, end) => (isTurn(lease.runId) ? stop(() => work.settle(lease, end)) : work.settle(lease, end)),
  });
  const system = { ...store.for(SYSTEM), work: wrap(store.for(SYSTEM).work) };
  return {
    id: store.id,
    init: () => store.init(),
    ping: () => store.ping(),
    close: () => store.close(),
    for: ((whom: System | Principal) => (whom === SYSTEM ? system : store.for(whom as Principal))) as Store["for"],
  };
}

const LEASE_MS = Number(process.env["LEASE"] ?? 600);

async function begin(): Promise<void> {
  const names = Object.keys(workflows).filter((name) => name !== "slow");
  let left = names.length;
  const oneLess = (): void => {
    left -= 1;
    if (left === 0) process.stdout.write("stopped\n");
  };
  const mastra = new Mastra({
    logger: false,
    workflows,
    storage: stopping(Number(POINT), MODE, oneLess),
    runs: { leaseMs: LEASE_MS },
  });
  for (const name of names) {
    const run = await startRun(mastra.workflowHost, mastra.getWorkflow(name), { runId: `${PREFIX}-${name}`, inputData: 1 });
    void mastra.workflowHost.runs.settled(run).then(oneLess, oneLess);
  }
  setInterval(() => undefined, 60_000);
}

if (ROLE === "begin") await begin();
else {
  const mastra = new Mastra({ logger: false, workflows, storage: store, runs: { leaseMs: LEASE_MS } });
  mastra.start();
  if (ROLE === "slow") await startRun(mastra.workflowHost, mastra.getWorkflow("slow"), { runId: `${PREFIX}-slow`, inputData: 1 });
  process.stdout.write("ready\n");
  process.on("message", (text) => {
    if (text === "stop") void mastra.shutdown({ graceMs: 50 }).then(() => process.exit(0));
    else void startRun(mastra.workflowHost, mastra.getWorkflow("slow"), { runId: String(text), inputData: 1 });
  });
  setInterval(() => undefined, 60_000);
}
