/**
 * I-1: who gets in is what the route declares, below every prefix and on every adapter. Generated from the route table: each route, called by
 * nobody, by somebody with every permission but the one it asks for, by somebody with that one alone, and about the owner's things by another user
 * and by one of the same name in another tenant. All prefixes and all adapters; an adapter that is another one set up in another way has two.
 */
// oxlint-disable-next-line import/no-unassigned-import -- Nest wants it first
import "reflect-metadata";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { routeTable } from "../../src/server/route-table.ts";
import { adapters, routeFileAdapters } from "../adapters/start.ts";
import { askingAt, type Asking } from "../support/asking.ts";
import { guardedApp, SECRET } from "../support/guarded-app.ts";

const PREFIXES = ["/api", "/v2", "/deep/er", "/api/v1", ""];

const routes = routeTable().map(({ id, spec }) => ({
  id,
  method: spec.method,
  access: spec.access,
  // Names that are there, so that nothing but the door can turn the caller away.
  path: spec.path
    .replace(":agentId", "a")
    .replace(":workflowId", "w")
    .replace(":toolId", "free")
    .replace(":vectorName", "v")
    .replace(":model", "a")
    .replace(/:\w+/g, "x"),
  /** The same where it is about what the owner has. */
  owned: spec.path
    .replace(":agentId", "a")
    .replace(":workflowId", "w")
    .replace(":threadId", "t")
    .replace(":runId", "r")
    .replace(/:\w+/g, "x"),
  follows: spec.follows === true,
  // Where the door asks about what the body names, it is named.
  body: spec.body ? (spec.asksForEach ? { model: "a", input: "hi", messages: [{ role: "user", content: "hi" }] } : {}) : undefined,
}));
const closed = routes.filter(({ access }) => access !== "public");
const open = routes.filter(({ access }) => access === "public");

type Route = (typeof routes)[number];
interface Fault {
  readonly id: string;
  readonly status: number;
  readonly text: string;
}

/** The routes whose replies are not as they should be. */
async function faults(
  list: readonly Route[],
  ask: (route: Route) => ReturnType<Asking>,
  isRight: (route: Route, status: number, text: string) => boolean,
): Promise<Fault[]> {
  const answers = await Promise.all(list.map(async (route) => ({ route, ...(await ask(route)) })));
  return answers.flatMap(({ route, status, text }) =>
    isRight(route, status, text) ? [] : [{ id: route.id, status, text: text.slice(0, 200) }],
  );
}

/** The same adapter set up in another way has shown the rest already. */
const isVariant = (name: string): boolean => /behind|scope|listener|Express 4|route/.test(name);

/** A request for the owner's things, as far as a route can be asked for them. */
const OWNERS = {
  query: "?agentId=a&resourceId=owner&threadId=t&runId=r&searchQuery=secret",
  body: {
    messages: "what was said?",
    memory: { thread: "t", resource: "owner" },
    threadId: "t",
    resourceId: "owner",
    runId: "r",
    messageIds: ["m"],
    title: "planted",
    workingMemory: "planted",
    resumeData: {},
    data: {},
    step: "waits",
    inputData: "planted",
    model: "a",
    input: "what was said?",
    requestContext: { mastra__resourceId: "owner", user: { id: "owner" } },
  },
};

