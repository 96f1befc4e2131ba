/** Started by tests as a process of its own: serves an app on a shared store that begins what it is asked for and never ends it. */
import { Mastra } from "../../src/mastra.ts";
import { serve } from "../../src/serve.ts";
import { PostgresStore } from "../../src/storage/postgres/postgres-store.ts";
import { SqliteStore } from "../../src/storage/sqlite/sqlite-store.ts";
import { keyedApp } from "./keyed-app.ts";

const { DATA_URL: url = "", WITNESS = "" } = process.env;
const storage = url.startsWith("postgres") ? new PostgresStore({ connectionString: url }) : new SqliteStore({ url });
const mastra = new Mastra({ logger: false, ...keyedApp(WITNESS, true), storage, runs: { leaseMs: 1_000 } });
const { url: address } = await serve(mastra, { port: 0, host: "127.0.0.1" });
process.stdout.write(`serving ${address}\n`);
