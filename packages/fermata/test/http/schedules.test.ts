/** Schedules over HTTP: made, paused, resumed, run by hand, changed, deleted; and whose they are. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { createClient } from "../../src/client/index.ts";
import { Mastra } from "../../src/mastra.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import { askingAt } from "../support/asking.ts";
import { guardedApp } from "../support/guarded-app.ts";
import { startHono, type TestServer } from "../support/test-server.ts";

const sum = createStep({
  id: "sum",
  inputSchema: z.object({ a: z.number() }),
  outputSchema: z.number(),
  execute: async ({ inputData }) => inputData.a + 1,
});
const add = createWorkflow({ id: "add", inputSchema: z.object({ a: z.number() }), outputSchema: z.number() })
  .then(sum)
  .commit();

let server: TestServer;
const mastra = new Mastra({ logger: false, workflows: { addWorkflow: add } });
beforeAll(async () => void (server = await startHono(mastra)));
afterAll(async () => {
  await mastra.shutdown();
  await server?.[Symbol.asyncDispose]();
});

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown> & { readonly id: string; readonly claimId: string; readonly triggers: readonly object[] };
}

async function ask(method: string, path: string, body?: object): Promise<Reply> {
  const response = await fetch(`${server.api}/schedules${path}`, {
    method,
    ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Reply["body"] };
}

const YEARLY = { workflowId: "addWorkflow", cron: "0 0 1 1 *", inputData: { a: 1 } };

test("a schedule is made as the reference makes it", async () => {
  const { status, body } = await ask("POST", "", { workflowId: "addWorkflow", cron: "0 0 * * *", inputData: { a: 1, b: 2 } });
  const midnight = new Date().setUTCHours(24, 0, 0, 0);
  expect(status).toBe(200);
  expect(body).toEqual({
    id: expect.stringMatching(/^schedule_[0-9a-f-]{36}$/),
    workflowId: "addWorkflow",
    cron: "0 0 * * *",
    status: "active",
    nextFireAt: midnight,
    inputData: { a: 1, b: 2 },
    requestContext: {},
    createdAt: expect.any(Number),
    updatedAt: expect.any(Number),
  });
  expect((await ask("GET", `/${body.id}`)).body).toEqual(body);
});

test("a schedule fires by itself, and its history tells the run", async () => {
  const { body } = await ask("POST", "", { ...YEARLY, cron: "* * * * * *" });
  await vi.waitFor(
    async () => {
      const { triggers } = (await ask("GET", `/${body.id}/triggers?limit=1`)).body;
      expect(triggers).toMatchObject([
        { scheduleId: body.id, outcome: "published", triggerKind: "schedule-fire", run: { status: "success" } },
      ]);
    },
    { timeout: 15_000, interval: 100 },
  );
  expect((await ask("DELETE", `/${body.id}`)).body).toEqual({ message: "Schedule deleted" });
  expect((await ask("GET", `/${body.id}`)).status).toBe(404);
}, 20_000);

test("a paused schedule can be run by hand, and goes on when it is resumed", async () => {
  const { body: made } = await ask("POST", "", YEARLY);
  expect((await ask("POST", `/${made.id}/pause`)).body).toMatchObject({ status: "paused" });
  const { body: run } = await ask("POST", `/${made.id}/run`);
  expect(run).toEqual({ scheduleId: made.id, claimId: expect.any(String), scheduledFireAt: expect.any(Number) });
  await vi.waitFor(async () =>
    expect((await ask("GET", `/${made.id}/triggers`)).body.triggers).toMatchObject([
      { runId: run.claimId, triggerKind: "manual", outcome: "published", run: { status: "success" } },
    ]),
  );
  expect((await ask("GET", `/${made.id}`)).body).toMatchObject({
    status: "paused",
    lastRunId: run.claimId,
    lastRun: { status: "success" },
  });
  expect((await ask("POST", `/${made.id}/resume`)).body).toMatchObject({ status: "active", nextFireAt: made["nextFireAt"] });
});

test("input that does not fit makes a run that has failed", async () => {
  const { body: made } = await ask("POST", "", { ...YEARLY, inputData: { a: "x" } });
  const { body: run } = await ask("POST", `/${made.id}/run`);
  await vi.waitFor(async () =>
    expect((await ask("GET", `/${made.id}/triggers`)).body.triggers).toMatchObject([{ runId: run.claimId, run: { status: "failed" } }]),
  );
});

test("a change moves the next time and leaves what it does not name", async () => {
  const { body: made } = await ask("POST", "", YEARLY);
  const { body: changed } = await ask("PATCH", `/${made.id}`, { cron: "0 0 1 2 *", metadata: { team: "a" } });
  expect(changed).toMatchObject({ id: made.id, cron: "0 0 1 2 *", inputData: { a: 1 }, metadata: { team: "a" } });
  expect(changed["nextFireAt"]).not.toBe(made["nextFireAt"]);
});

test.each([
  ["a cron that cannot be read", { ...YEARLY, cron: "every monday" }, 400],
  ["a time zone that nobody knows", { ...YEARLY, timezone: "Mars/Olympus" }, 400],
  ["an id of a workflow's own", { ...YEARLY, id: "wf_add" }, 400],
  ["neither a workflow nor an agent", { cron: "0 0 * * *" }, 400],
  ["both", { ...YEARLY, agentId: "a", prompt: "hello" }, 400],
  ["an agent that is told nothing", { agentId: "a", cron: "0 0 * * *" }, 400],
  ["a thread that belongs to nobody", { agentId: "a", cron: "0 0 * * *", prompt: "hello", threadId: "t" }, 400],
  ["a workflow with a prompt", { ...YEARLY, prompt: "hello" }, 400],
  ["an unknown agent", { agentId: "ghost", cron: "0 0 * * *", prompt: "hello" }, 404],
  ["an unknown workflow", { ...YEARLY, workflowId: "ghost" }, 404],
])("%s is the caller's fault", async (_what, body, status) => {
  expect((await ask("POST", "", body)).status).toBe(status);
});

test("the client has the routes", async () => {
  const client = createClient({ baseUrl: server.origin });
  const { id } = await client.schedules.create({ body: YEARLY });
  expect(await client.schedules.pause({ params: { scheduleId: id } })).toMatchObject({ id, status: "paused" });
});

test("a foreign schedule looks like an unknown one, and whoever may not run the workflow may not schedule it", async () => {
  const guarded = guardedApp();
  await using other = await startHono(guarded);
  const api = askingAt(other.api);
  const body = { id: "s", workflowId: "w", cron: "0 0 1 1 *" };
  expect((await api("POST", "/schedules", "owner", body)).status).toBe(200);
  for (const [method, path] of [
    ["GET", ""],
    ["PATCH", ""],
    ["DELETE", ""],
    ["GET", "/triggers"],
    ["POST", "/pause"],
    ["POST", "/resume"],
    ["POST", "/run"],
  ] as const) {
    const [foreign, unknown] = await Promise.all(
      ["s", "ghost"].map((id) => api(method, `/schedules/${id}${path}`, "stranger", method === "PATCH" ? {} : undefined)),
    );
    expect([foreign?.status, unknown?.status]).toEqual([404, 404]);
  }
  expect((await api("GET", "/schedules/s", "owner")).status).toBe(200);
  expect((await api("POST", "/schedules", "only schedules:write", body)).status).toBe(403);
  await guarded.shutdown();
});
