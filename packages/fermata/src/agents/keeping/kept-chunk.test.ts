import { expect, test } from "vitest";
import { z } from "zod";
import { callParts, turnModel } from "../../../test/support/turn-model.ts";
import { createTool } from "../../tools/tool.ts";
import { Agent } from "../agent.ts";
import type { AgentChunk } from "../chunks.ts";
import { fromKept, toKept } from "./kept-chunk.ts";

/** The chunks of a run that calls a tool in each of so many steps. */
async function chunksOf(steps: number): Promise<AgentChunk[]> {
  const look = createTool({
    id: "look",
    description: "Looks",
    inputSchema: z.object({ n: z.number() }),
    execute: ({ n }) => ({ seen: "x".repeat(100), n }),
  });
  const turns = Array.from({ length: steps }, (_, n) => callParts(["look", { n }, `call-${n}`]));
  const agent = new Agent({ id: "a", name: "A", instructions: "Be brief.", model: turnModel(...turns, "done"), tools: { look } });
  return Array.fromAsync((await agent.stream("go", { maxSteps: steps + 1 })).fullStream);
}

const bytesOf = (chunks: readonly unknown[]): number => JSON.stringify(chunks).length;

test("what the log has of a chunk shows it again as it was, but for requests, headers and causes", async () => {
  const hidden = (key: string, value: unknown): unknown => (key === "request" || key === "headers" || key === "cause" ? undefined : value);
  for (const chunk of await chunksOf(3)) {
    const read = fromKept(JSON.parse(JSON.stringify(toKept(chunk))) as AgentChunk);
    expect(JSON.stringify(read, hidden)).toBe(JSON.stringify(chunk, hidden));
  }
});

test("the log grows with the steps, also in the end that repeats them all", async () => {
  const [ten, twenty, forty] = await Promise.all([10, 20, 40].map(async (steps) => bytesOf((await chunksOf(steps)).map(toKept))));
  const [first, second] = [(twenty ?? 0) - (ten ?? 0), (forty ?? 0) - (twenty ?? 0)];
  expect(second / first).toBeLessThan(2.1);
});
