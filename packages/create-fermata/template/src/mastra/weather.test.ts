import { expect, test } from "vitest";
import { mastra } from "./index";

test("the agent looks the weather up", async () => {
  const { text, toolCalls } = await mastra.getAgent("weather").generate("What is the weather in Lisbon?");
  expect(toolCalls.map(({ payload }) => payload.toolName)).toContain("get_weather");
  expect(text).toContain("Lisbon");
});

test("the workflow says what to take", async () => {
  const run = await mastra.getWorkflow("planTrip").createRun();
  const result = await run.start({ inputData: { city: "Lisbon" } });
  expect(result).toMatchObject({ status: "success", result: { city: "Lisbon" } });
});
