/** What belongs to others cannot be told from what is not there (I-2). */
import { expect, test } from "vitest";
import type { ScopedStore, Store } from "../../../src/storage/store.ts";
import { newTenant } from "../principals.ts";

export function isolationCases(store: () => Store): void {
  const both = (): { anna: ScopedStore; bert: ScopedStore; everybody: ScopedStore } => {
    const tenant = newTenant();
    return { anna: store().for(tenant.anna), bert: store().for(tenant.bert), everybody: store().for(tenant.everybody) };
  };
  const strangers = {
    "another resource": (): [ScopedStore, ScopedStore] => {
      const { anna, bert } = both();
      return [anna, bert];
    },
    "another tenant": (): [ScopedStore, ScopedStore] => [both().anna, both().everybody],
    "the same subject of another tenant": (): [ScopedStore, ScopedStore] => [both().anna, both().anna],
  };

  for (const [who, make] of Object.entries(strangers)) {
    test(`${who} does not see, change or delete a thread and its messages`, async () => {
      const [owner, stranger] = make();
      await owner.threads.create({ id: "t", title: "mine", metadata: { k: 1 } });
      await owner.messages.save("t", [{ id: "m", role: "user", content: "secret" }]);
      const before = await owner.threads.get("t");
      expect(await stranger.threads.get("t")).toBeUndefined();
      expect(await stranger.threads.update("t", { title: "taken" })).toBeUndefined();
      expect(await stranger.threads.transfer("t", "bert")).toBeUndefined();
      expect(await stranger.threads.delete("t")).toBe(false);
      expect((await stranger.threads.list({ metadata: { k: 1 } })).total).toBe(0);
      expect((await stranger.threads.list({ resourceId: "anna" })).total).toBe(0);
      expect(await stranger.messages.get(["m"])).toEqual([]);
      expect(await stranger.messages.recent("t", 10)).toEqual([]);
      expect(await stranger.messages.around([{ id: "m" }, { id: "m", threadId: "t" }])).toEqual([]);
      for (const query of [{}, { threadId: "t" }, { threadId: ["t"] }, { resourceId: "anna" }])
        expect((await stranger.messages.list(query)).total).toBe(0);
      expect(await stranger.messages.delete(["m"])).toBe(0);
      expect(await stranger.messages.delete(["m"], "t")).toBe(0);
      await expect(stranger.messages.save("t", [{ id: "m", role: "user", content: "x" }])).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(await owner.threads.get("t")).toEqual(before);
      expect((await owner.messages.list({ threadId: "t" })).items).toMatchObject([{ content: "secret" }]);
    });
    test(`${who} that creates a thread with the same id gets one of its own`, async () => {
      const [owner, stranger] = make();
      await owner.threads.create({ id: "t", title: "mine" });
      await owner.messages.save("t", [{ id: "m", role: "user", content: "secret" }]);
      const { thread, created } = await stranger.threads.create({ id: "t", title: "theirs" });
      expect({ created, title: thread.title }).toEqual({ created: true, title: "theirs" });
      await stranger.messages.save("t", [{ id: "m", role: "user", content: "other" }]);
      expect((await stranger.messages.list({ threadId: "t" })).items).toMatchObject([{ id: "m", content: "other" }]);
      expect((await owner.messages.list({ threadId: "t" })).items).toMatchObject([{ id: "m", content: "secret" }]);
      expect(await owner.threads.get("t")).toMatchObject({ title: "mine", resourceId: "anna" });
      await stranger.threads.delete("t");
      expect((await owner.messages.list({ threadId: "t" })).total).toBe(1);
    });
    test(`${who} does not see, answer, cancel, take back or remove a run`, async () => {
      const [owner, stranger] = make();
      await owner.runs.create({ id: "r", kind: "agent", name: "a" });
      expect(await stranger.runs.get("r")).toBeUndefined();
      expect((await stranger.runs.list()).total).toBe(0);
      expect(await stranger.runs.events("r")).toEqual([]);
      expect(await stranger.runs.signal("r", "go", 1)).toBe("gone");
      expect(await stranger.runs.cancel("r")).toBe(false);
      expect(await stranger.runs.reopen("r", (journal) => journal)).toBe("gone");
      expect(await stranger.runs.remove("r")).toBe(false);
      expect((await stranger.runs.create({ id: "r", kind: "agent", name: "b" })).created).toBe(true);
      expect(await owner.runs.get("r")).toMatchObject({ name: "a", status: "ready" });
    });
    test(`${who} does not see or claim a suspended run`, async () => {
      const [owner, stranger] = make();
      await owner.suspensions.put({ runId: "r", agentId: "a", suspendedAt: 1, calls: [], state: "{}" });
      expect(await stranger.suspensions.claim("a", "r")).toBeUndefined();
      expect(await stranger.suspensions.list({ agentId: "a" }, 0, 10)).toEqual({ runs: [], total: 0 });
      expect(await owner.suspensions.claim("a", "r")).toMatchObject({ runId: "r" });
    });
    test(`${who} does not see or change working memory`, async () => {
      const [owner, stranger] = make();
      await owner.resources.put("anna", { workingMemory: "secret" });
      expect((await stranger.resources.get("anna"))?.workingMemory).toBeUndefined();
      await stranger.resources.put("anna", { workingMemory: "x" }).catch(() => {});
      await stranger.resources.delete("anna");
      expect(await owner.resources.get("anna")).toMatchObject({ workingMemory: "secret" });
    });
  }

  test("an idempotency key belongs to its subject", async () => {
    const { anna, bert } = both();
    expect(await anna.idempotency.begin("k", "f", 60_000, "r")).toMatchObject({ state: "started", isAgain: false });
    await anna.idempotency.finish("k", "f", "Anna's", 60_000);
    expect(await bert.idempotency.begin("k", "f", 60_000, "r")).toMatchObject({ state: "started", isAgain: false });
  });
  test("a subject creates nothing for another resource", async () => {
    const { anna } = both();
    const denied = { code: "FORBIDDEN" };
    await expect(anna.threads.create({ id: "t", resourceId: "bert" })).rejects.toMatchObject(denied);
    await expect(anna.runs.create({ id: "r", kind: "agent", name: "a", resourceId: "bert" })).rejects.toMatchObject(denied);
    await expect(anna.resources.put("bert", { workingMemory: "x" })).rejects.toMatchObject(denied);
    const suspension = { runId: "r", agentId: "a", resourceId: "bert", suspendedAt: 1, calls: [], state: "{}" };
    await expect(anna.suspensions.put(suspension)).rejects.toMatchObject(denied);
    expect(() => anna.within("bert")).toThrow(expect.objectContaining(denied));
  });
  test("who reaches the whole tenant sees all of its resources, and takes no thread over", async () => {
    const { anna, everybody } = both();
    await anna.threads.create({ id: "t", title: "Anna's" });
    expect(await everybody.threads.get("t")).toMatchObject({ resourceId: "anna" });
    await expect(everybody.threads.create({ id: "t", resourceId: "bert" })).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await everybody.threads.create({ id: "t", resourceId: "anna" })).created).toBe(false);
    expect(await anna.threads.get("t")).toMatchObject({ title: "Anna's" });
  });
  test("a narrowed handle reaches its resource alone", async () => {
    const { anna, bert, everybody } = both();
    await anna.threads.create({ id: "t" });
    await bert.threads.create({ id: "u" });
    const narrow = everybody.within("anna");
    expect((await narrow.threads.list()).items).toMatchObject([{ id: "t" }]);
    expect(await narrow.threads.get("u")).toBeUndefined();
    expect((await anna.within("anna").threads.list()).total).toBe(1);
  });
  test("only whether an id is taken can be asked, and only within the tenant", async () => {
    const { anna, bert, everybody } = both();
    await anna.threads.create({ id: "t" });
    expect(await bert.threads.belongsToOther("t")).toBe(true);
    expect(await bert.threads.belongsToOther("nowhere")).toBe(false);
    expect(await anna.threads.belongsToOther("t")).toBe(false);
    expect(await everybody.threads.belongsToOther("t")).toBe(false);
    expect(await both().bert.threads.belongsToOther("t")).toBe(false);
  });
}
