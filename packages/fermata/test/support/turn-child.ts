/** Started by tests as a process of its own: an agent on a shared store whose model says some words, and then nothing any more. */
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { Memory } from "../../src/memory/memory.ts";
import { serve } from "../../src/serve.ts";
import { PostgresStore } from "../../src/storage/postgres/postgres-store.ts";
import { SqliteStore } from "../../src/storage/sqlite/sqlite-store.ts";
import { partModel, type Part } from "./part-model.ts";
import { textParts } from "./scripted-model.ts";

const url = process.env.DATA_URL ?? "";
const storage = url.startsWith("postgres") ? new PostgresStore({ connectionString: url }) : new SqliteStore({ url });
const model = partModel(() => {
  const parts = textParts("one ", "two ", "never").slice(0, 4);
  return new ReadableStream<Part>({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
    },
  });
});
const agent = new Agent({
  id: "a",
  name: "A",
  instructions: "",
  model,
  memory: new Memory(),
  durability: process.env.DURABILITY === "memory" ? "memory" : "batched",
});
const mastra = new Mastra({ logger: false, agents: { a: agent }, storage, runs: { leaseMs: 1_000 } });
const { url: address } = await serve(mastra, { port: 0, host: "127.0.0.1" });
process.stdout.write(`serving ${address}\n`);
