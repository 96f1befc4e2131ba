/** What every store of suspended runs does. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Suspension, SuspensionStore } from "../../src/storage/suspension-store.ts";

export interface OpenedStore {
  readonly store: SuspensionStore;
  close?(): Promise<void>;
}

/** Runs the suite over the stores that `open` gives; each test gets an empty one. */
export function suspensionStoreSuite(name: string, open: () => OpenedStore | Promise<OpenedStore>): void {
  describe(`suspended runs in ${name}`, () => {
    let opened: OpenedStore;
    let store: SuspensionStore;
    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
    });
    afterEach(() => opened.close?.());

    test("a run comes back as it was put", async () => {
      const run = suspension("r", { threadId: "t", resourceId: "u", state: JSON.stringify({ text: '\u{1F600} "quoted" \\ \n' }) });
      await store.put(run);
      expect(await store.claim("a", "r")).toEqual(run);
    });

    test("what it was not given is not there", async () => {
      await store.put(suspension("r"));
      const claimed = await store.claim("a", "r");
      expect(claimed && ["threadId" in claimed, "resourceId" in claimed]).toEqual([false, false]);
    });

    test("a run that is not there is not claimed", async () => expect(await store.claim("a", "r")).toBeUndefined());

    test("a run is claimed once", async () => {
      await store.put(suspension("r"));
      await store.claim("a", "r");
      expect(await store.claim("a", "r")).toBeUndefined();
    });

    test("of many claims at the same time exactly one gets it", async () => {
      await store.put(suspension("r"));
      const claims = await Promise.all(Array.from({ length: 20 }, () => store.claim("a", "r")));
      expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    });

    test("another agent does not get it, and it stays", async () => {
      await store.put(suspension("r"));
      expect(await store.claim("b", "r")).toBeUndefined();
      expect(await store.claim("a", "r")).toBeDefined();
    });

    test("a run that is put again is replaced", async () => {
      await store.put(suspension("r", { state: "1" }));
      await store.put(suspension("r", { state: "2" }));
      expect((await store.list({ agentId: "a" }, 0, 10)).total).toBe(1);
      expect((await store.claim("a", "r"))?.state).toBe("2");
    });

    test("a run that is put back can be claimed again", async () => {
      await store.put(suspension("r"));
      const claimed = await store.claim("a", "r");
      if (claimed) await store.put(claimed);
      expect(await store.claim("a", "r")).toEqual(claimed);
    });

    test("the newest are listed first, whenever they were put", async () => {
      for (const [runId, suspendedAt] of [
        ["old", 1],
        ["new", 3],
        ["middle", 2],
      ] as const)
        await store.put(suspension(runId, { suspendedAt }));
      expect(ids(await store.list({ agentId: "a" }, 0, 10))).toEqual(["new", "middle", "old"]);
    });

    test("pages count from 0, and the total is of all", async () => {
      for (let at = 0; at < 5; at++) await store.put(suspension(`r${at}`, { suspendedAt: at }));
      const pages = [
        await store.list({ agentId: "a" }, 0, 2),
        await store.list({ agentId: "a" }, 1, 2),
        await store.list({ agentId: "a" }, 2, 2),
        await store.list({ agentId: "a" }, 3, 2),
      ];
      expect(pages.map(ids)).toEqual([["r4", "r3"], ["r2", "r1"], ["r0"], []]);
      expect(pages.map(({ total }) => total)).toEqual([5, 5, 5, 5]);
    });

    test.each<[string, object, string[]]>([
      ["agent", {}, ["r2", "r1", "r0"]],
      ["thread", { threadId: "t1" }, ["r1"]],
      ["resource", { resourceId: "u0" }, ["r0"]],
      ["thread and resource", { threadId: "t1", resourceId: "u0" }, []],
      ["beginning, which is included", { from: 1 }, ["r2", "r1"]],
      ["end, which is included", { to: 1 }, ["r1", "r0"]],
      ["nothing that is undefined", { threadId: undefined, from: undefined }, ["r2", "r1", "r0"]],
    ])("they are listed by %s", async (_what, filter, expected) => {
      for (let at = 0; at < 3; at++) await store.put(suspension(`r${at}`, { suspendedAt: at, threadId: `t${at}`, resourceId: `u${at}` }));
      await store.put(suspension("other", { agentId: "b" }));
      expect(ids(await store.list({ agentId: "a", ...filter }, 0, 10))).toEqual(expected);
    });

    test("the calls that wait are listed with their runs", async () => {
      const calls = [{ toolCallId: "c", toolName: "pay", args: { eur: 5 }, requiresApproval: true }];
      await store.put(suspension("r", { calls }));
      expect((await store.list({ agentId: "a" }, 0, 10)).runs[0]?.calls).toEqual(calls);
    });

    test("it answers", async () => expect(await store.ping()).toBeUndefined());
  });
}

/** A suspended run of agent `a`. */
export function suspension(runId: string, more: Partial<Suspension> = {}): Suspension {
  return { runId, agentId: "a", suspendedAt: 0, calls: [], state: "{}", ...more };
}

function ids({ runs }: { readonly runs: readonly Suspension[] }): string[] {
  return runs.map(({ runId }) => runId);
}
