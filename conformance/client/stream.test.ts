/** The official client streams answers. */
import type { JSONSchema7 } from "@ai-sdk/provider";
import { createTool } from "@mastra/client-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { chunkOf, chunksOf, connect, muteConsole, orderOf, textOf } from "./connect.ts";
import type { Chunk } from "./connect.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

const stream = async (agent: string, message: string): Promise<Chunk[]> =>
  chunksOf(await connect(server.url).client.getAgent(agent).stream(message));

const TEXT_STEP = ["step-start", "text-start", "text-delta", "text-end", "step-finish"];
const CALL = ["tool-call-input-streaming-start", "tool-call-delta", "tool-call-input-streaming-end", "tool-call"];

test("a text streams word by word between the start and the finish of its step", async () => {
  const chunks = await stream("plainAgent", "hello world");
  expect(orderOf(chunks)).toEqual(["start", ...TEXT_STEP, "finish"]);
  expect(chunks.filter((chunk) => chunk.type === "text-delta").map((chunk) => chunk.payload.text)).toEqual(["Echo: ", "hello ", "world"]);
});

test("every chunk of a run carries the same run id and says that the agent sent it", async () => {
  const chunks = await stream("plainAgent", "hello world");
  expect(new Set(chunks.map((chunk) => chunk.runId)).size).toBe(1);
  expect(new Set(chunks.map((chunk) => chunk.from))).toEqual(new Set(["AGENT"]));
});

test("the steps of a run belong to one message", async () => {
  const chunks = await stream("toolAgent", "weather please");
  const ids = chunks.flatMap((chunk) =>
    chunk.type === "start" || chunk.type === "step-start" || chunk.type === "step-finish" ? [chunk.payload.messageId] : [],
  );
  expect(ids).toHaveLength(5);
  expect(new Set(ids).size).toBe(1);
});

test("a tool call streams its arguments, then its result, and the next step answers", async () => {
  const chunks = await stream("toolAgent", "weather please");
  expect(orderOf(chunks)).toEqual(["start", "step-start", ...CALL, "tool-result", "step-finish", ...TEXT_STEP, "finish"]);
  expect(chunkOf(chunks, "tool-call").payload).toMatchObject({ toolName: "weatherTool", args: { city: "Paris" } });
  expect(chunkOf(chunks, "tool-result").payload).toMatchObject({ toolName: "weatherTool", result: { city: "Paris", tempC: 21 } });
  expect(chunkOf(chunks, "step-finish").payload.stepResult).toMatchObject({ reason: "tool-calls", isContinued: true });
  expect(chunkOf(chunks, "finish").payload.stepResult).toMatchObject({ reason: "stop", isContinued: false });
});

test("the finish carries the usage of all steps", async () => {
  const chunks = await stream("toolAgent", "weather please");
  expect(chunkOf(chunks, "finish").payload.output.usage).toMatchObject({ inputTokens: 20, outputTokens: 5, totalTokens: 25 });
});

test("reasoning streams before the text", async () => {
  const chunks = await stream("plainAgent", "think");
  expect(orderOf(chunks)).toEqual([
    "start",
    "step-start",
    "reasoning-start",
    "reasoning-delta",
    "reasoning-end",
    ...TEXT_STEP.slice(1),
    "finish",
  ]);
});

test("a source of the model is streamed", async () => {
  const chunks = await stream("plainAgent", "source");
  expect(chunkOf(chunks, "source").payload).toMatchObject({ id: "src-1", sourceType: "url", url: "https://example.com/doc", title: "Doc" });
});

test("what a tool writes is streamed while it works", async () => {
  const chunks = await stream("toolAgent", "progress");
  const written = chunks.flatMap((chunk) => (chunk.type === "tool-output" ? [chunk.payload.output] : []));
  expect(written).toEqual([
    { type: "progress", i: 1 },
    { type: "progress", i: 2 },
  ]);
  expect(chunks.find((chunk) => chunk.type === "data-progress")).toMatchObject({ data: { pct: 100 } });
});

