import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toMatcher } from "./path-pattern.ts";
import { ACTIONS, allows, toNeed, USER_SCOPES } from "./permissions.ts";
import { StaticRBACProvider } from "./rbac.ts";

const weather = { resource: "agents", action: "execute", ids: ["weather", "weatherAgent"] };

describe("a scope", () => {
  test.each([
    "*",
    "agents:execute",
    "agents:*",
    "*:execute",
    "*:*",
    "agents:weather:execute",
    "agents:execute:weather",
    "agents:weather:*",
    "agents:*:execute",
    "agents:execute:*",
    "agents:weatherAgent:execute",
    "*:weather:execute",
  ])("%s lets run the agent", (scope) => {
    expect(allows([scope], weather)).toBe(true);
  });

  test.each([
    "",
    "agents",
    "agents:",
    ":execute",
    "agents:read",
    "workflows:execute",
    "agents:other:execute",
    "agents:execute:other",
    "agents:read:weather",
    "agents:weather:read",
    "agents:read:execute",
    "agent:execute",
    "agents:executer",
    "AGENTS:EXECUTE",
    "*:read",
  ])("%j does not", (scope) => {
    expect(allows([scope], weather)).toBe(false);
  });

  test("for one thing does not reach all of the kind", () => {
    expect(allows(["agents:weather:execute", "agents:execute:weather"], { resource: "agents", action: "execute" })).toBe(false);
  });

  test("may have an id with colons in it", () => {
    const need = { resource: "tools", action: "execute", ids: ["mcp:files:list"] };
    expect([allows(["tools:mcp:files:list:execute"], need), allows(["tools:execute:mcp:files:list"], need)]).toEqual([true, true]);
  });
});

test("no list of scopes without the verb or a star lets do it", () => {
  const words = fc.constantFrom("agents", "memory", "weather", "", "agents:weather", "x:y:z");
  const verbs = fc.constantFrom(...ACTIONS.filter((action) => action !== "execute"));
  fc.assert(
    fc.property(fc.array(fc.tuple(words, verbs)), (parts) => {
      expect(
        allows(
          parts.map(([word, verb]) => `${word}:${verb}`),
          weather,
        ),
      ).toBe(false);
    }),
  );
});

test("who has no roles may do everything but operate the server", () => {
  const may = (action: string): boolean => allows(USER_SCOPES, { resource: "system", action });
  expect(ACTIONS.filter(may)).toEqual(ACTIONS.filter((action) => action !== "operate"));
});

test("a permission's verb is what follows the resource", () => {
  expect([toNeed("agents:execute"), toNeed("stored-agents:read"), toNeed("reports")]).toEqual([
    { resource: "agents", action: "execute" },
    { resource: "stored-agents", action: "read" },
    { resource: "reports", action: "*" },
  ]);
});

describe("StaticRBACProvider", () => {
  const getUserRoles = (user: { roles: string[] }): string[] => user.roles;

  test("knows the default roles", async () => {
    const rbac = new StaticRBACProvider({ getUserRoles });
    const may = (role: string, permission: string) => rbac.hasPermission({ roles: [role] }, permission);
    expect(await Promise.all([may("owner", "system:operate"), may("admin", "agents:write"), may("admin", "memory:delete")])).toEqual([
      true,
      true,
      false,
    ]);
    expect(await Promise.all([may("member", "agents:execute"), may("viewer", "agents:execute"), may("viewer", "agents:read")])).toEqual([
      true,
      false,
      true,
    ]);
    expect(await rbac.getPermissions({ roles: ["constructor"] })).toEqual([]);
  });

  test("maps roles of elsewhere, with a default for the rest", async () => {
    const rbac = new StaticRBACProvider({ getUserRoles, roleMapping: { staff: ["agents:*"], _default: ["agents:read"] } });
    expect([await rbac.getPermissions({ roles: ["staff", "guest"] }), await rbac.getPermissions({ roles: [] })]).toEqual([
      ["agents:*", "agents:read"],
      [],
    ]);
  });

  test("adds what a role inherits, circles or not", async () => {
    const rbac = new StaticRBACProvider({
      getUserRoles,
      roles: [
        { id: "a", name: "A", permissions: ["agents:read"], inherits: ["b"] },
        { id: "b", name: "B", permissions: ["tools:read"], inherits: ["a"] },
      ],
    });
    expect(await rbac.getPermissionsForRole("a")).toEqual(["agents:read", "tools:read"]);
    expect(await rbac.hasAllPermissions({ roles: ["b"] }, ["agents:read", "tools:read"])).toBe(true);
    expect(await rbac.hasAnyPermission({ roles: ["b"] }, ["agents:write", "tools:write"])).toBe(false);
  });
});

describe("a path pattern", () => {
  test.each<[pattern: Parameters<typeof toMatcher>[0], path: string, method: string, matches: boolean]>([
    [["/api/agents/*"], "/api/agents/a/generate", "GET", true],
    [["/api/agents/*"], "/api/agents", "GET", false],
    [["/api/agents/*"], "/api/agentsx", "GET", false],
    [["/api/agents/:id"], "/api/agents/a", "GET", true],
    [["/api/agents/:id"], "/api/agents/a/b", "GET", false],
    [["/a.b"], "/axb", "GET", false],
    [[["/a", "POST"]], "/a", "GET", false],
    [[["/a", ["POST", "PUT"]]], "/a", "PUT", true],
    [[["/a", "ALL"]], "/a", "DELETE", true],
    [[/^\/a/g], "/abc", "GET", true],
    [[/^\/a/y], "/b", "GET", false],
  ])("%j for %s %s", (pattern, path, method, matches) => {
    const matcher = toMatcher(pattern);
    expect([matcher?.([path], method), matcher?.([path], method)]).toEqual([matches, matches]);
  });

  test("is nothing to ask when there is none", () => {
    expect([toMatcher(undefined), toMatcher([])]).toEqual([undefined, undefined]);
  });
});
