import { expect, test } from "vitest";
import type { ScopedStore, Store } from "../../../src/storage/store.ts";
import { newTenant } from "../principals.ts";

export function leaseCases(store: () => Store): void {
  const open = (): ScopedStore => store().for(newTenant().anna);

  test("a lease is had by one at a time, and the other learns who has it", async () => {
    const { leases } = open();
    expect(await leases.acquire("t", "run-1", 60_000)).toEqual({ acquired: true, holder: "run-1" });
    expect(await leases.acquire("t", "run-2", 60_000)).toEqual({ acquired: false, holder: "run-1" });
    await leases.release("t", "run-1");
    expect(await leases.acquire("t", "run-2", 60_000)).toEqual({ acquired: true, holder: "run-2" });
  });
  test("of twenty that ask at once one gets the lease, and all learn the same name", async () => {
    const { leases } = open();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => leases.acquire("t", `run-${i}`, 60_000)));
    expect(answers.filter(({ acquired }) => acquired)).toHaveLength(1);
    expect(new Set(answers.map(({ holder }) => holder)).size).toBe(1);
  });
  test("who has a lease gets it again and renews it", async () => {
    const { leases } = open();
    await leases.acquire("t", "run-1", 60_000);
    expect(await leases.acquire("t", "run-1", -1)).toEqual({ acquired: true, holder: "run-1" });
    expect(await leases.renew("t", "run-1", 60_000)).toBe(true);
    expect((await leases.acquire("t", "run-2", 60_000)).acquired).toBe(false);
  });
  test("an expired lease is free, and who had it cannot renew or release it", async () => {
    const { leases } = open();
    await leases.acquire("t", "run-1", -1);
    expect(await leases.acquire("t", "run-2", 60_000)).toEqual({ acquired: true, holder: "run-2" });
    expect(await leases.renew("t", "run-1", 60_000)).toBe(false);
    await leases.release("t", "run-1");
    expect(await leases.acquire("t", "run-3", 60_000)).toEqual({ acquired: false, holder: "run-2" });
  });
  test("a released lease cannot be renewed", async () => {
    const { leases } = open();
    await leases.acquire("t", "run-1", 60_000);
    await leases.release("t", "run-1");
    expect(await leases.renew("t", "run-1", 60_000)).toBe(false);
  });
  test("another resource and another tenant have leases of their own", async () => {
    const tenant = newTenant();
    const handles = [store().for(tenant.anna), store().for(tenant.bert), store().for(newTenant().anna)];
    for (const [i, { leases }] of handles.entries())
      expect(await leases.acquire("t", `run-${i}`, 60_000)).toMatchObject({ acquired: true });
  });
  test("a handle narrowed to a resource shares that resource's leases", async () => {
    const tenant = newTenant();
    await store().for(tenant.anna).leases.acquire("t", "run-1", 60_000);
    const narrow = store().for(tenant.everybody).within("anna");
    expect(await narrow.leases.acquire("t", "run-2", 60_000)).toEqual({ acquired: false, holder: "run-1" });
  });
}
