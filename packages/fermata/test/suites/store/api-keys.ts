import { expect, test } from "vitest";
import type { ApiKeyRecord, ApiKeyStore } from "../../../src/storage/api-keys.ts";
import { SYSTEM, type Store } from "../../../src/storage/store.ts";

export function apiKeyCases(store: () => Store): void {
  const open = (): ApiKeyStore => store().for(SYSTEM).apiKeys;
  const keyOf = (changes: Partial<ApiKeyRecord> = {}): ApiKeyRecord => ({
    id: crypto.randomUUID(),
    hash: "h",
    name: "nightly",
    tenant: "t",
    subject: "ada",
    createdAt: 1_000,
    ...changes,
  });

  test("a key comes back as it was added", async () => {
    const keys = open();
    const [bare, whole] = [keyOf(), keyOf({ roles: [], scopes: ["agents:*"], expiresAt: 5, revokedAt: 6, lastUsedAt: 7 })];
    await keys.add(bare);
    await keys.add(whole);
    expect([await keys.get(bare.id), await keys.get(whole.id)]).toEqual([bare, whole]);
  });

  test("there is none under an unknown id", async () => {
    expect(await open().get("nobody's")).toBeUndefined();
  });

  test("a second one with the same id is refused", async () => {
    const keys = open();
    const key = keyOf();
    await keys.add(key);
    await expect(keys.add({ ...key, subject: "eve" })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("revoking it a second time changes nothing", async () => {
    const keys = open();
    const key = keyOf();
    await keys.add(key);
    const answers = [await keys.revoke(key.id, 10), await keys.revoke(key.id, 20), await keys.revoke("nobody's", 10)];
    expect([answers, (await keys.get(key.id))?.revokedAt]).toEqual([[true, true, false], 10]);
  });

  test("the time of its last use only grows", async () => {
    const keys = open();
    const key = keyOf();
    await keys.add(key);
    await keys.touch(key.id, 20);
    await keys.touch(key.id, 10);
    await keys.touch("nobody's", 10);
    expect((await keys.get(key.id))?.lastUsedAt).toBe(20);
  });

  test("they are listed newest first, by tenant and subject, in pages", async () => {
    const keys = open();
    const tenant = crypto.randomUUID();
    const [old, young, others] = [keyOf({ tenant, createdAt: 1 }), keyOf({ tenant, createdAt: 2 }), keyOf({ tenant, subject: "eve" })];
    for (const key of [old, young, others]) await keys.add(key);
    const ids = async (filter: Parameters<ApiKeyStore["list"]>[0]): Promise<string[]> =>
      (await keys.list(filter)).items.map(({ id }) => id);
    expect([
      await ids({ tenant }),
      await ids({ tenant, subject: "ada" }),
      await ids({ tenant, page: 1, perPage: 1 }),
      (await keys.list({ tenant, perPage: 1 })).total,
      await ids({ tenant: "nobody's" }),
    ]).toEqual([[others.id, young.id, old.id], [young.id, old.id], [young.id], 3, []]);
  });

  test("a deleted one is gone", async () => {
    const keys = open();
    const key = keyOf();
    await keys.add(key);
    expect([await keys.delete(key.id), await keys.delete(key.id), await keys.get(key.id)]).toEqual([true, false, undefined]);
  });

  test("an owner that cannot be stored is refused", async () => {
    await expect(open().add(keyOf({ subject: "" }))).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
}
