/** `server.auth` as existing configurations give it: what it opens, what it narrows, whom it makes of a user. */
import { z } from "zod";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createHandler, type ServerHandler } from "../../src/adapters/handler.ts";
import { FermataError } from "../../src/errors.ts";
import { Mastra, type ServerConfig } from "../../src/mastra.ts";
import {
  defineAuth,
  exposureWarning,
  getAuthenticatedUser,
  listRouteAccess,
  registerApiRoute,
  SimpleAuth,
  StaticRBACProvider,
  type MastraAuthConfig,
  type PolicyResource,
} from "../../src/server/index.ts";
import { PERMISSIONS } from "../support/guarded-app.ts";
import { Agent } from "../../src/agents/agent.ts";
import { createTool } from "../../src/tools/tool.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import { partModel } from "../support/part-model.ts";
import { textParts } from "../support/scripted-model.ts";

interface User {
  readonly id: string;
  readonly roles?: readonly string[];
}

const USERS: Readonly<Record<string, User>> = {
  ada: { id: "ada", roles: ["owner"] },
  bob: { id: "bob", roles: ["staff"] },
  nobody: { id: "" },
};

const authenticateToken = async (token: string): Promise<User | null> => USERS[token] ?? null;
const model = partModel(() => textParts("hi"));
const workflow = (id: string) =>
  createWorkflow({ id, inputSchema: z.any(), outputSchema: z.any() })
    .then(createStep({ id: "s", inputSchema: z.any(), outputSchema: z.any(), execute: async () => 1 }))
    .commit();
const tool = (id: string) => createTool({ id, description: id, execute: () => "done" });
const agent = (id: string): Agent => new Agent({ id, name: id, instructions: "", model });

function serverWith(server: ServerConfig, options: { prefix?: string } = {}): ServerHandler {
  const apiRoutes = [
    registerApiRoute("/own", {
      method: "GET",
      handler: (c) => c.json({ resource: c.get("requestContext").getRaw("mastra__resourceId") ?? null }),
    }),
    registerApiRoute("/open", {
      method: "GET",
      requiresAuth: false,
      handler: (c) => c.json({ subject: c.get("requestContext").principal?.subject }),
    }),
    registerApiRoute("/reports/:id", {
      method: "GET",
      requiresPermission: ["reports:read", "reports:write"],
      handler: (c) => c.text("report"),
    }),
  ];
  const agents = { weatherAgent: agent("weather"), other: agent("other") };
  const workflows = { first: workflow("first"), second: workflow("second") };
  const tools = { one: tool("one"), two: tool("two") };
  return createHandler({ mastra: new Mastra({ logger: false, agents, workflows, tools, server: { apiRoutes, ...server } }), ...options });
}

const withAuth = (auth: Partial<MastraAuthConfig<User>>, more: ServerConfig = {}, options: { prefix?: string } = {}): ServerHandler =>
  serverWith({ auth: defineAuth<User>({ authenticateToken, ...auth }), ...more }, options);

async function ask(handler: ServerHandler, path: string, token?: string, init: RequestInit = {}): Promise<[status: number, body: unknown]> {
  const headers = new Headers(init.headers);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const response = await handler(new Request(`http://host${path}`, { ...init, headers }));
  const text = await response.text();
  return [response.status, text.startsWith("{") || text.startsWith("[") ? (JSON.parse(text) as unknown) : text];
}

const status = async (...args: Parameters<typeof ask>): Promise<number> => (await ask(...args))[0];

