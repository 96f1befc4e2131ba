/** The official client approves, declines and answers what a run waits for. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { isPeer, startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { chunkOf, chunksOf, connect, failureOf, muteConsole, orderOf, textOf } from "./connect.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());
beforeEach(muteConsole);

const toolAgent = (): ReturnType<ReturnType<typeof connect>["client"]["getAgent"]> => connect(server.url).client.getAgent("toolAgent");
const CONTINUED = ["step-finish", "step-start", "text-start", "text-delta", "text-end", "step-finish", "finish"];
const SUSPENDED = [
  "start",
  "step-start",
  "tool-call-input-streaming-start",
  "tool-call-delta",
  "tool-call-input-streaming-end",
  "tool-call",
];

/** Streams until the run waits for an approval. */
async function waitForApproval(): Promise<{ runId: string; toolCallId: string }> {
  const approval = chunkOf(await chunksOf(await toolAgent().stream("delete it")), "tool-call-approval");
  return { runId: approval.runId, toolCallId: approval.payload.toolCallId };
}

test("a stream ends right after it asks for an approval", async () => {
  const chunks = await chunksOf(await toolAgent().stream("delete it"));
  expect(orderOf(chunks)).toEqual([...SUSPENDED, "tool-call-approval"]);
  const { payload } = chunkOf(chunks, "tool-call-approval");
  expect(payload).toMatchObject({ toolName: "deleteFile", args: { path: "notes/a.txt" } });
  expect(JSON.parse(payload.resumeSchema)).toMatchObject({
    type: "object",
    properties: { approved: { type: "boolean" } },
    required: ["approved"],
  });
});

test("an approved call runs, and the stream goes on with its result", async () => {
  const chunks = await chunksOf(await toolAgent().approveToolCall(await waitForApproval()));
  expect(orderOf(chunks)).toEqual(["tool-result", ...CONTINUED]);
  expect(textOf(chunks)).toBe('Tool deleteFile said {"deleted":true}');
});

test("a declined call does not run, and the model hears the reason", async () => {
  const chunks = await chunksOf(await toolAgent().declineToolCall({ ...(await waitForApproval()), reason: "no way" }));
  expect(orderOf(chunks)).toEqual(["tool-output-denied", ...CONTINUED]);
  expect(chunks[0]).toMatchObject({ payload: { toolName: "deleteFile", approval: { approved: false, reason: "no way" } } });
  expect(textOf(chunks)).toContain("no way");
});

test("a call that is declined without a reason tells the model that the user did not approve", async () => {
  const chunks = await chunksOf(await toolAgent().declineToolCall(await waitForApproval()));
  expect(textOf(chunks)).toContain("Tool call was not approved by the user");
});

test("a continued run keeps its run id", async () => {
  const suspended = await waitForApproval();
  const chunks = await chunksOf(await toolAgent().approveToolCall(suspended));
  expect(new Set(chunks.map((chunk) => chunk.runId))).toEqual(new Set([suspended.runId]));
});

test("with requireToolApproval every tool waits for an approval", async () => {
  const chunks = await chunksOf(await toolAgent().stream("weather", { requireToolApproval: true }));
  expect(orderOf(chunks)).toEqual([...SUSPENDED, "tool-call-approval"]);
  const { runId, payload } = chunkOf(chunks, "tool-call-approval");
  const continued = await chunksOf(await toolAgent().approveToolCall({ runId, toolCallId: payload.toolCallId }));
  expect(textOf(continued)).toBe('Tool weatherTool said {"city":"Paris","tempC":21}');
});

test("generate is suspended at a call that needs approval", async () => {
  const answer = await toolAgent().generate("delete it");
  expect(answer).toMatchObject({
    finishReason: "suspended",
    text: "",
    toolResults: [],
    suspendPayload: { toolName: "deleteFile", args: { path: "notes/a.txt" } },
  });
});

