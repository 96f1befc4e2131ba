/** Workflows over HTTP: statuses, frames, readers that leave, and what may not be seen. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { LOCAL_PRINCIPAL, type Principal } from "../../src/context/principal.ts";
import { Mastra } from "../../src/mastra.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { createRoutes } from "../../src/server/server.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import { startHono, type TestServer } from "../support/test-server.ts";

const CANARY: string = "canary-in-the-coal-mine";
const ask = createStep({
  id: "ask",
  inputSchema: z.object({ text: z.string() }),
  outputSchema: z.object({ ok: z.boolean() }),
  resumeSchema: z.object({ ok: z.boolean() }),
  execute: async ({ resumeData, suspend }) => resumeData ?? suspend({ why: "asks" }),
});
const asks = createWorkflow({ id: "asks", inputSchema: z.object({ text: z.string() }), outputSchema: z.object({ ok: z.boolean() }) })
  .then(ask)
  .commit();

const wait = createStep({
  id: "wait",
  inputSchema: z.object({ ms: z.number() }),
  outputSchema: z.string(),
  execute: async ({ inputData, abortSignal }) =>
    new Promise<string>((resolve, reject) => {
      const timer = setTimeout(resolve, inputData.ms, "waited");
      abortSignal.addEventListener("abort", () => (clearTimeout(timer), reject(abortSignal.reason as Error)));
    }),
});
const waits = createWorkflow({ id: "waits", inputSchema: z.object({ ms: z.number() }), outputSchema: z.string() })
  .then(wait)
  .commit();

const fails = createWorkflow({ id: "fails" })
  .branch([[async () => CANARY !== "", createStep({ id: "throws", execute: async () => Promise.reject(new Error(CANARY)) })]])
  .map(async () => CANARY)
  .commit();

let server: TestServer;
beforeAll(async () => void (server = await startHono(new Mastra({ logger: false, workflows: { asks, waits, fails } }))));
afterAll(() => server?.[Symbol.asyncDispose]());

async function post(path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${server.api}/workflows${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
}
const get = (path: string): Promise<Response> => fetch(`${server.api}/workflows${path}`);
const start = (runId: string, text = "x"): Promise<Response> => post(`/asks/start-async?runId=${runId}`, { inputData: { text } });
const typesOf = (text: string): string[] =>
  text
    .split("\u001e")
    .filter(Boolean)
    .map((record) => (JSON.parse(record) as { type: string }).type);

describe("faults of the caller", () => {
  test.each([
    ["an unknown workflow", "/nobody/start-async", {}, 404],
    ["a start without a run", "/asks/start?runId=ghost", { inputData: { text: "x" } }, 404],
    ["a resume of an unknown run", "/asks/resume-async?runId=ghost", { resumeData: { ok: true } }, 404],
    ["to observe an unknown run", "/asks/observe?runId=ghost", undefined, 404],
    ["to cancel an unknown run", "/asks/runs/ghost/cancel", undefined, 404],
    ["to restart an unknown run", "/asks/restart?runId=ghost", {}, 404],
    ["time travel of an unknown run", "/asks/time-travel-async?runId=ghost", { step: "ask" }, 404],
    ["a run without an id", "/asks/stream", { inputData: { text: "x" } }, 400],
    ["input that does not fit", "/asks/start-async", { inputData: {} }, 400],
  ])("%s is %s", async (_what, path, body, status) => {
    expect((await post(path, body)).status).toBe(status);
  });

  test("a run cannot be begun twice, whatever has become of it", async () => {
    await start("twice");
    expect((await start("twice")).status).toBe(409);
    await post("/asks/resume-async?runId=twice", { resumeData: { ok: true } });
    expect((await start("twice")).status).toBe(409);
    expect((await post("/asks/stream?runId=twice", { inputData: { text: "x" } })).status).toBe(409);
  });

  test("an answer to a run that does not wait is a 409, one that does not fit a 400, one for another step a 404", async () => {
    await start("answers");
    expect((await post("/asks/resume-async?runId=answers", { resumeData: { ok: "no" } })).status).toBe(400);
    expect((await post("/asks/resume-async?runId=answers", { step: "other", resumeData: { ok: true } })).status).toBe(404);
    expect((await post("/asks/resume-async?runId=answers", { resumeData: { ok: true } })).status).toBe(200);
    expect((await post("/asks/resume-async?runId=answers", { resumeData: { ok: true } })).status).toBe(409);
  });

  test("a streamed run whose input does not fit is there afterwards, as failed", async () => {
    const reply = await post("/asks/stream?runId=bad", { inputData: { text: 1 } });
    expect(typesOf(await reply.text())).toEqual(["workflow-start", "workflow-finish"]);
    expect(await (await get("/asks/runs/bad")).json()).toMatchObject({ status: "failed", error: { code: "VALIDATION_FAILED" } });
  });

  test.each(["page=abc", "page=-1", "perPage=0", "fromDate=never", "status=odd"])("a list with %s is a 400", async (query) => {
    expect((await get(`/asks/runs?${query}`)).status).toBe(400);
  });

  test("a run of one workflow is not found under another", async () => {
    await start("mine");
    expect((await get("/waits/runs/mine")).status).toBe(404);
    expect((await post("/waits/runs/mine/cancel")).status).toBe(404);
  });
});

describe("streams", () => {
  test("every chunk is followed by U+001E, and the media type is that of text", async () => {
    const reply = await post("/waits/stream?runId=framed", { inputData: { ms: 1 } });
    const text = await reply.text();
    expect(reply.headers.get("content-type")).toBe("text/plain");
    expect(text.endsWith("\u001e")).toBe(true);
    expect(text).not.toContain("\n");
    expect(typesOf(text)).toEqual(["workflow-start", "workflow-step-start", "workflow-step-result", "workflow-finish"]);
  });

  test("a reader that leaves does not stop the run, and another one sees all of it", async () => {
    const leaving = new AbortController();
    const reply = await post("/waits/stream?runId=left", { inputData: { ms: 100 } }, leaving.signal);
    await reply.body?.getReader().read();
    leaving.abort();
    const seen = await (await post("/waits/observe?runId=left")).text();
    expect(typesOf(seen)).toEqual(["workflow-start", "workflow-step-start", "workflow-step-result", "workflow-finish"]);
  });

  test("observe leaves out as many chunks as it is told", async () => {
    await (await post("/waits/stream?runId=offset", { inputData: { ms: 1 } })).text();
    expect(typesOf(await (await post("/waits/observe?runId=offset&offset=2")).text())).toEqual(["workflow-step-result", "workflow-finish"]);
  });

  test("with closeOnSuspend false a stream goes on with the answer that somebody else gives", async () => {
    const reply = await post("/asks/stream?runId=open", { inputData: { text: "x" }, closeOnSuspend: false });
    await expect.poll(async () => ((await (await get("/asks/runs/open")).json()) as { status: string }).status).toBe("suspended");
    await post("/asks/resume-async?runId=open", { resumeData: { ok: true } });
    const types = typesOf(await reply.text());
    expect(types).toContain("workflow-step-suspended");
    expect(types.filter((type) => type === "workflow-finish")).toHaveLength(1);
  });

  test("cancelling from another connection ends the stream with its reason", async () => {
    const reply = await post("/waits/stream?runId=cancelled", { inputData: { ms: 60_000 } });
    expect((await post("/waits/runs/cancelled/cancel")).status).toBe(200);
    expect(typesOf(await reply.text()).slice(-2)).toEqual(["workflow-canceled", "workflow-finish"]);
  });
});

describe("runs", () => {
  test("are counted, listed by status, described by the members that are asked for, and deleted", async () => {
    await start("listed");
    expect(await (await get("/run-counts")).json()).toMatchObject({ asks: { suspended: expect.any(Number) as number } });
    const listed = (await (await get("/asks/runs?status=suspended&perPage=1")).json()) as { runs: { runId: string }[]; total: number };
    expect(listed.runs.map(({ runId }) => runId)).toEqual(["listed"]);
    const described = (await (await get("/asks/runs/listed?fields=payload")).json()) as object;
    expect(Object.keys(described).sort()).toEqual(["createdAt", "payload", "resourceId", "runId", "status", "updatedAt", "workflowName"]);
    expect((await fetch(`${server.api}/workflows/asks/runs/listed`, { method: "DELETE" })).status).toBe(200);
    expect((await get("/asks/runs/listed")).status).toBe(404);
  });

  test("show neither sources of functions nor messages that are not meant for callers", async () => {
    const seen: string[] = [];
    for (const path of ["", "/fails", "/fails?partial=true"]) seen.push(await (await get(path)).text());
    seen.push(await (await post("/fails/start-async?runId=f1", {})).text());
    seen.push(await (await post("/fails/stream?runId=f2", {})).text());
    for (const path of ["/fails/runs", "/fails/runs/f1"]) seen.push(await (await get(path)).text());
    seen.push(await (await post("/fails/observe?runId=f1")).text());
    expect(seen.filter((text) => text.includes(CANARY) || text.includes("=>"))).toEqual([]);
  });
});

test.each([
  ["in the process", undefined],
  ["in a store", new MemoryStore()],
])("a run kept %s belongs to whoever started it: others do not find it", async (_where, storage) => {
  const mastra = new Mastra({ logger: false, workflows: { asks }, ...(storage && { storage }) });
  const principalOf = (request: Request): Principal => ({ ...LOCAL_PRINCIPAL, subject: request.headers.get("x-user") ?? "", scopes: [] });
  const routes = new Map(createRoutes({ mastra, principalOf }).map((route) => [route.id, route]));
  const as = async (user: string, id: string, query: Record<string, string> = {}, body?: unknown): Promise<Response> => {
    const headers = { "content-type": "application/json", "x-user": user };
    const request = new Request("http://localhost/", {
      method: routes.get(id)?.spec.method ?? "GET",
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const values = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]]));
    const reply = await routes.get(id)?.handle({ request, params: { workflowId: "asks", runId: "hers" }, query: values });
    return reply ?? Response.error();
  };
  const run = { runId: "hers" };
  expect((await as("alice", "workflows.startAsync", run, { inputData: { text: "x" } })).status).toBe(200);
  expect((await as("bob", "workflows.getRun")).status).toBe(404);
  expect((await as("bob", "workflows.resumeAsync", run, { resumeData: { ok: true } })).status).toBe(404);
  expect((await as("bob", "workflows.cancel")).status).toBe(404);
  expect((await as("bob", "workflows.observe", run)).status).toBe(404);
  expect(await (await as("bob", "workflows.listRuns")).json()).toMatchObject({ runs: [], total: 0 });
  expect((await as("alice", "workflows.startAsync", run, { inputData: { text: "x" } })).status).toBe(409);
  // Ids are unique per owner: what bob makes and deletes under this id is his own.
  expect((await as("bob", "workflows.startAsync", run, { inputData: { text: "y" } })).status).toBe(200);
  expect((await as("bob", "workflows.deleteRun")).status).toBe(200);
  expect(await (await as("alice", "workflows.getRun")).json()).toMatchObject({ status: "suspended", payload: { text: "x" } });
  expect((await as("alice", "workflows.resumeAsync", run, { resumeData: { ok: true } })).status).toBe(200);
  await mastra.shutdown();
});
