/** I-2: what belongs to somebody is reached by nobody else, through any route that touches what is stored. Generated from the route table. */
import { describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import type { Principal } from "../../src/context/principal.ts";
import { Mastra } from "../../src/mastra.ts";
import { Memory } from "../../src/memory/memory.ts";
import { createRoutes, type MountedRoute } from "../../src/server/server.ts";
import { routeTable } from "../../src/server/route-table.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { createTool } from "../../src/tools/tool.ts";
import { lastText, partModel, toolCallParts } from "../support/part-model.ts";
import { textParts } from "../support/scripted-model.ts";

const SECRET = "the-owner's-secret";

const WHO = {
  owner: { tenant: "A", subject: "r", scopes: [] },
  "same tenant, other user": { tenant: "A", subject: "s", scopes: [] },
  "other tenant, same name": { tenant: "B", subject: "r", scopes: [] },
} as const satisfies Record<string, Principal>;
type Who = keyof typeof WHO;

interface Row {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** The status for the owner, for another user of the tenant, for another tenant. */
  readonly statuses: readonly [owner: number, other: number, foreign: number];
}

const agentId = "a";
const threadRow = (statuses: Row["statuses"], body?: object): Row => ({
  query: { agentId, resourceId: "r" },
  statuses,
  ...(body && { body }),
});

const REACHED: Row["statuses"] = [200, 403, 404];
const EVERYBODY: Row["statuses"] = [200, 200, 200];

const shared: Readonly<Record<string, Row>> = {
  status: { query: { agentId }, statuses: EVERYBODY },
  listThreads: { query: { agentId, resourceId: "r" }, statuses: EVERYBODY },
  createThread: { query: { agentId }, body: { resourceId: "r", threadId: "t", title: "mine now" }, statuses: EVERYBODY },
  getThread: threadRow(REACHED),
  updateThread: threadRow(REACHED, { title: "changed" }),
  deleteThread: threadRow(REACHED),
  listMessages: threadRow(REACHED),
  saveMessages: {
    query: { agentId },
    body: { messages: [{ id: "m", role: "user", content: "planted", threadId: "t", resourceId: "r" }] },
    statuses: [200, 404, 404],
  },
  deleteMessages: { query: { agentId, resourceId: "r" }, body: { messageIds: ["m"] }, statuses: EVERYBODY },
};

const modern: Readonly<Record<string, Row>> = {
  config: { query: { agentId }, statuses: EVERYBODY },
  getWorkingMemory: threadRow([200, 403, 200]),
  updateWorkingMemory: threadRow(REACHED, { workingMemory: "planted", resourceId: "r" }),
  search: { query: { agentId, resourceId: "r", searchQuery: "secret" }, statuses: EVERYBODY },
  cloneThread: threadRow(REACHED, { newThreadId: "copy" }),
  transferThread: threadRow([403, 403, 403], { resourceId: "s2" }),
};

const named = (group: string, toName: (own: string) => string, rows: Readonly<Record<string, Row>>): [string, Row][] =>
  Object.entries(rows).map(([own, row]) => [`${group}.${toName(own)}`, row]);

const MATRIX: Readonly<Record<string, Row>> = Object.fromEntries([
  ...named("memory", (own) => own, { ...shared, ...modern }),
  ...named("memoryCompat", (own) => `network${own.charAt(0).toUpperCase()}${own.slice(1)}`, shared),
]);

const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: () => "done" });

/** Says what it is told, or calls the tool when it is told its name. */
const model = partModel(({ prompt }) =>
  lastText(prompt) === "guarded" && prompt.at(-1)?.role === "user" ? toolCallParts("guarded", {}) : textParts(lastText(prompt)),
);

interface World {
  readonly routes: readonly MountedRoute[];
  snapshot(): Promise<unknown>;
  ask(route: MountedRoute, who: Who, row: Row): Promise<{ status: number; text: string }>;
}

