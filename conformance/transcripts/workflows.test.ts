/**
 * The requests of the recorded workflow session in their order: a case may need the runs of those before it. Where no transcript is given for a
 * case, its status, and for a stream the order of its chunks, are taken from the description of the wire.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPeer, startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { chunkTypes, compareResponses } from "./compare.ts";
import { allowedDifferences } from "./later.ts";
import { framesOf, memberOf, readTranscripts, record } from "./transcript.ts";
import type { Json, Transcript } from "./transcript.ts";

const given = new Map(readTranscripts(["workflows"]).map((transcript) => [transcript.name, transcript]));
let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Asked {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: Json;
  readonly abortAfterMs?: number;
}

function ask(name: string, { method = "POST", path, body, abortAfterMs }: Asked): Promise<Transcript> {
  const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  return record(server.url, name, { method, path: `/api/workflows${path}`, headers, ...(body === undefined ? {} : { body }) }, abortAfterMs);
}

/** Sends a request of the session; holds it against its transcript where there is one. */
async function replay(name: string, asked: Asked): Promise<Transcript> {
  const ours = await ask(name, asked);
  const transcript = given.get(name);
  if (transcript) {
    const differences = compareResponses(transcript.response, ours.response).sort();
    expect({ name, differences }).toEqual({ name, differences: allowedDifferences(name, isPeer ? "peer" : "ours") });
  }
  return ours;
}

const get = (name: string, path: string): Promise<Transcript> => replay(name, { method: "GET", path });
const post = (name: string, path: string, body?: Json, abortAfterMs?: number): Promise<Transcript> =>
  replay(name, { path, ...(body === undefined ? {} : { body }), ...(abortAfterMs === undefined ? {} : { abortAfterMs }) });
const prepare = (path: string, body: Json): Promise<Transcript> => ask("workflows-00-prepare", { path, body });

const typesOf = ({ response }: Transcript): string[] => chunkTypes(framesOf(response) ?? []);
function bodyOf({ response }: Transcript): Json | undefined {
  return "body" in response ? response.body : undefined;
}

const SUM = { inputData: { a: 1, b: 2 } };
const OK = { step: "approve", resumeData: { ok: true } };
const TEXT = { inputData: { text: "post" } };
const STEP = ["workflow-step-start", "workflow-step-result"];

