/** Code as apps have it that use the official client: streams handed on, read by bytes or by events, failures told apart. */
import { MastraClient, RequestContext, createTool } from "@mastra/client-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { muteConsole } from "./connect.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

const connect = (): MastraClient =>
  new MastraClient({
    baseUrl: `${server.url}/`,
    retries: 1,
    backoffMs: 10,
    maxBackoffMs: 20,
    headers: { "x-app": "usage" },
    credentials: "omit",
  });

async function readAll(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const reader = body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let next = await reader.read(); !next.done; next = await reader.read()) text += decoder.decode(next.value, { stream: true });
  return text;
}

test("a chat route hands the stream's body on to its own caller", async () => {
  const stream = await connect()
    .getAgent("plainAgent")
    .stream([{ role: "user", content: "hello world" }]);
  const reply = new Response(stream.body, { headers: { "content-type": "text/event-stream" } });
  const text = await readAll(reply.body);
  expect(text).toMatch(/^data: \{/);
  expect(text).toContain('"text":"world"');
});

test("a page writes the words as they come", async () => {
  let shown = "";
  const stream = await connect()
    .getAgent("plainAgent")
    .stream("hello world", { memory: { thread: "usage-1", resource: "user-1" }, modelSettings: { temperature: 0 } });
  expect(stream.ok).toBe(true);
  await stream.processDataStream({
    onChunk: async (chunk) => {
      if (chunk.type === "text-delta") shown += chunk.payload.text;
    },
  });
  expect(shown).toBe("Echo: hello world");
});

test("a client tool and a request context come along", async () => {
  muteConsole();
  const requestContext = new RequestContext();
  requestContext.set("tier", "gold");
  const getTime = createTool({
    id: "getTime",
    description: "time",
    inputSchema: z.object({ zone: z.string() }),
    execute: async (inputData) => ({ time: `12:00 ${inputData.zone}` }),
  });
  const answer = await connect().getAgent("plainAgent").generate("client time", { clientTools: { getTime }, requestContext });
  expect(answer.text).toContain("12:00 UTC");
});

test("a workflow's stream is a stream of its chunks", async () => {
  const workflow = connect().getWorkflow("addWorkflow");
  const run = await workflow.createRun();
  const stream = await run.stream({ inputData: { a: 1, b: 2 } });
  const types: string[] = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) types.push(next.value.type);
  expect([types[0], types.at(-1)]).toEqual(["workflow-start", "workflow-finish"]);
  const { inputSchema } = await workflow.getSchema();
  expect(inputSchema).toMatchObject({ type: "object", required: ["a", "b"] });
});

test("a failure is told apart by its status", async () => {
  const statusOf = async (): Promise<number | undefined> => {
    try {
      await connect().getAgent("nobody").generate("hello");
    } catch (error) {
      if (error instanceof Error && "status" in error && error.message.startsWith("HTTP error! status: ")) return Number(error.status);
    }
    return undefined;
  };
  expect(await statusOf()).toBe(404);
});

test("events of the Responses API are iterated", async () => {
  const stream = await connect().responses.create({ agent_id: "plainAgent", input: "hello", stream: true });
  let text = "";
  for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta;
  expect(text).toBe("Echo: hello");
  const response = await connect().responses.create({ agent_id: "plainAgent", input: "hello" });
  expect(response.output_text).toBe("Echo: hello");
});

test("a number of retries that is none is refused before anything is sent", async () => {
  const ask = async (): Promise<unknown> => new MastraClient({ baseUrl: server.url, retries: -1 }).listAgents();
  await expect(ask()).rejects.toThrow(RangeError);
});
