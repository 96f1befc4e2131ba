/** Workflows with a canary in every place that is the server's own, that show every type of chunk. */
import { z } from "zod";
import type { AnyWorkflow } from "../../src/workflows/workflow.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";

/** `write` are the values that a step writes to its stream. */
export function canaryWorkflows(canary: string, failure: () => Error, write: readonly unknown[]): Record<string, AnyWorkflow> {
  const writes = createStep({
    id: "writes",
    execute: async ({ writer }) => {
      for (const value of write) await writer.write(value);
      await writer.write({ note: "for everybody" });
      await writer.custom({ type: "data-note", data: "for everybody" });
      return [1, 2];
    },
  });
  const each = createStep({ id: "each", execute: async ({ inputData }) => inputData });
  const ask = createStep({
    id: "ask",
    resumeSchema: z.object({ ok: z.boolean() }),
    execute: async ({ resumeData, suspend }) => resumeData ?? suspend({ why: "asks" }, { resumeLabel: "boss" }),
  });
  const throws = createStep({
    id: "throws",
    execute: async () => {
      throw failure();
    },
  });
  const deaf = createStep({ id: "deaf", execute: async () => new Promise(() => undefined) });
  const schema = { inputSchema: z.object({ n: z.number().optional() }), outputSchema: z.any() };
  return {
    all: createWorkflow({ id: "all", description: "Everything", ...schema })
      .branch([[async () => canary !== "", writes]])
      .map(async ({ inputData }) => (canary === "" ? [] : (inputData.writes as number[])))
      .foreach(each)
      .sleep(async () => (canary === "" ? 0 : 1))
      .then(ask)
      .commit(),
    failing: createWorkflow({ id: "failing", ...schema })
      .then(
        createWorkflow({ id: "inner", ...schema })
          .then(throws)
          .commit(),
      )
      .commit(),
    deaf: createWorkflow({ id: "deaf", ...schema })
      .then(deaf)
      .commit(),
  };
}
