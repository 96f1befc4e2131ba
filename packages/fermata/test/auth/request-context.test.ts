/** What clients can say in a request context, and what they cannot, in whatever way it is written; and how long it lasts. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createHandler, type ServerHandler } from "../../src/adapters/handler.ts";
import { Agent } from "../../src/agents/agent.ts";
import type { RequestContext } from "../../src/context/request-context.ts";
import { Mastra } from "../../src/mastra.ts";
import { SimpleAuth } from "../../src/server/index.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { createTool } from "../../src/tools/tool.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import { partModel, toolCallParts } from "../support/part-model.ts";
import { textParts } from "../support/scripted-model.ts";

interface SeenContext {
  readonly where: string;
  readonly client: unknown;
  readonly trusted: Readonly<Record<string, unknown>>;
  readonly subject: string | undefined;
}

/** An app whose every part says which context it was given. */
function app(): { handler: ServerHandler; seen: SeenContext[] } {
  const seen: SeenContext[] = [];
  const see = (where: string, { client, trusted, principal }: RequestContext): void =>
    void seen.push({ where, client, trusted, subject: principal?.subject });
  const model = partModel(({ prompt }) => (prompt.at(-1)?.role === "tool" ? textParts("done") : toolCallParts("look", {})));
  const look = createTool({
    id: "look",
    description: "Looks",
    requireApproval: (_input, { requestContext }) => requestContext.getRaw("asks") === true,
    execute: (_input, { requestContext }) => see("tool", requestContext),
  });
  const agent = new Agent({
    id: "a",
    name: "A",
    model,
    tools: ({ requestContext }) => {
      see("tools", requestContext);
      return { look };
    },
    instructions: ({ requestContext }) => {
      see("instructions", requestContext);
      return "";
    },
  });
  const strict = new Agent({
    id: "strict",
    name: "S",
    model,
    instructions: "",
    requestContextSchema: z.object({ tier: z.enum(["gold"]) }),
  });
  const waits = createStep({
    id: "waits",
    execute: async ({ requestContext, resumeData, suspend }) => {
      see("step", requestContext);
      return resumeData ?? suspend({});
    },
  });
  const inner = createStep(agent);
  const schema = { inputSchema: z.any(), outputSchema: z.any() };
  const mastra = new Mastra({
    logger: false,
    storage: new MemoryStore(),
    agents: { a: agent, strict },
    workflows: {
      w: createWorkflow({ id: "w", ...schema })
        .then(waits)
        .commit(),
      nested: createWorkflow({ id: "nested", ...schema })
        .map(async () => ({ prompt: "look" }))
        .then(inner)
        .commit(),
      strict: createWorkflow({ id: "strict", ...schema, requestContextSchema: z.object({ tier: z.enum(["gold"]) }) })
        .then(waits)
        .commit(),
    },
    server: {
      auth: new SimpleAuth({
        tokens: { ada: { id: "ada" }, eve: { id: "eve" }, boss: { id: "boss", all: true } },
        mapUserToClaims: (user) => ("all" in user ? { scopes: ["*", "resources:*"] } : {}),
      }),
      middleware: [(c, next) => (c.get("requestContext").setRaw("plan", "free"), next())],
    },
  });
  return { handler: createHandler({ mastra }), seen };
}

function post(handler: ServerHandler, path: string, body: string | object, token = "ada", type = "application/json"): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, "content-type": type };
  return handler(
    new Request(`http://host/api${path}`, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) }),
  );
}

const RESERVED = [
  "mastra__resourceId",
  "mastra__threadId",
  "mastra__versions",
  "mastra__authToken",
  "mastra__inheritedMemory",
  "mastra__messageAuthor",
  "mastra__user",
  "mastra__userPermissions",
  "mastra__userRoles",
  "mastra__isStudio",
  "mastra__authMode",
  "mastra__of-the-future",
  "fermata__anything",
  "user",
  "userRoles",
  "userPermissions",
  "organizationId",
  "__proto__",
  "constructor",
  "prototype",
  "plan",
] as const;

const FORGED = { id: "eve", scopes: ["*"], admin: true };