describe.skipIf(given.size === 0)("the recorded workflow session", () => {
  test("descriptions", async () => {
    await get("workflows-01-list", "");
    await get("workflows-02-list-partial", "?partial=true");
    expect(memberOf(bodyOf(await get("workflows-03-get", "/addWorkflow")), "name")).toBe("addWorkflow");
    await get("workflows-04-get-graph", "/graphWorkflow");
    await get("workflows-05-get-unknown", "/nope");
    expect(bodyOf(await get("workflows-06-run-counts", "/run-counts"))).toMatchObject({ addWorkflow: { running: 0, suspended: 0 } });
  });

  test("made, started and described runs", async () => {
    const made = memberOf(bodyOf(await post("workflows-07-create-run", "/addWorkflow/create-run", {})), "runId");
    const runId = typeof made === "string" ? made : "none";
    await post("workflows-08-create-run-with-id-and-resource", "/addWorkflow/create-run?runId=my-run", { resourceId: "res-1" });
    expect(bodyOf(await post("workflows-09-create-run-no-body", "/addWorkflow/create-run"))).toEqual({ runId: expect.any(String) });
    await post("workflows-10-start", `/addWorkflow/start?runId=${runId}`, SUM);
    await pause(100);
    await get("workflows-11-run-by-id", `/addWorkflow/runs/${runId}`);
    const fields = await get("workflows-12-run-by-id-fields", `/addWorkflow/runs/${runId}?fields=status,result`);
    expect(fields.response.status).toBe(400);
    await post("workflows-13-start-async", "/addWorkflow/start-async", SUM);
    await post("workflows-14-start-async-request-context", "/addWorkflow/start-async", { ...SUM, requestContext: { factor: 10 } });
    const bad = await post("workflows-15-start-async-bad-input", "/addWorkflow/start-async", { inputData: { a: "x" } });
    expect(bad.response.status).toBe(400);
    expect(memberOf(bodyOf(bad), "error")).toMatch(/^Invalid input data: \n- a: /);
    await post("workflows-16-start-missing-run-id", "/addWorkflow/start", SUM);
    await post("workflows-17-start-unknown-run", "/addWorkflow/start?runId=ghost", SUM);
    expect((await post("workflows-18-start-async-unknown", "/nope/start-async", { inputData: {} })).response.status).toBe(404);
  });

  test("streams", async () => {
    await post("workflows-19-stream", "/addWorkflow/stream?runId=str-1", SUM);
    await post("workflows-20-stream-missing-run-id", "/addWorkflow/stream", SUM);
    const graph = await post("workflows-21-stream-graph", "/graphWorkflow/stream?runId=str-2", { inputData: { n: 1 } });
    const foreach = ["workflow-step-start", "workflow-step-progress", "workflow-step-result"];
    expect(typesOf(graph)).toEqual(["workflow-start", ...STEP, ...STEP, ...STEP, ...foreach, "workflow-finish"]);
    await post("workflows-22-stream-fail", "/failWorkflow/stream?runId=str-3", { inputData: { a: 1 } });
    await post("workflows-23-stream-bad-input", "/addWorkflow/stream?runId=str-4", { inputData: { a: "x" } });
    const written = await post("workflows-24-stream-writer", "/writerWorkflow/stream?runId=str-5", { inputData: { q: "hi" } });
    const output = ["workflow-step-output", "data-note", "workflow-step-output"];
    expect(typesOf(written)).toEqual(["workflow-start", "workflow-step-start", ...output, "workflow-step-result", "workflow-finish"]);
    await post("workflows-25-start-async-fail", "/failWorkflow/start-async", { inputData: { a: 1 } });
    await post("workflows-26-start-async-graph", "/graphWorkflow/start-async", { inputData: { n: 1 } });
  });

  test("runs that wait", async () => {
    const waits = await post("workflows-27-start-async-suspended", "/approvalWorkflow/start-async?runId=ap-1", TEXT);
    expect(bodyOf(waits)).toMatchObject({ status: "suspended", suspended: [["approve"]], suspendPayload: { approve: { reason: "needs approval" } } });
    await get("workflows-28-run-suspended", "/approvalWorkflow/runs/ap-1");
    await post("workflows-29-resume-async", "/approvalWorkflow/resume-async?runId=ap-1", OK);
    expect((await post("workflows-30-resume-async-again", "/approvalWorkflow/resume-async?runId=ap-1", OK)).response.status).toBe(409);
    await post("workflows-31-stream-suspended", "/approvalWorkflow/stream?runId=ap-2", TEXT);
    await post("workflows-32-resume-stream", "/approvalWorkflow/resume-stream?runId=ap-2", OK);
    await prepare("/approvalWorkflow/start-async?runId=ap-3", TEXT);
    const bad = await post("workflows-33-resume-bad-data", "/approvalWorkflow/resume-async?runId=ap-3", { step: "approve", resumeData: { ok: "maybe" } });
    expect(bad.response.status).toBe(400);
    expect(memberOf(bodyOf(bad), "error")).toMatch(/^Invalid resume data: \n- ok: /);
    await post("workflows-34-resume", "/approvalWorkflow/resume?runId=ap-3", { step: "approve", resumeData: { ok: false } });
    await prepare("/approvalWorkflow/start-async?runId=ap-4", TEXT);
    await post("workflows-35-resume-no-wait", "/approvalWorkflow/resume-no-wait?runId=ap-4", { step: ["approve"], resumeData: { ok: true } });
    expect((await post("workflows-36-resume-unknown-run", "/approvalWorkflow/resume-async?runId=ghost", OK)).response.status).toBe(404);
    await prepare("/approvalWorkflow/start-async?runId=ap-5", TEXT);
    await post("workflows-37-resume-without-step", "/approvalWorkflow/resume-async?runId=ap-5", { resumeData: { ok: true } });
  });

  test("cancelled runs", async () => {
    await prepare("/slowWorkflow/create-run?runId=slow-1", {});
    await prepare("/slowWorkflow/start?runId=slow-1", { inputData: { ms: 8000 } });
    await pause(100);
    await get("workflows-38-run-counts-running", "/run-counts");
    const running = await get("workflows-39-run-running", "/slowWorkflow/runs/slow-1");
    expect(bodyOf(running)).toMatchObject({ status: "running", steps: { waitStep: { status: "running", payload: { ms: 8000 } } }, activeStepsPath: { waitStep: [0] } });
    await post("workflows-40-cancel", "/slowWorkflow/runs/slow-1/cancel");
    await pause(200);
    await get("workflows-41-run-canceled", "/slowWorkflow/runs/slow-1");
    expect((await post("workflows-42-cancel-unknown", "/slowWorkflow/runs/ghost/cancel")).response.status).toBe(404);
    const streamed = post("workflows-43-stream-canceled", "/slowWorkflow/stream?runId=slow-2", { inputData: { ms: 5000 } }, 9000);
    await pause(300);
    await post("workflows-44-cancel-streaming", "/slowWorkflow/runs/slow-2/cancel");
    await streamed;
    const slept = await post("workflows-45-stream-sleep", "/slowWorkflow/stream?runId=slow-3", { inputData: { ms: 10 } });
    expect(typesOf(slept)).toEqual(["workflow-start", ...STEP, "workflow-step-waiting", "workflow-step-result", "workflow-finish"]);
  });

  test("lists of runs", async () => {
    await get("workflows-46-runs-list", "/addWorkflow/runs");
    await get("workflows-47-runs-list-paged", "/addWorkflow/runs?page=0&perPage=2");
    const listed = await get("workflows-48-runs-list-status", "/approvalWorkflow/runs?status=success&perPage=1");
    expect(bodyOf(listed)).toMatchObject({ runs: [{ workflowName: "approvalWorkflow", snapshot: { status: "success" } }], total: 5 });
    await get("workflows-49-runs-list-bad-date", "/addWorkflow/runs?fromDate=notadate");
    await get("workflows-50-runs-list-bad-page", "/addWorkflow/runs?page=abc");
  });

  test("time travel and restart", async () => {
    const add = { status: "success", payload: { a: 1, b: 2 }, output: { sum: 50 }, startedAt: 1, endedAt: 2 };
    const unknown = await post("workflows-51-time-travel-async", "/addWorkflow/time-travel-async?runId=my-run-tt", { step: "double", context: { add } });
    expect(unknown.response.status).toBe(404);
    await post("workflows-52-time-travel-stream", "/addWorkflow/time-travel-stream?runId=str-1", { step: "double", inputData: { sum: 9 } });
    await post("workflows-53-time-travel", "/addWorkflow/time-travel?runId=str-1", { step: "double", inputData: { sum: 9 } });
    await pause(100);
    const nowhere = await post("workflows-54-time-travel-unknown-step", "/addWorkflow/time-travel-async?runId=str-1", { step: "nostep", inputData: {} });
    expect(nowhere.response.status).toBe(404);
    await post("workflows-55-restart-async", "/addWorkflow/restart-async?runId=str-1", {});
    await post("workflows-56-restart-unknown", "/addWorkflow/restart?runId=ghost", {});
    const all = { message: "All active workflow runs restarted" };
    expect(bodyOf(await post("workflows-57-restart-all", "/addWorkflow/restart-all-active-workflow-runs", {}))).toEqual(all);
    await post("workflows-58-restart-all-async", "/addWorkflow/restart-all-active-workflow-runs-async", {});
  });

  test("observed, deleted and left runs", async () => {
    await post("workflows-59-observe-finished", "/addWorkflow/observe?runId=str-1", undefined, 3000);
    const streamed = prepare("/slowWorkflow/stream?runId=slow-4", { inputData: { ms: 800 } });
    await pause(300);
    const seen = await post("workflows-60-observe-running", "/slowWorkflow/observe?runId=slow-4", undefined, 5000);
    expect(framesOf(seen.response)).toEqual(framesOf((await streamed).response));
    await get("workflows-61-run-unknown", "/addWorkflow/runs/ghost");
    await replay("workflows-62-delete-run", { method: "DELETE", path: "/addWorkflow/runs/str-4" });
    expect((await replay("workflows-63-delete-run-unknown", { method: "DELETE", path: "/addWorkflow/runs/ghost" })).response.status).toBe(200);
    await post("workflows-64-stream-legacy", "/addWorkflow/stream-legacy?runId=leg-1", SUM);
    await post("workflows-65-close-on-suspend-false", "/approvalWorkflow/stream?runId=ap-9", { inputData: { text: "p" }, closeOnSuspend: false }, 700);
    const paused = await post("workflows-66-per-step", "/addWorkflow/start-async?runId=ps-1", { ...SUM, perStep: true });
    expect(bodyOf(paused)).toMatchObject({ status: "paused", steps: { add: { status: "success", output: { sum: 3 } } } });
    await post("workflows-67-start-async-initial-state", "/addWorkflow/start-async", { ...SUM, initialState: { x: 1 } });
    await post("workflows-68-start-async-no-input", "/addWorkflow/start-async", {});
    const left = await post("workflows-69-stream-client-abort", "/slowWorkflow/stream?runId=slow-5", { inputData: { ms: 1500 } }, 400);
    expect(typesOf(left)).toEqual(["workflow-start", "workflow-step-start"]);
    await pause(1600);
    await get("workflows-70-run-after-client-abort", "/slowWorkflow/runs/slow-5");
  });
});
