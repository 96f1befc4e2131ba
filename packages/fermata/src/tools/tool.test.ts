import { describe, expect, test } from "vitest";
import { z } from "zod";
import { RequestContext } from "../context/request-context.ts";
import { executeTool, type ToolOutcome } from "./execute.ts";
import { createTool, type AnyTool } from "./index.ts";

function execute(tool: AnyTool, input: unknown, requestContext = new RequestContext()): Promise<ToolOutcome> {
  return executeTool({
    tool,
    name: tool.id,
    input,
    requestContext,
    abortSignal: new AbortController().signal,
    mastra: undefined,
    output: { output: () => undefined, data: () => undefined },
  });
}

test.each([[undefined], [""], [5]])("a tool with the id %j is refused", (id) => {
  expect(() => createTool({ id: id as string, description: "x" })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
});

describe("a call", () => {
  const add = createTool({
    id: "add",
    description: "a",
    inputSchema: z.object({ a: z.number(), b: z.number().default(1) }),
    outputSchema: z.number(),
    execute: ({ a, b }) => a + b,
  });

  test("gets its input as the schema makes it", async () => expect(await execute(add, { a: 2 })).toEqual({ kind: "result", value: 3 }));

  test("with input that does not fit is told what is wrong and what was given", async () => {
    const outcome = await execute(add, { a: "two" });
    expect(outcome).toMatchObject({ kind: "invalid", value: { error: true, message: expect.stringMatching(/- a: .*[\s\S]*"a": "two"/) } });
  });

  test("echoes a long input in part only", async () => {
    const outcome = await execute(add, { a: "x".repeat(10_000) });
    expect(outcome.kind === "invalid" && outcome.value.message.length < 1_000).toBe(true);
  });

  test("of a tool that the client runs is refused", async () => {
    expect(await execute(createTool({ id: "c", description: "c" }), {})).toMatchObject({
      kind: "error",
      error: { code: "VALIDATION_FAILED" },
    });
  });

  test("without the context that the tool needs does not run", async () => {
    const tiered = createTool({ id: "t", description: "t", requestContextSchema: z.object({ tier: z.string() }), execute: () => "ran" });
    expect(await execute(tiered, {})).toMatchObject({ kind: "invalid", value: { message: expect.stringContaining("- tier") } });
    expect(await execute(tiered, {}, new RequestContext([["tier", "gold"]]))).toEqual({ kind: "result", value: "ran" });
  });

  test("without an agent has no way to suspend", async () => {
    const asks = createTool({ id: "a", description: "a", execute: (_input, { agent }) => (agent ? "agent" : "alone") });
    expect(await execute(asks, {})).toEqual({ kind: "result", value: "alone" });
  });
});