describe("a token", () => {
  const handler = withAuth({});
  test.each<[where: string, init: RequestInit]>([
    ["Bearer", { headers: { authorization: "Bearer ada" } }],
    ["bearer in small letters", { headers: { authorization: "bearer  ada" } }],
    ["bare", { headers: { authorization: "ada" } }],
    ["in a cookie", { headers: { cookie: "x=y; mastra-token=ada" } }],
  ])("counts: %s", async (_where, init) => {
    expect(await status(handler, "/api/agents", undefined, init)).toBe(200);
  });

  test("in the address counts where it is asked for alone", async () => {
    expect([
      await status(handler, "/api/agents?apiKey=ada"),
      await status(withAuth({ apiKeyInQuery: true }), "/api/agents?apiKey=ada"),
    ]).toEqual([401, 200]);
  });

  test("that is not valid is told from none at all", async () => {
    const reply = async (headers: HeadersInit) => {
      const { status: code, headers: sent } = await handler(new Request("http://host/api/agents", { headers }));
      return [code, sent.get("www-authenticate")];
    };
    expect([await reply({}), await reply({ authorization: "Bearer x" })]).toEqual([
      [401, "Bearer"],
      [401, 'Bearer error="invalid_token"'],
    ]);
  });
});

describe("a provider that fails", () => {
  test.each<[what: string, error: unknown, status: number]>([
    ["because the token cannot be read", new Error("malformed"), 401],
    ["because its issuer cannot be reached", new FermataError("UNAVAILABLE", "The issuer does not answer."), 503],
  ])("%s", async (_what, error, expected) => {
    expect(await status(withAuth({ authenticateToken: () => Promise.reject(error) }), "/api/agents", "ada")).toBe(expected);
  });
});

describe("the owner of what a user has", () => {
  const owner = async (auth: Partial<MastraAuthConfig<User>>, token = "ada") => ask(withAuth(auth), "/own", token);
  test("is the user's id", async () => {
    expect(await owner({})).toEqual([200, { resource: "ada" }]);
  });
  test("is what the mapping says", async () => {
    expect(await owner({ mapUserToResourceId: ({ id }) => `team-of-${id}` })).toEqual([200, { resource: "team-of-ada" }]);
  });
  test("is what the app's own middleware says, where there is no mapping", async () => {
    const middleware: NonNullable<ServerConfig["middleware"]> = [
      (c, next) => (c.get("requestContext").setRaw("mastra__resourceId", "of-the-team"), next()),
    ];
    expect(await ask(withAuth({}, { middleware }), "/own", "ada")).toEqual([200, { resource: "of-the-team" }]);
    expect(await ask(withAuth({ mapUserToResourceId: ({ id }) => id }, { middleware }), "/own", "ada")).toEqual([200, { resource: "ada" }]);
  });
  test.each<[what: string, auth: Partial<MastraAuthConfig<User>>, token: string]>([
    ["an empty text", { mapUserToResourceId: () => " " }, "ada"],
    ["nothing", { mapUserToResourceId: () => undefined }, "ada"],
    [
      "a failure",
      {
        mapUserToResourceId: () => {
          throw new Error("x");
        },
      },
      "ada",
    ],
    ["a user without an id", {}, "nobody"],
  ])("is not made of %s", async (_what, auth, token) => {
    expect(await owner(auth, token)).toEqual([
      500,
      expect.objectContaining({ error: "Failed to map authenticated user to a resource ID" }),
    ]);
  });
});

