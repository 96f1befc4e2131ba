/** An app whose model and steps leave a line in a file each time they are asked, and never come to an end where it `hangs`. */
import { appendFileSync } from "node:fs";
import { z } from "zod";
import { Agent } from "../../src/agents/agent.ts";
import type { MastraConfig } from "../../src/mastra.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import { partModel, type Part } from "./part-model.ts";
import { textParts } from "./scripted-model.ts";

const number = z.number();

export function keyedApp(witness: string, hangs: boolean): Pick<MastraConfig, "agents" | "workflows"> {
  const saw = (what: string): void => appendFileSync(witness, `${what}\n`);
  const model = partModel(() => {
    saw("model");
    if (!hangs) return textParts("answer");
    const begun = textParts("one ", "two ", "never").slice(0, 4);
    return new ReadableStream<Part>({
      start(controller) {
        for (const part of begun) controller.enqueue(part);
      },
    });
  });
  const step = (id: string, stops: boolean) =>
    createStep({
      id,
      inputSchema: number,
      outputSchema: number,
      execute: ({ inputData }) => {
        saw(id);
        return stops ? new Promise<number>(() => undefined) : Promise.resolve(inputData + 1);
      },
    });
  const w = createWorkflow({ id: "w", inputSchema: number, outputSchema: number })
    .then(step("first", false))
    .then(step("second", hangs))
    .commit();
  return { agents: { a: new Agent({ id: "a", name: "A", instructions: "", model }) }, workflows: { w } };
}
