/** Fermata with workflows whose steps do nothing: what is measured is the house around them. Runs are kept on SQLite unless the workflow says otherwise. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { Mastra } from "fermata";
import { Agent } from "fermata/agent";
import { MastraServer } from "fermata/hono";
import { SqliteStore } from "fermata/sqlite";
import { createStep, createWorkflow } from "fermata/workflows";
import { Hono } from "hono";
import { z } from "zod";
import { SLOW_TOKENS, slowModel } from "../model.js";
import { run } from "./process.js";

const number = z.number();
const add = (/** @type {string} */ id) =>
  createStep({ id, inputSchema: number, outputSchema: number, execute: async ({ inputData }) => inputData + 1 });

/** @param {string} id @param {number} length @param {'memory' | 'batched'} durability */
function steps(id, length, durability) {
  let workflow = createWorkflow({ id, inputSchema: number, outputSchema: number, options: { durability } });
  for (let i = 0; i < length; i++) workflow = workflow.then(add(`s${i}`));
  return workflow.commit();
}

const each = createWorkflow({ id: "each", inputSchema: number, outputSchema: z.array(number) })
  .map(async ({ inputData }) => Array.from({ length: 1_000 }, (_, i) => inputData + i))
  .foreach(add("item"), { concurrency: 50 })
  .commit();
const asks = createWorkflow({ id: "asks", inputSchema: number, outputSchema: number })
  .then(add("before"))
  .then(
    createStep({
      id: "ask",
      inputSchema: number,
      outputSchema: number,
      resumeSchema: number,
      execute: async ({ inputData, resumeData, suspend }) => (resumeData === undefined ? suspend({}) : inputData + resumeData),
    }),
  )
  .then(add("after"))
  .commit();

const workflows = {
  five: steps("five", 5, "batched"),
  fiveInMemory: steps("fiveInMemory", 5, "memory"),
  hundred: steps("hundred", 100, "batched"),
  each,
  asks,
};
const slow = new Agent({ id: "slow", name: "slow", instructions: `You say ${SLOW_TOKENS} words.`, model: slowModel });
const storage = new SqliteStore({ url: `file:${join(mkdtempSync(join(tmpdir(), "fermata-bench-")), "data.db")}` });
const mastra = new Mastra({ workflows, agents: { slow }, storage, logger: false });
const app = new Hono();
// Two requests in one, as the load generator sends one after the other.
app.post("/suspend-and-resume", async (c) => {
  const asked = await workflows.asks.createRun();
  await asked.start({ inputData: 1 });
  return c.json(await asked.resume({ resumeData: 40 }));
});
await new MastraServer({ app, mastra }).init();
run(serve, app);