describe("the app's own word", () => {
  const denied = [403, expect.objectContaining({ error: "Access denied", code: "FORBIDDEN" })];
  test("authorizeUser goes before authorize, authorize before rules", async () => {
    const no = (): boolean => false;
    expect(await ask(withAuth({ authorizeUser: no, authorize: () => true, rules: [{ allow: true }] }), "/api/agents", "ada")).toEqual(
      denied,
    );
    expect(await status(withAuth({ authorize: () => true, rules: [{ condition: no }] }), "/api/agents", "ada")).toBe(200);
  });
  test("authorize is asked with the path, the method and the user", async () => {
    const authorize = vi.fn<NonNullable<MastraAuthConfig<User>["authorize"]>>(() => true);
    await ask(withAuth({ authorize }, {}, { prefix: "/v2" }), "/v2/agents/weatherAgent", "ada");
    expect(authorize).toHaveBeenCalledWith("/v2/agents/weatherAgent", "GET", USERS.ada, expect.anything());
  });
  test("a failure of it is nobody's fault but the server's", async () => {
    const fails = (): never => {
      throw new Error("secret");
    };
    expect(await ask(withAuth({ authorizeUser: fails }), "/api/agents", "ada")).toEqual([
      500,
      expect.objectContaining({ error: "Authorization error" }),
    ]);
  });
  test.each(["/api", "/v2", ""])("rules fit by path and method, below %j too", async (prefix) => {
    const handler = withAuth(
      {
        rules: [
          { path: "/api/agents/*", methods: ["GET"], condition: ({ id }) => id === "ada" },
          { path: "/own", allow: true },
        ],
      },
      {},
      { prefix },
    );
    const statuses = async (token: string) => [
      await status(handler, `${prefix}/agents/weatherAgent`, token),
      await status(handler, `${prefix}/agents`, token),
      await status(handler, "/own", token),
    ];
    expect([await statuses("ada"), await statuses("bob")]).toEqual([
      [200, 403, 200],
      [403, 403, 200],
    ]);
  });
});

describe("public and protected", () => {
  test.each(["/api", "/v2", ""])("public opens routes, below %j too, and nothing more", async (prefix) => {
    const handler = withAuth({ public: ["/api/agents/weatherAgent", ["/own", "GET"]] }, {}, { prefix });
    expect(
      await Promise.all(
        [`${prefix}/agents/weatherAgent`, "/own", `${prefix}/agents/other`, `${prefix}/agents`].map((path) => status(handler, path)),
      ),
    ).toEqual([200, 200, 401, 401]);
  });
  test("what is open knows those who say who they are", async () => {
    const handler = withAuth({ public: ["/own"] });
    expect([await ask(handler, "/own", "ada"), await ask(handler, "/own", "wrong"), await ask(handler, "/own")]).toEqual([
      [200, { resource: "ada" }],
      [200, { resource: null }],
      [200, { resource: null }],
    ]);
  });
  test("protected closes what is public, in any spelling, but signing in", async () => {
    const handler = withAuth({ protected: ["/*"] });
    expect(await Promise.all(["/open", "/%6fpen", "/api/auth/me"].map((path) => status(handler, path)))).toEqual([401, 401, 200]);
    expect(await status(handler, "/open", "ada")).toBe(200);
  });
  test("a pattern for a route of the app's own below /api opens no other", async () => {
    const own = registerApiRoute("/api/agents", { method: "GET", handler: (c) => c.text("own") });
    const handler = withAuth({ public: ["/api/*"] }, { apiRoutes: [own] }, { prefix: "/v2" });
    expect([await status(handler, "/api/agents"), await status(handler, "/v2/agents")]).toEqual([200, 401]);
  });
});

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

describe("a provider written for the reference", () => {
  test("finds header() and raw on the request", async () => {
    const auth = defineAuth({
      authenticateToken: async (_token, request) =>
        request.header("X-User") === "ada" && request.raw.url.endsWith("/own") ? { id: "ada" } : null,
    });
    expect(await ask(serverWith({ auth }), "/own", undefined, { headers: { "x-user": "ada" } })).toEqual([200, { resource: "ada" }]);
  });
});

test("middleware finds out who calls by getAuthenticatedUser, and is told once it is known", async () => {
  const seen: unknown[] = [];
  const handler = withAuth(
    {},
    {
      middleware: [
        async (c, next) => {
          const token = c.req.header("authorization") ?? "";
          seen.push(["asked", await getAuthenticatedUser({ mastra: c.get("mastra"), token, request: c.req.raw }), c.get("user")]);
          await next();
        },
        { phase: "onAuthenticated", handler: async (c, next) => (seen.push(["told", c.get("user")]), await next()) },
      ],
    },
  );
  expect([
    await status(handler, "/api/agents", "ada"),
    await status(handler, "/own", "ada"),
    await status(handler, "/api/agents", "wrong"),
  ]).toEqual([200, 200, 401]);
  expect(seen).toEqual([
    ["asked", USERS.ada, undefined],
    ["told", USERS.ada],
    ["asked", USERS.ada, undefined],
    ["told", USERS.ada],
    ["asked", null, undefined],
  ]);
});

