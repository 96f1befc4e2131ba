/** Workflows whose steps do nothing, journaled on SQLite or kept in memory. */
import type { Case, Reply } from "./cases.ts";

const start = (workflow: string) => ({ method: "POST", path: `/api/workflows/${workflow}/start-async`, body: { inputData: 1 } }) as const;

function succeeded(result: string) {
  return ({ status, body }: Reply): string | undefined => {
    if (status !== 200) return `status ${status}: ${body.slice(0, 200)}`;
    return body.includes('"status":"success"') && body.includes(`"result":${result}`)
      ? undefined
      : `the result is missing: ${body.slice(-200)}`;
  };
}

const flow = (id: string, title: string, request: Pick<Case, "method" | "path" | "body">, result: string): Case => {
  const check = succeeded(result);
  return { id, title, ...request, check, inspect: check };
};

export const FLOW_CASES: readonly Case[] = [
  flow("flow-5", "workflow of 5 steps, journaled on SQLite", start("five"), "6"),
  flow("flow-5-memory", "workflow of 5 steps, in memory", start("fiveInMemory"), "6"),
  flow("flow-100", "workflow of 100 steps, journaled on SQLite", start("hundred"), "101"),
  flow("flow-foreach", "foreach of 1,000, journaled on SQLite", start("each"), "[2,3,4"),
  flow("flow-resume", "suspend and resume, journaled on SQLite", { method: "POST", path: "/suspend-and-resume", body: {} }, "43"),
];
