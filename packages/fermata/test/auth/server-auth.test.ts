/** `server.auth` as existing configurations give it: what it opens, what it narrows, whom it makes of a user. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { FermataError } from "../../src/errors.ts";
import type { ServerConfig } from "../../src/mastra.ts";
import {
  defineAuth,
  exposureWarning,
  getAuthenticatedUser,
  listRouteAccess,
  registerApiRoute,
  SimpleAuth,
  type MastraAuthConfig,
} from "../../src/server/index.ts";
import { ask, serverWith, status, type User, USERS, withAuth } from "../support/asked-app.ts";

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