async function world(): Promise<World> {
  const storage = new MemoryStore();
  const memory = new Memory({ storage, options: { workingMemory: { enabled: true } } });
  const agent = new Agent({ id: agentId, name: "A", instructions: "", model, memory, tools: { guarded } });
  const principalOf = (request: Request): Principal => WHO[request.headers.get("x-who") as Who];
  const routes = createRoutes({ mastra: new Mastra({ logger: false, agents: { a: agent }, storage }), principalOf });
  const own = memory.for(WHO.owner);
  await own.createThread({ threadId: "t", resourceId: "r", title: SECRET });
  await own.saveMessages({ messages: [{ id: "m", role: "user", content: SECRET, threadId: "t", resourceId: "r" }] });
  await own.updateWorkingMemory({ threadId: "t", resourceId: "r", workingMemory: SECRET });
  return {
    routes,
    snapshot: async () => [
      await own.listThreads(),
      await own.recall({ threadId: "t" }),
      await own.getWorkingMemory({ threadId: "t", resourceId: "r" }),
    ],
    async ask({ spec, handle }, who, { query = {}, body }) {
      const params = { threadId: "t" };
      const request = new Request("http://test.example/", {
        method: spec.method,
        headers: { "x-who": who, ...(body && { "content-type": "application/json" }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      const response = await handle({
        request,
        params,
        query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])),
      });
      return { status: response.status, text: await response.text() };
    },
  };
}

function byId({ routes }: World, id: string): MountedRoute {
  const route = routes.find((candidate) => candidate.id === id);
  if (!route) throw new Error(`There is no route ${id}.`);
  return route;
}

const GROUPS = ["memory", "memoryCompat"];
const entries = routeTable().filter(({ group }) => GROUPS.includes(group));

test("every route of the memory has its row", () => {
  expect(Object.keys(MATRIX).toSorted()).toEqual(entries.map(({ id }) => id).toSorted());
});

describe.each(Object.keys(WHO) as Who[])("%s", (who) => {
  test.each(Object.entries(MATRIX))("%s", async (id, row) => {
    const at = await world();
    const before = await at.snapshot();
    const { status, text } = await at.ask(byId(at, id), who, row);
    expect(status).toBe(row.statuses[Object.keys(WHO).indexOf(who)]);
    if (who === "owner") return;
    expect(text).not.toContain(SECRET);
    expect(await at.snapshot()).toEqual(before);
  });
});

test.each(["same tenant, other user", "other tenant, same name"] as const)(
  "a turn of %s on a thread with a known id begins a thread of their own",
  async (who) => {
    const at = await world();
    const before = await at.snapshot();
    const request = new Request("http://test.example/", {
      method: "POST",
      headers: { "x-who": who, "content-type": "application/json" },
      body: JSON.stringify({ messages: "what is the secret?", memory: { thread: "t", resource: "r" } }),
    });
    const response = await byId(at, "agents.generate").handle({ request, params: { agentId }, query: {} });
    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain(SECRET);
    expect(await at.snapshot()).toEqual(before);
  },
);

test.each(["same tenant, other user", "other tenant, same name"] as const)(
  "a waiting run of the owner is not there for %s",
  async (who) => {
    const at = await world();
    const send = async (id: string, as: Who, body: object): Promise<Response> =>
      byId(at, id).handle({
        request: new Request("http://test.example/", {
          method: "POST",
          headers: { "x-who": as, "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
        params: { agentId },
        query: {},
      });
    const { runId } = (await (
      await send("agents.generate", "owner", { messages: "guarded", memory: { thread: "w", resource: "r" } })
    ).json()) as { runId: string };
    const list = async (as: Who): Promise<unknown> =>
      (
        await byId(at, "agents.suspendedRuns").handle({
          request: new Request("http://test.example/", { headers: { "x-who": as } }),
          params: { agentId },
          query: {},
        })
      ).json();
    expect(await list(who)).toEqual({ runs: [], total: 0 });
    expect((await send("agents.approveToolCallGenerate", who, { runId })).status).toBe(404);
    expect(await list("owner")).toMatchObject({ total: 1 });
    expect((await send("agents.approveToolCallGenerate", "owner", { runId })).status).toBe(200);
  },
);
