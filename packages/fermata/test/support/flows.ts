/** Graphs whose steps leave a line in a file each time they run. */
import { appendFileSync } from "node:fs";
import { z } from "zod";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import type { AnyWorkflow } from "../../src/workflows/workflow.ts";

export interface Flow {
  readonly workflow: AnyWorkflow;
  /** What a run that is given 1 comes to, every wait answered with 100. */
  readonly result: unknown;
  /** The steps that wait. */
  readonly waits: readonly string[];
}

const number = z.number();

/** @param witness the file; a line is the key of a place of a run. */
export function flows(witness: string): Readonly<Record<string, Flow>> {
  const saw = (key: string): void => appendFileSync(witness, `${key}\n`);
  const add = (id: string, by = 1, idempotent = true) =>
    createStep({
      id,
      idempotent,
      inputSchema: number,
      outputSchema: number,
      execute: async ({ inputData, idempotencyKey }) => {
        saw(idempotencyKey);
        return inputData + by;
      },
    });
  const ask = (id: string) =>
    createStep({
      id,
      inputSchema: number,
      outputSchema: number,
      resumeSchema: number,
      execute: async ({ inputData, resumeData, suspend, idempotencyKey }) => {
        saw(idempotencyKey);
        return resumeData === undefined ? suspend({ at: id }) : inputData + resumeData;
      },
    });
  const begin = (id: string) => createWorkflow({ id, inputSchema: number, outputSchema: z.any() });
  const inner = (id: string) => createWorkflow({ id, inputSchema: number, outputSchema: number });
  const made = {
    sequence: [begin("sequence").then(add("a")).then(add("b", 2)).then(add("c", 3)).commit(), 7],
    parallel: [
      begin("parallel")
        .then(add("a"))
        .parallel([add("b"), add("c", 2), inner("d").then(add("d1")).then(add("d2", 3)).commit()])
        .map(async ({ inputData }) => (inputData.b ?? 0) + (inputData.c ?? 0) + (inputData.d ?? 0))
        .commit(),
      13,
    ],
    foreach: [
      begin("foreach")
        .map(async ({ inputData }) => [0, 1, 2, 3].map((i) => inputData + i))
        .foreach(add("each", 10), { concurrency: 2 })
        .commit(),
      [11, 12, 13, 14],
    ],
    nested: [
      begin("nested")
        .then(add("a"))
        .then(
          inner("b")
            .then(add("b1"))
            .then(inner("c").then(add("c1")).commit())
            .commit(),
        )
        .dountil(add("again"), async ({ inputData }) => inputData >= 6)
        .commit(),
      6,
    ],
    suspend: [
      begin("suspend")
        .then(add("a"))
        .parallel([ask("b"), inner("c").then(ask("c1")).then(add("c2")).commit()])
        .map(async ({ inputData }) => (inputData.b ?? 0) + (inputData.c ?? 0))
        .commit(),
      205,
      ["b", "c.c1"],
    ],
    sleep: [begin("sleep").then(add("a")).sleep(120).then(add("b")).commit(), 3],
    slow: [
      begin("slow")
        .then(
          createStep({
            id: "a",
            inputSchema: number,
            outputSchema: number,
            execute: async ({ inputData, idempotencyKey }) => {
              saw(idempotencyKey);
              await new Promise((resolve) => setTimeout(resolve, 250));
              return inputData + 1;
            },
          }),
        )
        .then(add("b"))
        .commit(),
      3,
    ],
    once: [
      begin("once")
        .then(add("a"))
        .then(add("b", 5, false))
        .then(add("c"))
        .commit(),
      8,
    ],
  } satisfies Record<string, readonly [AnyWorkflow, unknown, string[]?]>;
  return Object.fromEntries(
    Object.entries(made).map(([name, [workflow, result, waits = []]]) => [name, { workflow, result, waits } satisfies Flow]),
  );
}
