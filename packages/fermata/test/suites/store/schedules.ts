import { expect, test } from "vitest";
import type { NewSchedule, OwnedSchedule, ScheduleTrigger } from "../../../src/storage/schedules.ts";
import { SYSTEM, type Store } from "../../../src/storage/store.ts";
import { newTenant } from "../principals.ts";

const DUE = 1_000;

function schedule(id: string, more: Partial<NewSchedule> = {}): NewSchedule {
  return { id, workflowId: "w", cron: "* * * * *", nextFireAt: DUE, target: { inputData: { n: 1 } }, ...more };
}

function trigger(runId: string, more: Partial<ScheduleTrigger> = {}): ScheduleTrigger {
  return { runId, scheduledFireAt: DUE, actualFireAt: 2_000, outcome: "published", kind: "schedule-fire", ...more };
}

export function scheduleCases(store: () => Store): void {
  /** A workflow of the test's own, so that tests on the same store do not see each other's work. */
  const open = () => {
    const who = newTenant();
    const workflowId = crypto.randomUUID();
    return {
      workflowId,
      who,
      work: store().for(SYSTEM).schedules,
      anna: store().for(who.anna).schedules,
      bert: store().for(who.bert).schedules,
    };
  };

  test("a schedule comes back as it was made, and its id is taken", async () => {
    const { anna } = open();
    const metadata = { team: "a" };
    const made = await anna.create(schedule("s", { timezone: "Europe/Berlin", metadata }));
    expect(made).toMatchObject({ ...schedule("s"), timezone: "Europe/Berlin", metadata, status: "active", resourceId: "anna" });
    expect(await anna.get("s")).toEqual(made);
    expect(await anna.list()).toEqual([made]);
    await expect(anna.create(schedule("s"))).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("what is foreign cannot be told from what is not there", async () => {
    const { anna, bert, who } = open();
    await anna.create(schedule("s"));
    expect(await bert.get("s")).toBeUndefined();
    expect(await bert.list()).toEqual([]);
    expect(await bert.update("s", { status: "paused" })).toBeUndefined();
    expect(await bert.remove("s")).toBe(false);
    expect(await bert.triggers("s")).toEqual([]);
    await expect(bert.create(schedule("t"), "anna")).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await store().for(newTenant().everybody).schedules.get("s")).toBeUndefined();
    expect(await store().for(who.everybody).schedules.get("s")).toMatchObject({ id: "s", status: "active" });
  });

  test("a change leaves what it does not name", async () => {
    const { anna } = open();
    const made = await anna.create(schedule("s"));
    const changed = await anna.update("s", { status: "paused", cron: undefined });
    expect(changed).toEqual({ ...made, status: "paused", updatedAt: changed?.updatedAt });
    expect(await anna.get("s")).toEqual(changed);
    expect(await anna.list({ status: "active" })).toEqual([]);
    expect(await anna.list({ status: "paused", workflowId: "w", resourceId: "anna" })).toHaveLength(1);
  });

  test("the active schedules of the named workflows are upcoming, the next one first", async () => {
    const { anna, bert, work, workflowId, who } = open();
    await anna.create(schedule("later", { workflowId, nextFireAt: 3_000 }));
    await bert.create(schedule("sooner", { workflowId, nextFireAt: 2_000 }));
    await bert.create(schedule("paused", { workflowId }));
    await bert.update("paused", { status: "paused" });
    const found = await work.upcoming({ workflowIds: [workflowId, "other"], agentIds: [] }, 10);
    expect(found.map(({ id }) => id)).toEqual(["sooner", "later"]);
    expect(found[0]).toMatchObject({ tenant: who.bert.tenant, resourceId: "bert" });
    expect(await work.upcoming({ workflowIds: [], agentIds: [] }, 10)).toEqual([]);
  });

  test("a schedule of an agent comes back as it was made, and is upcoming for those who know the agent", async () => {
    const { anna, work, workflowId: agentId } = open();
    const target = { prompt: "hi", name: "n", threadId: "t", attributes: { a: 1, b: null } };
    const made = await anna.create(schedule("s", { workflowId: "", agentId, target }));
    expect(made).toMatchObject({ agentId, target });
    expect(await anna.list({ agentId })).toEqual([made]);
    expect(await anna.list({ agentId: "other" })).toEqual([]);
    expect(await work.upcoming({ workflowIds: [""], agentIds: ["other"] }, 10)).toEqual([]);
    expect(await work.upcoming({ workflowIds: [], agentIds: [agentId] }, 10)).toMatchObject([{ id: "s", agentId }]);
  });

  test("of twenty that ask for the same time one gets it", async () => {
    const { anna, work, workflowId } = open();
    await anna.create(schedule("s", { workflowId }));
    const [due] = (await work.upcoming({ workflowIds: [workflowId], agentIds: [] }, 1)) as [OwnedSchedule];
    const answers = await Promise.all(Array.from({ length: 20 }, () => work.advance(due, DUE, 5_000, trigger("r"))));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await anna.get("s")).toMatchObject({ nextFireAt: 5_000, lastFireAt: 2_000, lastRunId: "r" });
    expect(await anna.triggers("s")).toEqual([trigger("r")]);
  });

  test("a schedule that rests does not move on", async () => {
    const { anna, work, workflowId } = open();
    await anna.create(schedule("s", { workflowId }));
    const [due] = (await work.upcoming({ workflowIds: [workflowId], agentIds: [] }, 1)) as [OwnedSchedule];
    await anna.update("s", { status: "paused" });
    expect(await work.advance(due, DUE, 5_000, trigger("r"))).toBe(false);
    expect(await anna.triggers("s")).toEqual([]);
  });

  test("the history is the newest first, within its bounds, and goes with the schedule", async () => {
    const { anna, work, who } = open();
    await anna.create(schedule("s"));
    const ref = { tenant: who.anna.tenant, resourceId: "anna", id: "s" };
    const all = [1, 2, 3].map((at) => trigger(`r${at}`, { actualFireAt: at, kind: "manual" }));
    for (const one of all) await work.note(ref, one);
    await work.note(ref, trigger("bad", { actualFireAt: 4, outcome: "failed", error: "why" }));
    expect((await anna.triggers("s")).map(({ runId }) => runId)).toEqual(["bad", "r3", "r2", "r1"]);
    expect(await anna.triggers("s", { from: 2, to: 4, limit: 1 })).toEqual([all[2]]);
    expect((await anna.get("s"))?.nextFireAt).toBe(DUE);
    expect(await anna.remove("s")).toBe(true);
    await anna.create(schedule("s"));
    expect(await anna.triggers("s")).toEqual([]);
  });

  test("what is declared is there once, keeps its next time until it changes, and goes when it is declared no more", async () => {
    const { work, workflowId, who } = open();
    const { tenant } = who.everybody;
    const own = store().for(who.everybody).schedules;
    const other = schedule("wf_b", { workflowId: "another-app" });
    await work.declare(tenant, ["another-app"], [other]);
    const declare = (cron: string, nextFireAt: number) =>
      work.declare(tenant, [workflowId], [schedule("wf_a", { workflowId, cron, nextFireAt })]);
    await Promise.all([declare("1 * * * *", 10), declare("1 * * * *", 10)]);
    await own.update("wf_a", { status: "paused" });
    await declare("1 * * * *", 20);
    expect(await own.get("wf_a")).toMatchObject({ nextFireAt: 10, status: "paused" });
    await declare("2 * * * *", 30);
    expect(await own.get("wf_a")).toMatchObject({ nextFireAt: 30, cron: "2 * * * *", status: "paused" });
    await work.declare(tenant, [workflowId], []);
    expect((await own.list()).map(({ id }) => id)).toEqual(["wf_b"]);
  });
}
