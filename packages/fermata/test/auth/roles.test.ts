/** What roles, scopes and a policy let a known user do, and what they are shown of it. */
import { describe, expect, test } from "vitest";
import { createHandler, type ServerHandler } from "../../src/adapters/handler.ts";
import type { ServerConfig } from "../../src/mastra.ts";
import { listRouteAccess, StaticRBACProvider, type PolicyResource } from "../../src/server/index.ts";
import { ask, serverWith, status, withAuth, type User } from "../support/asked-app.ts";
import { guardedApp, PERMISSIONS } from "../support/guarded-app.ts";

describe("roles and policies", () => {
  const rbac = new StaticRBACProvider<User>({
    roleMapping: { staff: ["agents:read", "agents:weather:execute"], owner: ["*"] },
    getUserRoles: ({ roles = [] }) => [...roles],
  });
  const generate = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ messages: "x" }) };

  test("a scope for one agent is for that one, by id and by key", async () => {
    const handler = withAuth({}, { rbac });
    const run = (name: string) => status(handler, `/api/agents/${name}/generate`, "bob", generate);
    expect([await run("weather"), await run("weatherAgent"), await run("other"), await run("unknown")]).toEqual([200, 200, 403, 403]);
    expect([await status(handler, "/reports/1", "bob"), await status(handler, "/reports/1", "ada")]).toEqual([403, 200]);
  });

  test("rbac without auth is refused", async () => {
    await expect(serverWith({ rbac }).ready()).rejects.toThrow("server.rbac needs server.auth");
  });

  test("a policy is asked with the agent's id, whichever name the request used, and can only narrow", async () => {
    const asked: [string, PolicyResource][] = [];
    const handler = withAuth(
      {},
      { rbac, policy: (_principal, action, resource) => (asked.push([action, resource]), resource.id !== "other") },
    );
    expect([
      await status(handler, "/api/agents/weatherAgent", "bob"),
      await status(handler, "/api/agents/other", "ada"),
      await status(handler, "/api/agents/other/generate", "bob", generate),
    ]).toEqual([200, 403, 403]);
    expect(asked).toEqual([
      ["read", { type: "agents", id: "weather", route: "agents.get", params: { agentId: "weatherAgent" } }],
      ["read", { type: "agents", id: "other", route: "agents.get", params: { agentId: "other" } }],
    ]);
  });

  test.each<[what: string, policy: NonNullable<ServerConfig["policy"]>, status: number]>([
    ["says no", () => false, 403],
    ["says nothing", () => undefined as never, 403],
    [
      "fails",
      () => {
        throw new Error("x");
      },
      500,
    ],
    ["says yes, later", async () => true, 200],
  ])("a policy that %s", async (_what, policy, expected) => {
    expect(await status(withAuth({}, { policy }), "/api/agents", "ada")).toBe(expected);
  });

  test("a policy is asked about an agent that the body names, too", async () => {
    const handler = withAuth({}, { policy: (_principal, _action, { id }) => id !== "other" });
    const post = (path: string, body: object) =>
      status(handler, path, "ada", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const messages = [{ role: "user", content: "x" }];
    expect(
      await Promise.all([
        post("/api/v1/chat/completions", { model: "weather", messages }),
        post("/api/v1/chat/completions", { model: "other", messages }),
        post("/api/v1/responses", { model: "weatherAgent", input: "x", store: false }),
        post("/api/v1/responses", { agent_id: "other", input: "x", store: false }),
        status(handler, "/api/v1/models/other", "ada"),
      ]),
    ).toEqual([200, 403, 200, 403, 403]);
  });

  const post = (handler: ServerHandler, path: string, token: string, body: object) =>
    status(handler, path, token, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const messages = [{ role: "user", content: "x" }];

  test("a scope for one agent is for that one where the body names it, too", async () => {
    const handler = withAuth({}, { rbac });
    expect([
      await post(handler, "/api/v1/chat/completions", "bob", { model: "weatherAgent", messages }),
      await post(handler, "/api/v1/chat/completions", "bob", { model: "other", messages }),
      await post(handler, "/api/v1/responses", "bob", { model: "weather", input: "x", store: false }),
      await post(handler, "/api/v1/responses", "bob", { agent_id: "other", input: "x", store: false }),
    ]).toEqual([200, 403, 200, 403]);
  });

  test("answering a run needs what beginning it needs", async () => {
    let isDenied = false;
    const policy: ServerConfig["policy"] = (_principal, _action, { type, id }) =>
      !(isDenied && ((type === "agents" && id === "a") || (type === "workflows" && id === "w")));
    const handler = createHandler({ mastra: guardedApp({ policy }) });
    const begin = (path: string, body: object) =>
      ask(handler, path, "owner", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const [, turn] = await begin("/api/agents/a/generate", { messages: "guarded", memory: { thread: "w" } });
    await begin("/api/workflows/w/start-async?runId=r", { inputData: 1 });
    const { runId } = turn as { runId: string };
    const answers = async () => [
      await post(handler, `/api/runs/${runId}/resume`, "owner", { approve: true }),
      await post(handler, "/api/runs/r/resume", "owner", { step: "waits", resumeData: {} }),
    ];
    isDenied = true;
    expect(await answers()).toEqual([403, 403]);
    isDenied = false;
    expect(await answers()).toEqual([200, 200]);
  });

  const names = async (handler: ServerHandler, path: string, token: string): Promise<[number, string[]]> => {
    const [code, body] = await ask(handler, path, token);
    if (code !== 200) return [code, []];
    const { data } = body as { data?: readonly { id: string }[] };
    return [code, data ? data.map(({ id }) => id) : Object.keys(body as object)];
  };

  test.each<[what: string, more: ServerConfig, token: string]>([
    ["a policy denies", { policy: (_principal, _action, { id }) => id === "weather" || id === "first" || id === "one" }, "ada"],
    [
      "no scope covers",
      {
        rbac: new StaticRBACProvider<User>({
          roleMapping: { staff: ["agents:weather:read", "workflows:first:*", "tools:one:read"] },
          getUserRoles: ({ roles = [] }) => [...roles],
        }),
      },
      "bob",
    ],
  ])("lists leave out what %s", async (_what, more, token) => {
    const handler = withAuth({}, more);
    expect([
      await names(handler, "/api/agents", token),
      await names(handler, "/api/v1/models", token),
      await names(handler, "/api/workflows", token),
      await names(handler, "/api/workflows/run-counts", token),
      await names(handler, "/api/tools", token),
    ]).toEqual([
      [200, ["weatherAgent"]],
      [200, ["weather"]],
      [200, ["first"]],
      [200, ["first"]],
      [200, ["one"]],
    ]);
  });

  test("who may see none of them is refused", async () => {
    const handler = withAuth({}, { rbac, policy: () => false });
    expect([await status(handler, "/api/agents", "bob"), await status(handler, "/api/workflows", "bob")]).toEqual([403, 403]);
  });

  test("on a list that is open all are seen, whoever looks", async () => {
    const handler = withAuth({ public: ["/api/agents"] }, { rbac, policy: () => false });
    expect([await names(handler, "/api/agents", "bob"), await names(handler, "/api/agents", "nobody's")]).toEqual([
      [200, ["weatherAgent", "other"]],
      [200, ["weatherAgent", "other"]],
    ]);
  });

  test("operators see who may call what", async () => {
    const handler = withAuth({}, { rbac });
    const [code, body] = await ask(handler, "/api/system/routes", "ada");
    const { routes } = body as { routes: { id: string; access: string; permission: string | null }[] };
    expect([code, await status(handler, "/api/system/routes", "bob")]).toEqual([200, 403]);
    expect(routes.find(({ id }) => id === "agents.generate")).toMatchObject({
      access: "required",
      permission: "agents:execute",
      path: "/api/agents/:agentId/generate",
    });
    expect(routes.find(({ id }) => id === "GET /open")).toMatchObject({ access: "public", permission: null });
    expect(new Set(routes.flatMap(({ permission }) => permission?.split(" or ") ?? []))).toEqual(
      new Set([...PERMISSIONS, "reports:write"]),
    );
  });

  test("the table says what limits each route", async () => {
    const limits: ServerConfig["limits"] = {
      price: () => 1,
      concurrentRuns: 9,
      streamMs: 60_000,
      policies: [
        { name: "door", per: "address", requests: 600 },
        { name: "runs", concurrentRuns: 4, routes: "agents:execute" },
        { name: "money", per: "run", money: 0.5, agents: "weather" },
      ],
    };
    const table = listRouteAccess(serverWith({ limits, bodySizeLimit: 1_048_576, timeout: 30_000 }).mastra);
    const of = (id: string): string | undefined => table.find((route) => route.id === id)?.limits;
    const door = "door: 600 requests per address in 60 s";
    expect([of("agents.list"), of("agents.stream"), of("workflows.cancel"), of("GET /open")]).toEqual([
      `begins within 30 s, ${door}`,
      `body 1 MiB, begins within 30 s, streams for 60 s, 9 at once in a process, ${door}, runs: 4 runs at once per principal, money: 0.5 money per run with weather`,
      `begins within 30 s, ${door}`,
      `body 1 MiB, begins within 30 s, 9 at once in a process, ${door}, money: 0.5 money per run with weather`,
    ]);
  });

  test("the patterns name every permission that a route asks for", async () => {
    const [, body] = await ask(withAuth({}), "/api/auth/permission-patterns", "ada");
    expect((body as { patterns: string[] }).patterns).toEqual(
      expect.arrayContaining(PERMISSIONS.filter((permission) => permission !== "reports:read")),
    );
  });
});