test("a suspended generate goes on when it is approved", async () => {
  const { runId, suspendPayload } = await toolAgent().generate("delete it");
  const answer = await toolAgent().approveToolCallGenerate({ runId: runId ?? "", toolCallId: suspendPayload.toolCallId });
  expect(answer).toMatchObject({ finishReason: "stop", text: 'Tool deleteFile said {"deleted":true}' });
});

test("a suspended generate goes on without the tool when it is declined", async () => {
  const { runId, suspendPayload } = await toolAgent().generate("delete it");
  const answer = await toolAgent().declineToolCallGenerate({
    runId: runId ?? "",
    toolCallId: suspendPayload.toolCallId,
    reason: "not today",
  });
  expect(answer.finishReason).toBe("stop");
  expect(answer.text).toContain("not today");
});

test("a tool that suspends ends the stream with what it asks", async () => {
  const chunks = await chunksOf(await toolAgent().stream("ask me"));
  expect(orderOf(chunks)).toEqual([...SUSPENDED, "tool-call-suspended"]);
  expect(chunkOf(chunks, "tool-call-suspended").payload).toMatchObject({
    toolName: "askUser",
    suspendPayload: { question: "Which colour?" },
  });
});

test("a suspended tool goes on with the data of resumeStream", async () => {
  const { runId, payload } = chunkOf(await chunksOf(await toolAgent().stream("ask me")), "tool-call-suspended");
  const chunks = await chunksOf(await toolAgent().resumeStream({ answer: "blue" }, { runId, toolCallId: payload.toolCallId }));
  expect(orderOf(chunks)).toEqual(["tool-result", ...CONTINUED]);
  expect(textOf(chunks)).toBe('Tool askUser said {"answer":"blue"}');
});

test("listSuspendedRuns names what waits, and no longer what was answered", async () => {
  const suspended = await waitForApproval();
  const waiting = (await toolAgent().listSuspendedRuns()).runs.find((run) => run.runId === suspended.runId);
  expect(waiting).toMatchObject({
    status: "suspended",
    suspendedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    toolCalls: [{ toolCallId: suspended.toolCallId, toolName: "deleteFile", args: { path: "notes/a.txt" }, requiresApproval: true }],
  });
  await chunksOf(await toolAgent().approveToolCall(suspended));
  expect((await toolAgent().listSuspendedRuns()).runs.map((run) => run.runId)).not.toContain(suspended.runId);
});

test("listSuspendedRuns pages and keeps the whole count", async () => {
  await waitForApproval();
  await waitForApproval();
  const page = await toolAgent().listSuspendedRuns({ page: 0, perPage: 1 });
  expect(page.runs).toHaveLength(1);
  expect(page.total).toBeGreaterThan(1);
});

// The other server answers 500 to the caller's mistakes below, so that the client sends each of them four times.
test.skipIf(isPeer)("approving twice is refused, and asked once", async () => {
  const { client, sent } = connect(server.url);
  const suspended = await waitForApproval();
  await chunksOf(await client.getAgent("toolAgent").approveToolCall(suspended));
  const failure = await failureOf(client.getAgent("toolAgent").approveToolCall(suspended));
  expect(Math.floor(failure.status / 100)).toBe(4);
  expect(sent).toHaveLength(2);
});

test.skipIf(isPeer)("approving a run that nobody knows is a 404, and asked once", async () => {
  const { client, sent } = connect(server.url);
  const failure = await failureOf(client.getAgent("toolAgent").approveToolCall({ runId: "nope", toolCallId: "x" }));
  expect(failure.status).toBe(404);
  expect(sent).toHaveLength(1);
});

test.skipIf(isPeer)("resuming a run that nobody knows is a 404, and asked once", async () => {
  const { client, sent } = connect(server.url);
  const failure = await failureOf(client.getAgent("toolAgent").resumeStream({}, { runId: "nope" }));
  expect(failure.status).toBe(404);
  expect(sent).toHaveLength(1);
});
