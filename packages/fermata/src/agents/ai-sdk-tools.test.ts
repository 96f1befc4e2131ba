/** Tools in the form that the AI SDK's `tool()` and `jsonSchema()` give. */
import { expect, test } from "vitest";
import { z } from "zod";
import { callParts, turnModel, type TurnModel } from "../../test/support/turn-model.ts";
import type { AiSdkTool } from "../tools/tool.ts";
import { Agent } from "./agent.ts";

const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const wrapped = {
  jsonSchema: schema,
  validate: (value: unknown) =>
    z.object({ city: z.string() }).safeParse(value).success
      ? { success: true as const, value }
      : { success: false as const, error: new Error("city is missing") },
};

function agentWith(model: TurnModel, tool: AiSdkTool): Agent {
  return new Agent({ id: "a", name: "A", instructions: "Be.", model, tools: { weather: tool } });
}

test("a tool without an id is known by its name, and gets the id of its call", async () => {
  const model = turnModel(callParts(["weather", { city: "Oslo" }, "call-7"]), "done");
  const seen: unknown[] = [];
  const execute = (input: { city: string }, { toolCallId }: { toolCallId: string }): string => {
    seen.push(input, toolCallId);
    return "cold";
  };
  await agentWith(model, {
    description: "Weather",
    inputSchema: z.object({ city: z.string() }),
    execute,
  }).generate("go");
  expect(seen).toEqual([{ city: "Oslo" }, "call-7"]);
});

test("needsApproval makes the call wait", async () => {
  const model = turnModel(callParts(["weather", { city: "Oslo" }]));
  const result = await agentWith(model, { inputSchema: wrapped, needsApproval: true, execute: () => "cold" }).generate("go");
  expect(result.finishReason).toBe("suspended");
});

test("the model is shown the schema that jsonSchema() wraps", async () => {
  const model = turnModel("done");
  await agentWith(model, { inputSchema: wrapped, execute: () => "cold" }).generate("go");
  expect(model.calls[0]?.tools).toMatchObject([{ name: "weather", inputSchema: schema }]);
});

test("the check that jsonSchema() wraps keeps unfit arguments from the tool", async () => {
  const model = turnModel(callParts(["weather", { town: 1 }]), "done");
  const { toolResults } = await agentWith(model, {
    inputSchema: wrapped,
    execute: () => {
      throw new Error("ran");
    },
  }).generate("go");
  expect(toolResults[0]?.payload.result).toMatchObject({ error: true, validationErrors: { errors: ["city is missing"] } });
});

test("a tool without an id is listed under its name", async () => {
  const tools = await agentWith(turnModel(), { description: "Weather", inputSchema: wrapped }).listTools();
  expect(tools.weather).toMatchObject({ id: "weather", description: "Weather" });
});
