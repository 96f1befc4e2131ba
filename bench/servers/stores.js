/** Fermata with the store that `BENCH_STORE` names: `none`, `sqlite` or `postgres` (at `BENCH_STORE_URL`). */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { Mastra } from "fermata";
import { Agent } from "fermata/agent";
import { MastraServer } from "fermata/hono";
import { Memory } from "fermata/memory";
import { PostgresStore } from "fermata/postgres";
import { SqliteStore } from "fermata/sqlite";
import { Hono } from "hono";
import { model } from "../model.js";
import { run } from "./process.js";

const TURNS = 100;
/** As many as the load generator has connections: turns on one thread wait for each other. */
const THREADS = 16;
const LONG = 2_000;

const storage = open();
let turn = 0;
const threads = {
  fresh: () => crypto.randomUUID(),
  talker: () => `talk-${turn % THREADS}-${Math.floor(turn++ / (THREADS * TURNS))}`,
  long: () => `long-${turn++ % THREADS}`,
};
const app = new Hono();
const mastra = new Mastra({
  agents: { writer: agent("writer"), ...(storage && keepers(storage)) },
  ...(storage && { storage }),
  logger: false,
});
await new MastraServer({ app, mastra }).init();
if (storage) await fillThreads(storage);
run(serve, app);

function open() {
  const url = process.env["BENCH_STORE_URL"];
  switch (process.env["BENCH_STORE"]) {
    case "sqlite":
      return new SqliteStore({ url: `file:${join(mkdtempSync(join(tmpdir(), "fermata-bench-")), "data.db")}` });
    case "postgres":
      return new PostgresStore({ autoMigrate: true, ...(url !== undefined && { connectionString: url }) });
    default:
      return undefined;
  }
}

/** @param {string} name @param {Record<string, unknown>} [more] */
function agent(name, more = {}) {
  return new Agent({ id: name, name, instructions: "You write well.", model, ...more });
}

/** @param {SqliteStore | PostgresStore} storage */
function keepers(storage) {
  const memory = new Memory({ storage });
  return Object.fromEntries(
    Object.entries(threads).map(([name, thread]) => [
      name,
      agent(name, { memory, defaultOptions: () => ({ memory: { thread: thread(), resource: "bench" } }) }),
    ]),
  );
}

/** @param {SqliteStore | PostgresStore} storage */
async function fillThreads(storage) {
  const { threads: store, messages } = storage.for({ tenant: "local", subject: "local", scopes: ["*"] });
  for (let number = 0; number < THREADS; number++) {
    const { thread } = await store.create({ id: `long-${number}`, resourceId: "bench" });
    const content = { format: 2, parts: [{ type: "text", text: "One of many messages." }] };
    const all = Array.from({ length: LONG }, (_, index) => ({
      id: `${number}-${index}`,
      role: index % 2 === 0 ? "user" : "assistant",
      content,
    }));
    await messages.save(thread.id, all);
  }
}
