/**
 * Random graphs with waits in sequences, branches at the same time, lists and workflows inside, answered in random order, and restarted at
 * random: what comes out is what a plain walk over the same description says. `FERMATA_RESTARTS` says how many of them go through processes that
 * come and go; 20 without it.
 */
import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { Mastra } from "../mastra.ts";
import { SqliteStore } from "../storage/sqlite/sqlite-store.ts";
import { createStep, createWorkflow, type Step } from "./index.ts";
import { findRun } from "./operations.ts";
import { resumeRun } from "./resume.ts";
import { resultOf, type WorkflowResult } from "./result.ts";

type Shape =
  | { readonly kind: "add"; readonly by: number }
  | { readonly kind: "ask" }
  | { readonly kind: "nested"; readonly nodes: readonly Shape[] }
  | { readonly kind: "parallel"; readonly branches: readonly Shape[] }
  | { readonly kind: "foreach"; readonly items: number; readonly each: Shape; readonly concurrency: number }
  | { readonly kind: "loop"; readonly until: number };

const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({ kind: fc.constant("add" as const), by: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ kind: fc.constant("ask" as const) }),
    fc.record({ kind: fc.constant("loop" as const), until: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant("nested" as const), nodes: fc.array(tie("shape"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant("parallel" as const), branches: fc.array(tie("shape"), { minLength: 1, maxLength: 3 }) }),
    fc.record({
      kind: fc.constant("foreach" as const),
      items: fc.integer({ min: 0, max: 3 }),
      each: tie("shape"),
      concurrency: fc.integer({ min: 1, max: 3 }),
    }),
  ),
}));

/** The plain walk. Every wait is answered with 100. */
function expected(node: Shape, value: number): number {
  switch (node.kind) {
    case "add":
      return value + node.by;
    case "ask":
      return value + 100;
    case "loop":
      return value + node.until;
    case "nested":
      return node.nodes.reduce((sum, inner) => expected(inner, sum), value);
    case "parallel":
      return node.branches.reduce((sum, branch) => sum + expected(branch, value), 0);
    case "foreach":
      return Array.from({ length: node.items }, (_, i) => expected(node.each, value + i)).reduce((sum, one) => sum + one, 0);
  }
}

const number = z.number();
type NumberStep = Step<string, number, number, unknown>;