/** What the server says of Ada, whatever the client says. */
const TRUSTED_OF_ADA = {
  plan: "free",
  user: { id: "ada" },
  mastra__user: { id: "ada" },
  mastra__resourceId: "ada",
  mastra__authToken: "ada",
  mastra__authMode: "server",
};

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
/** Every letter as an escape. */
const escaped = (key: string): string => Array.from(key, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");

type Send = (handler: ServerHandler, key: string) => Promise<Response>;

const get = (handler: ServerHandler, query: string): Promise<Response> =>
  handler(new Request(`http://host/api/agents/a?${query}`, { headers: { authorization: "Bearer ada" } }));
const context = (key: string): string => `{${JSON.stringify(key)}:${JSON.stringify(FORGED)},"tier":"gold"}`;

const ENCODINGS: Readonly<Record<string, Send>> = {
  "the body of a POST": (handler, key) => post(handler, "/agents/a/generate", `{"messages":"x","requestContext":${context(key)}}`),
  "the body, letters escaped": (handler, key) =>
    post(handler, "/agents/a/generate", `{"messages":"x","requestContext":{"${escaped(key)}":${JSON.stringify(FORGED)},"tier":"gold"}}`),
  "the body, twice": (handler, key) =>
    post(handler, "/agents/a/generate", `{"messages":"x","requestContext":{"tier":"gold"},"requestContext":${context(key)}}`),
  "the fields of a form": (handler, key) => {
    const form = new FormData();
    form.set("messages", "x");
    form.set("requestContext", context(key));
    return handler(
      new Request("http://host/api/agents/a/generate", { method: "POST", headers: { authorization: "Bearer ada" }, body: form }),
    );
  },
  "a workflow's start": (handler, key) => post(handler, "/workflows/w/start-async", `{"requestContext":${context(key)}}`),
  "a tool's call": (handler, key) => post(handler, "/agents/a/tools/look/execute", `{"data":{},"requestContext":${context(key)}}`),
  "a query as JSON": (handler, key) => get(handler, `requestContext=${encodeURIComponent(context(key))}`),
  "a query as base64": (handler, key) => get(handler, `requestContext=${encodeURIComponent(base64(context(key)))}`),
};

describe.each(Object.entries(ENCODINGS))("by %s", (_name, send) => {
  test.each(RESERVED)("a client cannot say %s", async (key) => {
    const { handler, seen } = app();
    expect((await send(handler, key)).status).toBe(200);
    expect(seen.length).toBeGreaterThan(0);
    for (const { client, trusted, subject } of seen) {
      expect({ client, trusted, subject }).toEqual({
        client: { tier: "gold" },
        trusted: expect.objectContaining(TRUSTED_OF_ADA),
        subject: "ada",
      });
      expect(JSON.stringify(trusted)).not.toContain("eve");
    }
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });
});

test("nothing that a client sends changes what the server says", async () => {
  const { handler, seen } = app();
  await fc.assert(
    fc.asyncProperty(
      fc.jsonValue({ maxDepth: 3 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...RESERVED), fc.string()), fc.jsonValue()),
      async (odd, values) => {
        for (const requestContext of [odd, values]) {
          seen.length = 0;
          const { status } = await post(handler, "/agents/a/tools/look/execute", { data: {}, requestContext });
          expect([200, 400]).toContain(status);
          for (const { trusted } of seen)
            expect(trusted).toEqual({ ...TRUSTED_OF_ADA, mastra__userRoles: [], mastra__userPermissions: expect.any(Array) });
        }
      },
    ),
    { numRuns: 100 },
  );
});

test.each(["/agents/a/generate", "/workflows/nested/start-async"])(
  "%s brings both parts to instructions, tools and nested runs",
  async (path) => {
    const { handler, seen } = app();
    const body = { messages: "x", inputData: {}, requestContext: { tier: "gold" } };
    expect((await post(handler, path, body)).status).toBe(200);
    expect([...new Set(seen.map(({ where }) => where))].toSorted()).toEqual(["instructions", "tool", "tools"]);
    for (const { client, trusted, subject } of seen)
      expect({ client, plan: trusted.plan, subject }).toEqual({ client: { tier: "gold" }, plan: "free", subject: "ada" });
  },
);

describe("a run that waits", () => {
  test("of an agent goes on with both parts, and who goes on with it cannot change the server's", async () => {
    const { handler, seen } = app();
    const started = await post(handler, "/agents/a/generate", { messages: "x", requestContext: { tier: "gold", asks: true, lang: "de" } });
    const { runId } = (await started.json()) as { runId: string };
    seen.length = 0;
    const resumed = await post(handler, "/agents/a/resume-stream", {
      runId,
      resumeData: { approved: true },
      requestContext: { lang: "fr", plan: "enterprise", user: FORGED },
    });
    await resumed.text();
    const tool = seen.find(({ where }) => where === "tool");
    expect(tool?.client).toEqual({ tier: "gold", asks: true, lang: "fr" });
    expect(tool?.trusted).toMatchObject({ plan: "free", user: { id: "ada" }, mastra__resourceId: "ada" });
  });

  test("of a workflow goes on with both parts, and with the token of who goes on with it", async () => {
    const { handler, seen } = app();
    const started = await post(handler, "/workflows/w/start-async?runId=r", { inputData: {}, requestContext: { tier: "gold" } });
    expect(await started.json()).toMatchObject({ status: "suspended" });
    seen.length = 0;
    const resumed = await post(
      handler,
      "/workflows/w/resume-async?runId=r",
      { resumeData: {}, requestContext: { plan: "enterprise" } },
      "boss",
    );
    expect(await resumed.json()).toMatchObject({ status: "success" });
    expect(seen).toMatchObject([
      { client: { tier: "gold" }, trusted: { plan: "free", user: { id: "boss" }, mastra__authToken: "boss" }, subject: "boss" },
    ]);
  });

  test("is kept without the caller's token", async () => {
    const store = new MemoryStore();
    const ask = createStep({ id: "ask", execute: ({ suspend }) => suspend({}) });
    const workflow = createWorkflow({ id: "w", inputSchema: z.any(), outputSchema: z.any() }).then(ask).commit();
    const auth = new SimpleAuth({ tokens: { "a-secret-token": { id: "ada" } } });
    const handler = createHandler({ mastra: new Mastra({ logger: false, storage: store, workflows: { w: workflow }, server: { auth } }) });
    await post(handler, "/workflows/w/start-async?runId=r", { inputData: {}, requestContext: { tier: "gold" } }, "a-secret-token");
    const run = await store.for({ tenant: "local", subject: "ada", scopes: [] }).runs.get("r");
    expect(JSON.stringify(run?.input)).toContain('"tier":"gold"');
    expect(JSON.stringify(run)).not.toContain("a-secret-token");
  });
});

test.each(["/agents/strict/generate", "/agents/strict/stream", "/workflows/strict/start-async", "/workflows/strict/start-async?runId=n"])(
  "%s refuses a context that does not fit its schema before anything runs",
  async (path) => {
    const { handler, seen } = app();
    const reply = await post(handler, path, { messages: "x", inputData: {}, requestContext: { tier: "silver" } });
    expect([reply.status, await reply.json()]).toEqual([
      400,
      expect.objectContaining({ error: expect.stringContaining("Request context validation failed") as string }),
    ]);
    expect(seen).toEqual([]);
  },
);
