import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiKeyAuth, type ApiKeyAuthOptions } from "../../src/auth/api-keys.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { SqliteStore } from "../../src/storage/sqlite/sqlite-store.ts";
import { SYSTEM } from "../../src/storage/store.ts";

const ADA = { name: "nightly", subject: "ada" } as const;

let store: MemoryStore;
let keys: ApiKeyAuth;
const open = (options: Partial<ApiKeyAuthOptions> = {}): ApiKeyAuth => new ApiKeyAuth({ store, ...options });
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  store = new MemoryStore();
  keys = open();
});
afterEach(() => void vi.useRealTimers());
const later = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1_000);

describe("a key", () => {
  test("acts for its user", async () => {
    const { key, info } = await keys.create({ ...ADA, tenant: "acme", roles: ["viewer"], scopes: ["agents:*"] });
    const user = await keys.authenticateToken(key);
    expect(user).toEqual({ id: "ada", keyId: info.id, name: "nightly", tenant: "acme", roles: ["viewer"], scopes: ["agents:*"] });
  });

  test("says what it may do", async () => {
    const user = await keys.authenticateToken((await keys.create({ ...ADA, scopes: [] })).key);
    expect(user && keys.mapUserToClaims(user)).toEqual({ tenant: "local", scopes: [] });
  });

  test("may come in a header of its own", async () => {
    const { key } = await keys.create(ADA);
    const request = new Request("http://127.0.0.1/", { headers: { "x-api-key": key } });
    expect(await keys.authenticateToken("", request)).toMatchObject({ id: "ada" });
  });

  test("does not stand in for a token that is not good", async () => {
    const { key } = await keys.create(ADA);
    const request = new Request("http://127.0.0.1/", { headers: { "x-api-key": key } });
    expect(await keys.authenticateToken("bad", request)).toBe(null);
  });

  test("cannot be found in the store", async () => {
    const { key, info } = await keys.create(ADA);
    const kept = JSON.stringify(await store.for(SYSTEM).apiKeys.get(info.id));
    expect(kept).not.toContain(key.slice(-43));
  });

  test("is told once", async () => {
    const { key, info } = await keys.create(ADA);
    const listed = await keys.list();
    expect([listed.items, JSON.stringify(listed).includes(key.slice(-20)), "hash" in (listed.items[0] ?? {})]).toEqual([
      [info],
      false,
      false,
    ]);
  });

  test("is known by another process with the same store", async () => {
    expect(await open().authenticateToken((await keys.create(ADA)).key)).toMatchObject({ id: "ada" });
  });

  test("that is revoked is nobody's at once", async () => {
    const { key, info } = await keys.create(ADA);
    const before = await keys.authenticateToken(key);
    expect([before?.id, await keys.revoke(info.id), await keys.authenticateToken(key)]).toEqual(["ada", true, null]);
  });

  test("that is revoked elsewhere is nobody's after five seconds", async () => {
    const { key, info } = await keys.create(ADA);
    await keys.authenticateToken(key);
    await open().revoke(info.id);
    later(6);
    expect(await keys.authenticateToken(key)).toBe(null);
  });

  test("that is deleted is nobody's at once", async () => {
    const { key, info } = await keys.create(ADA);
    await keys.authenticateToken(key);
    await keys.delete(info.id);
    expect(await keys.authenticateToken(key)).toBe(null);
  });

  test("that has expired is nobody's, although it was good before", async () => {
    const { key } = await keys.create({ ...ADA, expiresInSeconds: 3 });
    const before = await keys.authenticateToken(key);
    later(4);
    expect([before?.id, await keys.authenticateToken(key)]).toEqual(["ada", null]);
  });

  test("with another secret is nobody's", async () => {
    const [one, two] = [await keys.create(ADA), await keys.create(ADA)];
    const mixed = `${one.key.slice(0, -43)}${two.key.slice(-43)}`;
    expect(await keys.authenticateToken(mixed)).toBe(null);
  });

  test("notes to the minute when it was used", async () => {
    const { key, info } = await keys.create(ADA);
    await keys.authenticateToken(key);
    const first = (await store.for(SYSTEM).apiKeys.get(info.id))?.lastUsedAt;
    later(30);
    await keys.authenticateToken(key);
    const second = (await store.for(SYSTEM).apiKeys.get(info.id))?.lastUsedAt;
    later(31);
    await keys.authenticateToken(key);
    expect([second, (await store.for(SYSTEM).apiKeys.get(info.id))?.lastUsedAt]).toEqual([first, (first ?? 0) + 61_000]);
  });
});

test("while the store does not answer, nothing is said about a key", async () => {
  const closed = new SqliteStore({ url: ":memory:" });
  const provider = open({ store: closed });
  const { key } = await provider.create(ADA);
  await closed.close();
  await expect(provider.authenticateToken(key)).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test.each([
  "",
  "fermata",
  "fermata_x_y",
  `fermata_${"0".repeat(24)}_${"a".repeat(43)}`,
  `other_${"0".repeat(24)}_${"a".repeat(43)}`,
  "é".repeat(9_000),
])("%j is no key", async (token) => {
  expect(await keys.authenticateToken(token)).toBe(null);
});

test.each(["", "a_b", "a b", "(a+)+"])("%j cannot begin a key", (prefix) => {
  expect(() => open({ prefix })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
});
