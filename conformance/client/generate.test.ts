/** The official client asks agents for whole answers. */
import type { JSONSchema7 } from "@ai-sdk/provider";
import { RequestContext, createTool } from "@mastra/client-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { connect } from "./connect.ts";

const NAME_SCHEMA: JSONSchema7 = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

test("a question as a string is answered in one step", async () => {
  const answer = await connect(server.url).client.getAgent("plainAgent").generate("hello");
  expect(answer).toMatchObject({ text: "Echo: hello", finishReason: "stop", usage: { inputTokens: 10, outputTokens: 2, totalTokens: 12 } });
  expect(answer.steps).toHaveLength(1);
  expect(answer.runId).toEqual(expect.any(String));
});

test("messages as a list reach the model with their system message", async () => {
  const answer = await connect(server.url)
    .client.getAgent("plainAgent")
    .generate([
      { role: "system", content: "be nice" },
      { role: "user", content: "hello sysprompt" },
    ]);
  expect(answer.text).toBe("SYS=You are plain.|be nice");
});

test("a tool is called and its result is told to the model", async () => {
  const answer = await connect(server.url).client.getAgent("toolAgent").generate("weather please");
  expect(answer.text).toBe('Tool weatherTool said {"city":"Paris","tempC":21}');
  expect(answer.toolCalls.map((call) => [call.payload.toolName, call.payload.args])).toEqual([["weatherTool", { city: "Paris" }]]);
  expect(answer.toolResults.map((result) => result.payload.result)).toEqual([{ city: "Paris", tempC: 21 }]);
  expect(answer.steps.map((step) => step.finishReason)).toEqual(["tool-calls", "stop"]);
});

test("usage is the sum over the steps", async () => {
  const answer = await connect(server.url).client.getAgent("toolAgent").generate("weather please");
  expect(answer.totalUsage).toMatchObject({ inputTokens: 20, outputTokens: 5, totalTokens: 25 });
});

test("instructions of the call take the place of the agent's", async () => {
  const answer = await connect(server.url).client.getAgent("plainAgent").generate("sysprompt", { instructions: "OVERRIDE" });
  expect(answer.text).toBe("SYS=OVERRIDE");
});

test("with toolChoice none no tool is called", async () => {
  const answer = await connect(server.url).client.getAgent("toolAgent").generate("weather", { toolChoice: "none" });
  expect(answer).toMatchObject({ text: "Echo: weather", toolCalls: [] });
});

test("with maxSteps 1 the answer ends after the tool's result", async () => {
  const answer = await connect(server.url).client.getAgent("toolAgent").generate("weather", { maxSteps: 1 });
  expect(answer).toMatchObject({ text: "", finishReason: "tool-calls" });
  expect(answer.toolResults).toHaveLength(1);
});

test("a model of the third provider interface reports its kinds of tokens", async () => {
  const answer = await connect(server.url).client.getAgent("v3Agent").generate("weather");
  expect(answer).toMatchObject({
    text: 'Tool weatherTool said {"city":"Paris","tempC":21}',
    usage: { cachedInputTokens: 0, reasoningTokens: 0 },
  });
});

test("structured output is the object that the schema asks for", async () => {
  const schema = z.object({ name: z.string(), age: z.number() });
  const answer = await connect(server.url)
    .client.getAgent("plainAgent")
    .generate<{ name: string; age: number }>("give", { structuredOutput: { schema } });
  expect(answer.object).toEqual({ name: "mock-name", age: 7 });
});

test("a fallback value takes the place of structured output that does not fit", async () => {
  const answer = await connect(server.url)
    .client.getAgent("plainAgent")
    .generate<{ name: string }>("badjson", {
      structuredOutput: { schema: NAME_SCHEMA, errorStrategy: "fallback", fallbackValue: { name: "nobody" } },
    });
  expect(answer.object).toEqual({ name: "nobody" });
});

test("a client tool runs in the client and its result reaches the model", async () => {
  const { client, sent } = connect(server.url);
  const zones: string[] = [];
  const getTime = createTool({
    id: "getTime",
    description: "time",
    inputSchema: z.object({ zone: z.string() }),
    execute: async ({ zone }) => {
      zones.push(zone);
      return { time: "12:00" };
    },
  });
  const answer = await client.getAgent("plainAgent").generate("client time", { clientTools: { getTime } });
  expect(answer.text).toBe('Tool getTime said {"time":"12:00"}');
  expect(zones).toEqual(["UTC"]);
  expect(sent).toHaveLength(2);
});

test("the request context of the body reaches the agent's instructions", async () => {
  const { client } = connect(server.url);
  const answer = await client.getAgent("bossAgent").generate("sysprompt", { requestContext: new RequestContext([["tier", "gold"]]) });
  expect(answer.text).toBe("SYS=tier=gold");
});

test("a sub-agent answers as a tool", async () => {
  const answer = await connect(server.url).client.getAgent("bossAgent").generate("helper");
  expect(answer.toolCalls.map((call) => call.payload.toolName)).toEqual(["agent-plainAgent"]);
  expect(answer.text).toContain("Echo: hello helper");
});