test("a tool that throws is told to the model, and the run goes on", async () => {
  const chunks = await stream("toolAgent", "broken");
  expect(orderOf(chunks)).toEqual(["start", "step-start", ...CALL, "tool-error", "step-finish", ...TEXT_STEP, "finish"]);
  expect(textOf(chunks)).toContain("tool blew up");
});

test("arguments that do not fit are told to the model, and the tool does not run", async () => {
  const chunks = await stream("toolAgent", "badargs");
  expect(chunkOf(chunks, "tool-result").payload.result).toMatchObject({ error: true, message: expect.stringContaining("weatherTool") });
  expect(chunkOf(chunks, "finish").payload.stepResult.reason).toBe("stop");
});

test("structured output streams partial objects between the words and the whole one before the step ends", async () => {
  const schema = z.object({ name: z.string(), age: z.number() });
  const chunks = await chunksOf(
    await connect(server.url).client.getAgent("plainAgent").stream<{ name: string; age: number }>("give", { structuredOutput: { schema } }),
  );
  const order = orderOf(chunks);
  expect(order.indexOf("object")).toBeGreaterThan(order.indexOf("text-start"));
  expect(order.slice(order.indexOf("object-result"))).toEqual(["object-result", "step-finish", "finish"]);
  expect(chunkOf(chunks, "object-result").object).toEqual({ name: "mock-name", age: 7 });
});

test("structured output that does not fit is an error chunk, and the run ends with reason error", async () => {
  muteConsole();
  const schema: JSONSchema7 = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
  const chunks = await chunksOf(
    await connect(server.url).client.getAgent("plainAgent").stream<{ name: string }>("badjson", { structuredOutput: { schema } }),
  );
  expect(chunkOf(chunks, "error").payload.error).toMatchObject({ code: "STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED" });
  expect(orderOf(chunks).slice(-3)).toEqual(["error", "step-finish", "finish"]);
  expect(chunkOf(chunks, "finish").payload.stepResult.reason).toBe("error");
});

test("a model that fails before its first word ends the stream with an error chunk and a finish", async () => {
  muteConsole();
  const chunks = await stream("plainAgent", "throwmodel");
  expect(orderOf(chunks)).toEqual(["start", "step-start", "error", "step-finish", "finish"]);
  expect(chunkOf(chunks, "finish").payload.stepResult.reason).toBe("error");
});

test("a model that reports an error in its stream ends the run in the same way", async () => {
  muteConsole();
  expect(orderOf(await stream("plainAgent", "errorpart"))).toEqual(["start", "step-start", "error", "step-finish", "finish"]);
});

test("a client tool runs in the client and the continued answer arrives in the same stream", async () => {
  muteConsole();
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
  const chunks = await chunksOf(await client.getAgent("plainAgent").stream("client time", { clientTools: { getTime } }));
  expect(textOf(chunks)).toBe('Tool getTime said {"time":"12:00"}');
  expect(zones).toEqual(["UTC"]);
  expect(sent).toHaveLength(2);
});

test("the chunks of a sub-agent arrive inside the output of its tool", async () => {
  const chunks = await stream("bossAgent", "helper");
  const nested = chunks.flatMap((chunk) => (chunk.type === "tool-output" ? [chunk.payload] : []));
  expect(new Set(nested.map((payload) => payload.toolName))).toEqual(new Set(["agent-plainAgent"]));
  const types = nested.map((payload): unknown => payload.output.type).filter((type, index, all) => type !== all[index - 1]);
  expect(types).toEqual(["start", ...TEXT_STEP, "finish"]);
  expect(textOf(chunks)).toContain("Echo: hello helper");
});

test("an agent that nobody knows is refused before the stream begins", async () => {
  await expect(connect(server.url).client.getAgent("nope").stream("x")).rejects.toMatchObject({ name: "MastraClientError", status: 404 });
});
