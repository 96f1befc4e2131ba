/** The official client starts, reads, answers and stops runs of workflows. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { connect, failureOf } from "./connect.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

type Workflow = ReturnType<ReturnType<typeof connect>["client"]["getWorkflow"]>;
const workflow = (id: string): Workflow => connect(server.url).client.getWorkflow(id);

async function typesOf(stream: ReadableStream<unknown>): Promise<unknown[]> {
  const types: unknown[] = [];
  for await (const chunk of stream) types.push((chunk as { type?: unknown }).type);
  return types;
}

const SUM = { inputData: { a: 1, b: 2 } };
const STEP = ["workflow-step-start", "workflow-step-result"];

test("workflows are listed, described and counted", async () => {
  const { client } = connect(server.url);
  expect(Object.keys(await client.listWorkflows())).toEqual(expect.arrayContaining(["addWorkflow", "approvalWorkflow"]));
  expect(await workflow("addWorkflow").details()).toMatchObject({ name: "addWorkflow", steps: { add: { id: "add" } } });
  expect(await workflow("addWorkflow").getSchema()).toMatchObject({ inputSchema: { type: "object" } });
  expect(await client.listWorkflowRunCounts()).toMatchObject({ addWorkflow: { running: 0 } });
});

test("a run is started and waited for", async () => {
  const run = await workflow("addWorkflow").createRun();
  expect(await run.startAsync(SUM)).toMatchObject({ status: "success", result: { result: 6 } });
});

test("a run is streamed, and observed afterwards", async () => {
  const run = await workflow("addWorkflow").createRun();
  const types = ["workflow-start", ...STEP, ...STEP, "workflow-finish"];
  expect(await typesOf(await run.stream(SUM))).toEqual(types);
  expect(await typesOf(await run.observe())).toEqual(types);
});

test("a run that waits is answered, waiting for its end or reading on", async () => {
  const awaited = await workflow("approvalWorkflow").createRun();
  expect(await awaited.startAsync({ inputData: { text: "post" } })).toMatchObject({ status: "suspended" });
  expect(await awaited.resumeAsync({ step: "approve", resumeData: { ok: true } })).toMatchObject({
    status: "success",
    result: { published: "post" },
  });
  const streamed = await workflow("approvalWorkflow").createRun();
  await streamed.startAsync({ inputData: { text: "post" } });
  const types = await typesOf(await streamed.resumeStream({ step: "approve", resumeData: { ok: false } }));
  expect(types).toEqual(["workflow-start", ...STEP, ...STEP, "workflow-finish"]);
});

test("a run is cancelled, described, listed and deleted", async () => {
  const slow = workflow("slowWorkflow");
  const run = await slow.createRun();
  await run.start({ inputData: { ms: 60_000 } });
  await run.cancel();
  await expect.poll(async () => (await slow.runById(run.runId)).status).toBe("canceled");
  expect((await slow.runs({ status: "canceled" })).runs.map(({ runId }) => runId)).toEqual([run.runId]);
  await slow.deleteRunById(run.runId);
  expect(await failureOf(slow.runById(run.runId))).toMatchObject({ status: 404 });
});

test("a run is taken back to a step, and restarted", async () => {
  const run = await workflow("addWorkflow").createRun();
  await run.startAsync(SUM);
  expect(await run.timeTravelAsync({ step: "double", inputData: { sum: 9 } })).toMatchObject({ result: { result: 18 } });
  expect(await run.restartAsync()).toMatchObject({ status: "success" });
});

test("what the caller did wrong is asked once", async () => {
  const { client, sent } = connect(server.url);
  const run = await client.getWorkflow("approvalWorkflow").createRun();
  await run.startAsync({ inputData: { text: "post" } });
  await run.resumeAsync({ step: "approve", resumeData: { ok: true } });
  expect(await failureOf(run.resumeAsync({ step: "approve", resumeData: { ok: true } }))).toMatchObject({ status: 409 });
  expect(sent.filter(({ url }) => url.pathname.endsWith("/resume-async"))).toHaveLength(2);
});