describe.each([...adapters, ...routeFileAdapters])("$name", (adapter) => {
  describe.each(isVariant(adapter.name) ? PREFIXES.slice(1, 3) : PREFIXES)("below %j", (prefix) => {
    let origin: Asking;
    let api: Asking;
    let stop: () => unknown;
    beforeAll(async () => {
      const server = await adapter.start({ mastra: guardedApp(), prefix, openapiPath: "/openapi.json" });
      [origin, api, stop] = [askingAt(server.origin), askingAt(`${server.origin}${prefix}`), () => server.close()];
    });
    afterAll(() => stop());

    test("nobody gets in where somebody is asked for", async () => {
      const found = await faults(
        closed,
        ({ method, path, body }) => api(method, path, undefined, body),
        (_route, status, text) => status === 401 && text.includes('"Invalid or expired token"'),
      );
      expect(found).toEqual([]);
    });

    test("a token that nobody has is no token", async () => {
      const found = await faults(
        closed,
        ({ method, path, body }) => api(method, path, "nobody's", body),
        (_route, status) => status === 401,
      );
      expect(found).toEqual([]);
    });

    test("every permission but the right one is not enough", async () => {
      const found = await faults(
        closed,
        ({ method, path, body, access }) => api(method, path, `all but ${access}`, body),
        ({ access }, status, text) => status === 403 && text.includes(`Missing required permission: ${access}"`),
      );
      expect(found).toEqual([]);
    });

    test("the right permission alone is", async () => {
      const found = await faults(
        closed,
        ({ method, path, body, access }) => api(method, path, `only ${access}`, body),
        (_route, status) => status !== 401 && status !== 403 && status < 500,
      );
      expect(found).toEqual([]);
    });

    test("what somebody has is reached by no other user and no other tenant", async () => {
      const own = [
        ["/memory/threads?agentId=a", { threadId: "t", resourceId: "owner", title: SECRET, metadata: { note: SECRET } }],
        ["/memory/save-messages?agentId=a", { messages: [{ id: "m", role: "user", content: SECRET, threadId: "t", resourceId: "owner" }] }],
        ["/workflows/w/start-async?runId=r", { inputData: SECRET }],
      ] as const;
      for (const [path, body] of own) expect((await api("POST", path, "owner", body)).status).toBe(200);
      const kept = ["/memory/threads/t?agentId=a", "/memory/threads/t/messages?agentId=a", "/workflows/w/runs/r"];
      const seen = async (token: string): Promise<string[]> =>
        (await Promise.all(kept.map((path) => api("GET", path, token)))).map(({ text }) => text);
      const before = await seen("owner");
      expect(before.every((text) => text.includes(SECRET))).toBe(true);
      for (const who of ["stranger", "foreigner"]) {
        const found = await faults(
          closed.filter(({ follows }) => !follows),
          ({ method, owned, body }) => api(method, `${owned}${OWNERS.query}`, who, body && OWNERS.body),
          (_route, status, text) => status < 500 && !text.includes(SECRET),
        );
        expect(found).toEqual([]);
      }
      expect(await seen("owner")).toEqual(before);
    });

    test("everybody may sign in", async () => {
      const found = await faults(
        open,
        ({ method, path, body }) => api(method, path, undefined, body),
        ({ id }, status) => (status !== 401 || id === "auth.ssoCallback") && status < 500,
      );
      expect(found).toEqual([]);
    });

    test("the API's document is for those who may read about the system", async () => {
      const ask = async (token?: string) => (await api("GET", "/openapi.json", token)).status;
      expect([await ask(), await ask("all but system:read"), await ask("only system:read")]).toEqual([401, 403, 200]);
    });

    test("routes of the app's own ask who calls unless they say that they do not", async () => {
      const ask = async (path: string, token?: string) => (await origin("GET", path, token)).status;
      expect([await ask("/own/closed"), await ask("/own/closed", "owner")]).toEqual([401, 200]);
      expect([await ask("/own/open"), await ask("/own/open", "nobody's")]).toEqual([200, 200]);
      expect([
        await ask("/own/reports/1"),
        await ask("/own/reports/1", "all but reports:read"),
        await ask("/own/reports/1", "only reports:read"),
      ]).toEqual([401, 403, 200]);
    });

    test("no spelling of a path leads around the door", async () => {
      const spellings = [
        "/%61gents",
        "/agents/",
        "//agents",
        "/./agents",
        "/x/../agents",
        "/AGENTS",
        "/agents%2f",
        "/agents;x=1",
        "/agents?apiKey=owner",
        "/agents#x",
      ];
      const statuses = await Promise.all(spellings.map(async (path) => (await api("GET", path)).status));
      expect(statuses.filter((status) => status !== 401 && status !== 404)).toEqual([]);
    });

    test("HEAD is let in as GET is", async () => {
      expect([(await api("HEAD", "/agents")).status, (await api("HEAD", "/agents", "owner")).status]).toEqual([401, 200]);
    });
  });
});
