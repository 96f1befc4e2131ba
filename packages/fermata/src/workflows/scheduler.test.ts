import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { LOCAL_PRINCIPAL } from "../context/principal.ts";
import { Mastra } from "../mastra.ts";
import { SqliteStore } from "../storage/sqlite/index.ts";
import { createStep } from "./create-step.ts";
import type { WorkflowOptions } from "./definition.ts";
import type { WorkflowSchedule } from "./schedule.ts";
import { createWorkflow } from "./workflow.ts";

const EVERY_SECOND = "* * * * * *";
let folder: string;
let apps: Mastra[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fermata-schedules-"));
  apps = [];
});
afterEach(async () => {
  for (const app of apps) {
    await app.shutdown();
    await app.storage?.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

/** An app that writes down the runs that its step worked for. */
function app(ran: string[], schedule?: WorkflowSchedule | WorkflowSchedule[], options: WorkflowOptions = {}, isStored = true): Mastra {
  const tick = createStep({ id: "tick", execute: async ({ runId }) => void ran.push(runId) });
  const w = createWorkflow({ id: "w", inputSchema: z.any(), options, ...(schedule && { schedule }) }).then(tick);
  const mastra = new Mastra({
    logger: false,
    workflows: { w: w.commit() },
    ...(isStored && { storage: new SqliteStore({ url: `file:${join(folder, "data.db")}` }) }),
  });
  apps.push(mastra);
  return mastra;
}

const wait = (condition: () => void | Promise<void>): Promise<void> => vi.waitFor(condition, { timeout: 15_000, interval: 50 });
const triggersOf = (mastra: Mastra, id: string) => mastra.schedulesFor(LOCAL_PRINCIPAL).triggers(id);

test.each(["batched", "memory"] as const)(
  "of two instances on one file each time fires once, with runs kept as %s",
  { timeout: 30_000 },
  async (durability) => {
    const ran: string[] = [];
    const both = [app(ran, { cron: EVERY_SECOND }, { durability }), app(ran, { cron: EVERY_SECOND }, { durability })] as const;
    for (const one of both) one.start();
    await wait(() => expect(ran.length).toBeGreaterThanOrEqual(3));
    for (const one of both) await one.shutdown({ graceMs: 1_000 });
    const triggers = await triggersOf(both[0], "wf_w");
    expect(ran.toSorted()).toEqual(triggers.map(({ runId }) => runId).toSorted());
    expect(new Set(triggers.map(({ scheduledFireAt }) => scheduledFireAt)).size).toBe(triggers.length);
  },
);

test("times that nobody was there for are made up for by one run", { timeout: 30_000 }, async () => {
  const ran: string[] = [];
  const mastra = app(ran);
  const long = Date.now() - 3_600_000;
  await mastra.schedulesFor(LOCAL_PRINCIPAL).create({ id: "s", workflowId: "w", cron: "0 0 1 1 *", nextFireAt: long, target: {} });
  mastra.start();
  await wait(() => expect(ran).toEqual([`sched_s_${long}`]));
  await mastra.shutdown({ graceMs: 1_000 });
  expect((await mastra.schedulesFor(LOCAL_PRINCIPAL).get("s"))?.nextFireAt).toBeGreaterThan(Date.now());
  expect(ran).toHaveLength(1);
});

test("a time whose run has begun, by a process that ended before it said so, begins no second run", { timeout: 30_000 }, async () => {
  const ran: string[] = [];
  const mastra = app(ran);
  const run = await mastra.getWorkflow("w").createRun({ runId: "sched_s_1000" });
  await (run as unknown as { start(options: object): Promise<unknown> }).start({});
  await mastra.schedulesFor(LOCAL_PRINCIPAL).create({ id: "s", workflowId: "w", cron: "0 0 1 1 *", nextFireAt: 1_000, target: {} });
  mastra.start();
  await wait(async () => expect(await triggersOf(mastra, "s")).toMatchObject([{ runId: "sched_s_1000", outcome: "published" }]));
  expect(ran).toEqual(["sched_s_1000"]);
});

test("a time whose run cannot be begun at all is given up, and the history says so", { timeout: 30_000 }, async () => {
  const inputSchema = z.any().refine((): boolean => {
    throw new Error("secret");
  });
  const w = createWorkflow({ id: "w", inputSchema }).then(createStep({ id: "s", execute: async () => undefined }));
  const mastra = new Mastra({ logger: false, workflows: { w: w.commit() } });
  apps.push(mastra);
  await mastra.schedulesFor(LOCAL_PRINCIPAL).create({ id: "s", workflowId: "w", cron: "0 0 1 1 *", nextFireAt: 1_000, target: {} });
  mastra.start();
  await wait(async () =>
    expect(await triggersOf(mastra, "s")).toMatchObject([{ outcome: "failed", error: "The run could not be begun." }]),
  );
});

test("without a storage schedules live in the process", { timeout: 30_000 }, async () => {
  const ran: string[] = [];
  const mastra = app(ran, { cron: EVERY_SECOND }, {}, false);
  mastra.start();
  await wait(() => expect(ran.length).toBeGreaterThan(0));
  expect(await mastra.schedulesFor(LOCAL_PRINCIPAL).list()).toMatchObject([{ id: "wf_w", workflowId: "w" }]);
});

test("several schedules need ids of their own", () => {
  const two = [{ cron: "0 1 * * *" }, { cron: "0 2 * * *" }];
  expect(() => app([], two)).toThrow(/id of its own/);
  expect(() => app([], { cron: "nonsense" })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
});