describe("signing in with credentials", () => {
  const handler = serverWith({
    auth: new SimpleAuth({ tokens: { "the-token": { id: "ada", name: "Ada", email: "a@b", password: "hidden" } } }),
  });
  const signIn = (password: string) =>
    handler(
      new Request("http://host/api/auth/credentials/sign-in", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: "a@b", password }),
      }),
    );

  test("gives a cookie that is good for the rest, until signing out", async () => {
    const reply = await signIn("the-token");
    const cookie = reply.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
    expect([reply.status, await reply.json(), reply.headers.get("cache-control")]).toEqual([
      200,
      { user: { id: "ada", name: "Ada", email: "a@b" }, token: "the-token" },
      "no-store",
    ]);
    expect(await ask(handler, "/api/auth/me", undefined, { headers: { cookie } })).toEqual([
      200,
      expect.objectContaining({ id: "ada", roles: [] }),
    ]);
    expect(await status(handler, "/api/agents", undefined, { headers: { cookie } })).toBe(200);
    const out = await handler(new Request("http://host/api/auth/logout", { method: "POST", headers: { cookie } }));
    expect([await out.json(), out.headers.get("set-cookie")]).toEqual([{ success: true }, expect.stringContaining("mastra-token=;")]);
  });

  test("is refused in one sentence, whatever was wrong", async () => {
    const reply = await signIn("wrong");
    expect([reply.status, await reply.json()]).toEqual([401, expect.objectContaining({ error: "Invalid credentials" })]);
  });

  test("tells how to sign in, and to a known caller what it may do", async () => {
    expect(await ask(handler, "/api/auth/capabilities")).toEqual([
      200,
      { enabled: true, login: { type: "credentials", signUpEnabled: false } },
    ]);
    const [, known] = await ask(handler, "/api/auth/capabilities", "the-token");
    expect(known).toMatchObject({ user: { id: "ada" }, access: { roles: [] }, capabilities: { rbac: false } });
    expect(JSON.stringify(known)).not.toContain("hidden");
  });

  test.each(["sso/login", "sso/callback"])("leaves %s to providers that have it: 404", async (path) => {
    expect(await status(handler, `/api/auth/${path}`)).toBe(404);
  });
});

describe("a server without authentication", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("refuses to start where authentication is required", async () => {
    await expect(serverWith({ requireAuth: true }).ready()).rejects.toThrow("there is no server.auth");
    vi.stubEnv("MASTRA_REQUIRE_AUTH", "1");
    await expect(serverWith({}).ready()).rejects.toThrow("there is no server.auth");
    await expect(serverWith({ requireAuth: false }).ready()).resolves.toBeUndefined();
    await expect(withAuth({}).ready()).resolves.toBeUndefined();
  });

  test("refuses an auth that knows nobody", async () => {
    await expect(serverWith({ auth: defineAuth({ rules: [{ allow: true }] }) }).ready()).rejects.toThrow("authenticateToken");
  });

  test.each(["localhost", "127.0.0.1", "127.1.2.3", "::1", "a.localhost"])("says nothing on %s", (host) => {
    expect(exposureWarning(serverWith({}).mastra, host)).toBeUndefined();
  });

  test.each(["0.0.0.0", "::", "192.168.0.7", "example.com", "127.0.0.1.example.com"])("says what is open on %s", (host) => {
    expect(exposureWarning(serverWith({}).mastra, host)).toMatch(/no authentication and listens on .*agents weatherAgent, other/);
    expect(exposureWarning(withAuth({}).mastra, host)).toBeUndefined();
  });

  test("lists every route as open", () => {
    expect(new Set(listRouteAccess(serverWith({}).mastra).map(({ access }) => access))).toEqual(new Set(["open"]));
  });
});