/** The same description as a workflow. `ran` counts how often each place has really given a result. */
function build(ran: Map<string, number>) {
  let names = 0;
  const count = (id: string, value: number): void => void ran.set(`${id}:${value}`, (ran.get(`${id}:${value}`) ?? 0) + 1);
  const chain = (nodes: readonly Shape[]): NumberStep => {
    let workflow = createWorkflow({ id: `w${names++}`, inputSchema: number, outputSchema: number }).map(async ({ inputData }) => inputData);
    for (const node of nodes) {
      if (node.kind === "parallel") {
        workflow = workflow
          .parallel(node.branches.map(toStep))
          .map(async ({ inputData }) => Object.values(inputData).reduce((sum, one) => sum + one, 0));
      } else if (node.kind === "foreach") {
        const { items, each, concurrency } = node;
        workflow = workflow
          .map(async ({ inputData }) => Array.from({ length: items }, (_, i) => inputData + i))
          .foreach(toStep(each), { concurrency })
          .map(async ({ inputData }) => inputData.reduce((sum, one) => sum + one, 0));
      } else if (node.kind === "loop") {
        const one = createStep({
          id: `loop${names++}`,
          inputSchema: number,
          outputSchema: number,
          execute: async ({ inputData }) => inputData + 1,
        });
        workflow = workflow.dountil(one, async ({ iterationCount }) => iterationCount >= node.until);
      } else workflow = workflow.then(toStep(node));
    }
    return workflow.commit();
  };
  const toStep = (node: Shape): NumberStep => {
    const id = `s${names++}`;
    if (node.kind === "add") {
      return createStep({
        id,
        inputSchema: number,
        outputSchema: number,
        execute: async ({ inputData, idempotencyKey }) => {
          if (inputData % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
          count(idempotencyKey, 0);
          return inputData + node.by;
        },
      });
    }
    if (node.kind === "ask") {
      return createStep({
        id,
        inputSchema: number,
        outputSchema: number,
        resumeSchema: number,
        execute: async ({ inputData, resumeData, suspend, idempotencyKey }) => {
          if (resumeData === undefined) return suspend({ at: id });
          count(idempotencyKey, 0);
          return inputData + resumeData;
        },
      });
    }
    return chain(node.kind === "nested" ? node.nodes : [node]);
  };
  return chain;
}

test("a run comes out as a plain walk says, whatever is answered first, and no finished step runs twice", async () => {
  const property = fc.asyncProperty(
    fc.array(shape, { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
    async (nodes, choices) => {
      const ran = new Map<string, number>();
      const workflow = build(ran)(nodes) as unknown as ReturnType<typeof createWorkflow>; // a chain is a workflow
      const run = await workflow.createRun();
      let result = await run.start({ inputData: 1 });
      for (let turn = 0; result.status === "suspended"; turn++) {
        const paths = result.suspended;
        const choice = choices[turn % choices.length] ?? 0;
        const path = paths[choice % paths.length] ?? [];
        result = await run.resume({ step: path, resumeData: 100 });
      }
      expect(result).toMatchObject({ status: "success", result: expected({ kind: "nested", nodes }, 1) });
      expect([...ran.values()].filter((times) => times > 1)).toEqual([]);
      const again = await run.restart();
      expect(again).toMatchObject({ status: "success", result: expected({ kind: "nested", nodes }, 1) });
      expect([...ran.values()].filter((times) => times > 1)).toEqual([]);
    },
  );
  await fc.assert(property, { numRuns: 150 });
}, 60_000);

/** What happens to the process with an answer: nothing, it is replaced before, or it goes away in the middle of the work and another one goes on. */
const CHANGES = ["stay", "before", "during"] as const;

/** The app in a process of its own, as far as the store can tell. Every process makes the workflow anew. */
function open(url: string, nodes: readonly Shape[], ran: Map<string, number>, runId: string) {
  const storage = new SqliteStore({ url });
  const workflow = build(ran)(nodes) as unknown as ReturnType<typeof createWorkflow>; // a chain is a workflow
  const mastra = new Mastra({ logger: false, workflows: { w: workflow }, storage });
  const host = mastra.workflowHost;
  return {
    start: async () => (await workflow.createRun({ runId })).start({ inputData: 1 }),
    restart: async () => (await workflow.createRun({ runId })).restart(),
    answer: async (step: readonly string[]) => void (await resumeRun(host, workflow, { runId, step, resumeData: 100 })),
    async settled(): Promise<WorkflowResult> {
      await host.worker.takeUp();
      await host.runs.settled({ id: runId, resourceId: "" });
      return resultOf(await findRun(host, workflow, runId));
    },
    async close(): Promise<void> {
      await mastra.shutdown({ graceMs: 5_000 });
      await storage.close();
    },
  };
}

test("a run goes on over a store as if no process had come or gone, between its answers or while it works", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fermata-model-"));
  const url = `file:${join(folder, "data.db")}`;
  const property = fc.asyncProperty(
    fc.array(shape, { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(...CHANGES)), { minLength: 1, maxLength: 8 }),
    async (nodes, choices) => {
      const ran = new Map<string, number>();
      const runId = crypto.randomUUID();
      let app = open(url, nodes, ran, runId);
      const replace = async (): Promise<void> => {
        await app.close();
        app = open(url, nodes, ran, runId);
      };
      try {
        let result: WorkflowResult = await app.start();
        for (let turn = 0; result.status === "suspended"; turn++) {
          const [choice, change] = choices[turn % choices.length] ?? [0, "stay"];
          const path = result.suspended[choice % result.suspended.length] ?? [];
          if (change === "before") await replace();
          await app.answer(path);
          if (change === "during") await replace();
          result = await app.settled();
        }
        const end = { status: "success", result: expected({ kind: "nested", nodes }, 1) };
        expect(result).toMatchObject(end);
        await replace();
        expect(await app.restart()).toMatchObject(end);
        expect([...ran.values()].filter((times) => times > 1)).toEqual([]);
      } finally {
        await app.close();
      }
    },
  );
  try {
    await fc.assert(property, { numRuns: Number(process.env["FERMATA_RESTARTS"] ?? 20) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 600_000);
