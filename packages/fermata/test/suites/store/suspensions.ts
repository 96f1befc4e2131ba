import { expect, test } from "vitest";
import type { ScopedStore, Store } from "../../../src/storage/store.ts";
import type { Suspension } from "../../../src/storage/suspension-store.ts";
import { newTenant } from "../principals.ts";

export function suspensionCases(store: () => Store): void {
  const open = (): ScopedStore => store().for(newTenant().everybody);
  const suspension = (runId: string, more: Partial<Suspension> = {}): Suspension => ({
    runId,
    agentId: "agent",
    suspendedAt: 10,
    calls: [{ toolCallId: "c", toolName: "t", args: { a: [1] }, requiresApproval: true }],
    state: '{"version":1}',
    ...more,
  });

  test("a suspended run comes back as it was put, and once", async () => {
    const { suspensions } = open();
    const put = suspension("r", { threadId: "t", resourceId: "anna" });
    await suspensions.put(put);
    expect(await suspensions.claim("agent", "r")).toEqual(put);
    expect(await suspensions.claim("agent", "r")).toBeUndefined();
  });
  test("a run without a resource has none when it comes back", async () => {
    const { suspensions } = open();
    await suspensions.put(suspension("r"));
    expect(await suspensions.claim("agent", "r")).toEqual(suspension("r"));
  });
  test("of twenty claims exactly one gets the run", async () => {
    const { suspensions } = open();
    await suspensions.put(suspension("r"));
    const claims = await Promise.all(Array.from({ length: 20 }, () => suspensions.claim("agent", "r")));
    expect(claims.filter(Boolean)).toHaveLength(1);
  });
  test("another agent's claim leaves the run", async () => {
    const { suspensions } = open();
    await suspensions.put(suspension("r"));
    expect(await suspensions.claim("other", "r")).toBeUndefined();
    expect(await suspensions.claim("agent", "r")).toBeDefined();
  });
  test("a run put again is replaced", async () => {
    const { suspensions } = open();
    await suspensions.put(suspension("r"));
    await suspensions.put(suspension("r", { state: "2" }));
    expect((await suspensions.list({ agentId: "agent" }, 0, 10)).total).toBe(1);
    expect(await suspensions.claim("agent", "r")).toMatchObject({ state: "2" });
  });
  test("the list is filtered, newest first, in pages", async () => {
    const { suspensions } = open();
    for (const i of [1, 3, 2])
      await suspensions.put(suspension(`r${i}`, { suspendedAt: i, threadId: `t${i}`, resourceId: i === 3 ? "bert" : "anna" }));
    await suspensions.put(suspension("other", { agentId: "other" }));
    const found = async (filter: object, page = 0, perPage = 10): Promise<[string[], number]> => {
      const { runs, total } = await suspensions.list({ agentId: "agent", ...filter }, page, perPage);
      return [runs.map(({ runId }) => runId), total];
    };
    expect(await found({})).toEqual([["r3", "r2", "r1"], 3]);
    expect(await found({}, 1, 2)).toEqual([["r1"], 3]);
    expect(await found({ threadId: "t2" })).toEqual([["r2"], 1]);
    expect(await found({ resourceId: "anna" })).toEqual([["r2", "r1"], 2]);
    expect(await found({ from: 2 })).toEqual([["r3", "r2"], 2]);
    expect(await found({ from: 1, to: 2 })).toEqual([["r2", "r1"], 2]);
    expect(await found({ runId: "r2" })).toEqual([["r2"], 1]);
    expect(await found({ agentId: undefined, runId: "other" })).toEqual([["other"], 1]);
  });
  test("the store answers", async () => {
    await expect(open().suspensions.ping()).resolves.toBeUndefined();
    await expect(store().ping()).resolves.toBeUndefined();
  });
}
