/** Keys for programs over HTTP: made and taken back by those who run the server, and never a way to more than their maker has. */
import { beforeEach, describe, expect, test } from "vitest";
import { createHandler } from "../../src/adapters/handler.ts";
import { ApiKeyAuth } from "../../src/auth/api-keys.ts";
import { grants } from "../../src/auth/permissions.ts";
import { Mastra } from "../../src/mastra.ts";
import { SimpleAuth } from "../../src/server/index.ts";
import { SqliteStore } from "../../src/storage/sqlite/sqlite-store.ts";
import { SYSTEM } from "../../src/storage/store.ts";

interface User {
  readonly id: string;
  readonly tenant?: string;
  readonly scopes?: readonly string[];
}

const USERS: Readonly<Record<string, User>> = {
  user: { id: "user" },
  operator: { id: "operator", scopes: ["system:operate", "agents:*", "*:read"] },
  chief: { id: "chief", scopes: ["*", "resources:*"] },
  "foreign chief": { id: "chief", tenant: "elsewhere", scopes: ["*", "resources:*"] },
};

interface Key {
  readonly key: string;
  readonly apiKey: { readonly id: string; readonly subject: string };
}

let store: SqliteStore;
let ask: (
  method: string,
  path: string,
  token: string,
  body?: object,
) => Promise<{ status: number; json: Record<string, unknown>; headers: Headers }>;
beforeEach(() => {
  store = new SqliteStore({ url: ":memory:" });
  const auth = [
    new SimpleAuth<User>({
      tokens: USERS,
      mapUserToClaims: ({ tenant, scopes }) => ({ ...(tenant !== undefined && { tenant }), ...(scopes && { scopes }) }),
    }),
    new ApiKeyAuth({ store }),
  ];
  const handler = createHandler({ mastra: new Mastra({ logger: false, storage: store, server: { auth } }) });
  ask = async (method, path, token, body) => {
    const headers = { authorization: `Bearer ${token}`, "idempotency-key": "once", ...(body && { "content-type": "application/json" }) };
    const response = await handler(new Request(`http://host/api${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) }));
    return { status: response.status, json: (await response.json()) as Record<string, unknown>, headers: response.headers };
  };
  return () => store.close();
});

const make = async (token: string, body: object = { name: "nightly", scopes: ["agents:read"] }): Promise<Key> => {
  const { status, json } = await ask("POST", "/system/api-keys", token, body);
  expect(json).toMatchObject({ key: expect.stringMatching(/^fermata_/) as string });
  expect(status).toBe(200);
  return json as unknown as Key;
};

test("a key is made, told once, used, listed and taken back", async () => {
  const { key, apiKey } = await make("operator");
  expect(apiKey).toMatchObject({ name: "nightly", subject: "operator", tenant: "local", scopes: ["agents:read"] });
  expect((await ask("GET", "/agents", key)).status).toBe(200);
  expect((await ask("GET", "/memory/status?agentId=a", key)).status).toBe(403);
  const list = await ask("GET", "/system/api-keys", "operator");
  expect(list.json).toMatchObject({ apiKeys: [{ id: apiKey.id }], total: 1, page: 0, perPage: 100, hasMore: false });
  expect(JSON.stringify(list.json)).not.toMatch(/"hash"|fermata_/);
  expect((await ask("DELETE", `/system/api-keys/${apiKey.id}`, "operator")).json).toEqual({ success: true });
  expect((await ask("GET", "/agents", key)).status).toBe(401);
  expect((await ask("GET", "/system/api-keys", "operator")).json).toMatchObject({ apiKeys: [{ revokedAt: expect.any(Number) as number }] });
});

test("nothing that is kept holds the key, not even for a repeat of the call", async () => {
  const { headers } = await ask("POST", "/system/api-keys", "operator", { name: "n", scopes: [] });
  expect(headers.get("cache-control")).toBe("no-store");
  const [one, other] = [await make("operator"), await make("operator")];
  expect(one.key).not.toBe(other.key);
  expect(JSON.stringify(await store.for(SYSTEM).apiKeys.list())).not.toContain(one.key.split("_")[2]);
});

describe("a key may do no more than its maker", () => {
  test.each<[string, object]>([
    ["with another scope", { scopes: ["memory:write"] }],
    ["with a wider scope", { scopes: ["*:execute"] }],
    ["with every scope", { scopes: ["*"] }],
    ["that reaches everybody's things", { scopes: ["resources:*"] }],
    ["with a role that has more", { roles: ["owner"] }],
    ["with what users have by default", {}],
    ["for another user", { subject: "user", scopes: [] }],
  ])("%s it is not made", async (_what, more) => {
    expect((await ask("POST", "/system/api-keys", "operator", { name: "n", ...more })).status).toBe(403);
    expect((await ask("GET", "/system/api-keys", "chief")).json).toMatchObject({ total: 0 });
  });

  test("who reaches everybody's things makes keys for others, with all that there is", async () => {
    const { apiKey } = await make("chief", { name: "n", subject: "user", scopes: ["*", "resources:*"] });
    expect(apiKey.subject).toBe("user");
  });

  test.each<[readonly string[], string, boolean]>([
    [["agents:*"], "agents:execute", true],
    [["agents:*"], "agents:weather:execute", true],
    [["agents:weather:execute"], "agents:execute:weather", true],
    [["agents:weather:execute"], "agents:execute", false],
    [["agents:execute"], "agents:*", false],
    [["*:read"], "memory:read", true],
    [["memory:read"], "*:read", false],
    [["*"], "*", true],
    [["*:read", "*:write"], "*", false],
    [["*"], "resources:*", false],
    [["*"], "agents", false],
  ])("who has %j has %s: %s", (scopes, wanted, expected) => {
    expect(grants(scopes, wanted)).toBe(expected);
  });
});

test("keys are for those who run the server", async () => {
  const { apiKey } = await make("operator");
  const statuses = [
    await ask("GET", "/system/api-keys", "user"),
    await ask("POST", "/system/api-keys", "user", { name: "n", scopes: [] }),
    await ask("DELETE", `/system/api-keys/${apiKey.id}`, "user"),
  ].map(({ status }) => status);
  expect(statuses).toEqual([403, 403, 403]);
});

test("another tenant's keys are not there", async () => {
  const { key, apiKey } = await make("operator");
  expect((await ask("GET", "/system/api-keys", "foreign chief")).json).toMatchObject({ total: 0 });
  expect((await ask("DELETE", `/system/api-keys/${apiKey.id}`, "foreign chief")).status).toBe(404);
  expect((await ask("GET", "/agents", key)).status).toBe(200);
  expect(await make("foreign chief", { name: "n" })).toMatchObject({ apiKey: { tenant: "elsewhere" } });
});

test("where no provider has keys there are none: 404", async () => {
  const auth = new SimpleAuth({ tokens: { chief: { id: "chief" } }, mapUserToClaims: () => ({ scopes: ["*"] }) });
  const handler = createHandler({ mastra: new Mastra({ logger: false, server: { auth } }) });
  const response = await handler(new Request("http://host/api/system/api-keys", { headers: { authorization: "chief" } }));
  expect(response.status).toBe(404);
});
