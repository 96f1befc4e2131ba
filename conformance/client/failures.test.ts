/** What the official client sees when a call fails, how often it asks, and what an abort reaches. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { isPeer, startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { connect, failureOf } from "./connect.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

test("an agent that nobody knows is a 404 with its message, and asked once", async () => {
  const { client, sent } = connect(server.url);
  expect(await failureOf(client.getAgent("nope").generate("x"))).toMatchObject({
    name: "MastraClientError",
    status: 404,
    body: { error: "Agent with id nope not found" },
  });
  expect(sent).toHaveLength(1);
});

test("a tool that nobody knows is a 404 with its message", async () => {
  const { client } = connect(server.url);
  const [global, ofAgent] = await Promise.all([
    failureOf(client.getTool("nope").execute({ data: {} })),
    failureOf(client.getAgent("toolAgent").getTool("nope")),
  ]);
  expect(global).toMatchObject({ status: 404, body: { error: "Tool not found" } });
  expect(ofAgent).toMatchObject({ status: 404, body: { error: "Tool not found" } });
});

test("a body that does not fit is a 400 that names each field, and asked once", async () => {
  const { client, sent } = connect(server.url);
  const wrong: object = { maxSteps: "three", activeTools: 5 };
  const failure = await failureOf(client.getAgent("plainAgent").generate("x", wrong));
  expect(failure).toMatchObject({ status: 400, body: { error: "Invalid request body" } });
  expect(failure.body).toMatchObject({
    issues: expect.arrayContaining([
      { field: "maxSteps", message: expect.any(String) },
      { field: "activeTools", message: expect.any(String) },
    ]),
  });
  expect(sent).toHaveLength(1);
});

test("executing a tool without data is a 400 that names the field", async () => {
  const nothing: { data: unknown } = { data: undefined };
  expect(await failureOf(connect(server.url).client.getTool("weatherTool").execute(nothing))).toMatchObject({
    status: 400,
    body: { error: "Invalid request body", issues: [{ field: "data", message: "data is required" }] },
  });
});

test("a body that is too large is a 413, and asked once", async () => {
  const { client, sent } = connect(server.url);
  const failure = await failureOf(client.getAgent("plainAgent").generate("x".repeat(300 * 1024)));
  expect(failure).toMatchObject({ status: 413, body: { error: "Request body too large" } });
  expect(sent).toHaveLength(1);
});

// The other server answers 500 below, so that the client sends each request four times.
test.skipIf(isPeer)("a model that fails for good is a 422, and asked once", async () => {
  const { client, sent } = connect(server.url);
  expect(await failureOf(client.getAgent("plainAgent").generate("throwmodel"))).toMatchObject({
    status: 422,
    body: { error: expect.any(String) },
  });
  expect(sent).toHaveLength(1);
});

test.skipIf(isPeer)("structured output that does not fit is a 422, and asked once", async () => {
  const { client, sent } = connect(server.url);
  const structuredOutput = { schema: z.object({ name: z.string() }) };
  const failure = await failureOf(client.getAgent("plainAgent").generate("badjson", { structuredOutput }));
  expect(failure).toMatchObject({ status: 422, body: { error: expect.stringContaining("Structured output validation failed") } });
  expect(sent).toHaveLength(1);
});

test.skipIf(isPeer)("a tool that throws when it is run directly is a 422, and runs once", async () => {
  const { client, sent } = connect(server.url);
  expect(await failureOf(client.getTool("brokenTool").execute({ data: {} }))).toMatchObject({ status: 422 });
  expect(sent).toHaveLength(1);
});

test.skipIf(isPeer)("a failure carries no stack and no path of the server", async () => {
  const { client } = connect(server.url);
  const failures = await Promise.all([
    failureOf(client.getAgent("plainAgent").generate("throwmodel")),
    failureOf(client.getTool("brokenTool").execute({ data: {} })),
  ]);
  for (const { body } of failures) expect(JSON.stringify(body)).not.toMatch(/"stack"|node_modules|\.ts:\d|\.js:\d/);
});

interface ModelCall {
  readonly text: string;
  readonly aborted: boolean;
}

async function callsOf(text: string): Promise<ModelCall[]> {
  const calls: ModelCall[] = await (await fetch(`${server.url}/scripted-model/calls`)).json();
  return calls.filter((call) => call.text === text);
}

/** Where turns are kept they wait for their readers, unless they are told otherwise. The client passes on what it does not know. */
const STOPS = { onDisconnect: "cancel" } as object;

test("a client that aborts its stream aborts the model's call", async () => {
  const message = "slow, and left in the middle of the stream";
  const abort = new AbortController();
  const streamed = await connect(server.url)
    .client.getAgent("plainAgent")
    .stream(message, { ...STOPS, abortSignal: abort.signal });
  // Whether reading on after the own abort rejects or ends is the client's affair.
  await streamed
    .processDataStream({ onChunk: (chunk) => (chunk.type === "text-delta" ? abort.abort() : undefined) })
    .catch(() => undefined);
  await expect.poll(() => callsOf(message), { timeout: 5_000 }).toEqual([expect.objectContaining({ aborted: true })]);
});

test("a client that aborts generate gets an abort, and the model's call is aborted", async () => {
  const message = "slow, and left before the answer";
  const abort = new AbortController();
  const answer = connect(server.url)
    .client.getAgent("plainAgent")
    .generate(message, { ...STOPS, abortSignal: abort.signal });
  const ended = answer.then(
    () => "answered",
    (error: unknown) => (error instanceof Error ? error.name : "unknown"),
  );
  await expect.poll(() => callsOf(message), { timeout: 5_000 }).toHaveLength(1);
  abort.abort();
  expect(await ended).toBe("AbortError");
  await expect.poll(() => callsOf(message), { timeout: 5_000 }).toEqual([expect.objectContaining({ aborted: true })]);
});
