import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { Agent } from "../../src/agents/agent.ts";
import { FermataError } from "../../src/errors.ts";
import { Mastra, type ApiRoute, type ServerConfig } from "../../src/mastra.ts";
import { SimpleAuth } from "../../src/auth/simple-auth.ts";
import { createPublicRoute, createRoute } from "../../src/server/custom/create-route.ts";
import { registerApiRoute } from "../../src/server/custom-routes.ts";
import { textModel } from "../support/part-model.ts";
import { startServe, type TestServer } from "../support/test-server.ts";

function start(apiRoutes: readonly ApiRoute[], server: ServerConfig = {}): Promise<TestServer> {
  const a = new Agent({ id: "a", name: "A", instructions: "secret-instructions", model: textModel("ok") });
  return startServe(
    new Mastra({ logger: false, agents: { a }, server: { handleShutdownSignals: false, drainTimeout: 100, apiRoutes, ...server } }),
  );
}

const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

async function ask(url: string, init?: RequestInit): Promise<[number, unknown]> {
  const response = await fetch(url, init);
  return [response.status, await response.json()];
}

const order = createRoute({
  method: "POST",
  path: "/shops/:shop/orders",
  summary: "Order something",
  pathParamSchema: z.object({ shop: z.string().min(2) }),
  queryParamSchema: z.object({
    dry: z.stringbool().optional(),
    sort: z.object({ field: z.string() }).optional(),
    tags: z.array(z.string()).optional(),
  }),
  bodySchema: z.object({ count: z.number().int().positive(), note: z.string().default("none") }),
  responseSchema: z.object({ shop: z.string(), total: z.number(), note: z.string() }),
  handler: ({ shop, dry, count, note, sort, tags }) => ({
    shop,
    total: dry ? 0 : count * 2,
    note: sort || tags ? JSON.stringify({ sort, tags }) : note,
  }),
});

describe("a route with schemas", () => {
  test("gives its handler the checked values of path, query and body", async () => {
    await using server = await start([order]);
    expect(await ask(`${server.origin}/shops/main/orders`, post({ count: 3, unknown: 1 }))).toEqual([
      200,
      { shop: "main", total: 6, note: "none" },
    ]);
    expect(await ask(`${server.origin}/shops/main/orders?dry=true`, post({ count: 3, note: "x" }))).toEqual([
      200,
      { shop: "main", total: 0, note: "x" },
    ]);
  });

  test.each([
    ["as JSON", `sort=${encodeURIComponent('{"field":"date"}')}&tags=${encodeURIComponent('["a","b"]')}`],
    ["in brackets", "sort[field]=date&tags[]=a&tags[]=b"],
    ["by repeating", "sort[field]=date&tags=a&tags=b"],
  ])("takes objects and lists of the query %s", async (_name, query) => {
    await using server = await start([order]);
    const [, reply] = await ask(`${server.origin}/shops/main/orders?${query}`, post({ count: 1 }));
    expect(reply).toMatchObject({ note: '{"sort":{"field":"date"},"tags":["a","b"]}' });
  });

  test.each([
    ["the path", "/shops/x/orders", { count: 1 }, "Invalid path parameters", "shop"],
    ["the query", "/shops/main/orders?dry=perhaps", { count: 1 }, "Invalid query parameters", "dry"],
    ["the body", "/shops/main/orders", { count: "1" }, "Invalid request body", "count"],
  ])("refuses what does not fit %s", async (_name, path, body, error, field) => {
    await using server = await start([order]);
    expect(await ask(`${server.origin}${path}`, post(body))).toMatchObject([
      400,
      { error, code: "VALIDATION_FAILED", issues: [{ field }] },
    ]);
  });

  test("refuses a body that is no JSON, and one that is too large", async () => {
    await using server = await start([order], { bodySizeLimit: 50 });
    expect(await ask(`${server.origin}/shops/main/orders`, { ...post({}), body: "{" })).toMatchObject([
      400,
      { issues: [{ field: "body" }] },
    ]);
    expect(await ask(`${server.origin}/shops/main/orders`, post({ count: 1, note: "x".repeat(60) }))).toMatchObject([
      413,
      { code: "PAYLOAD_TOO_LARGE" },
    ]);
  });

  test("has what the server offers, which no value of the request takes the place of", async () => {
    const route = createRoute({
      method: "POST",
      path: "/own",
      bodySchema: z.looseObject({ mastra: z.unknown() }),
      handler: ({ mastra, requestContext, abortSignal, request }) => ({
        name: mastra.getAgentById("a").name,
        tier: requestContext.getRaw("tier"),
        aborted: abortSignal.aborted,
        method: request.method,
      }),
    });
    await using server = await start([route]);
    expect(await ask(`${server.origin}/own`, post({ mastra: "stolen", requestContext: { tier: "gold", user: "admin" } }))).toEqual([
      200,
      { name: "A", tier: "gold", aborted: false, method: "POST" },
    ]);
  });

  test("may give a reply of its own, and its failures have the usual form", async () => {
    await using server = await start([
      createRoute({ method: "GET", path: "/made", handler: () => new Response("made", { status: 201 }) }),
      createRoute({ method: "GET", path: "/busy", handler: () => Promise.reject(new FermataError("CONFLICT", "busy")) }),
      createRoute({ method: "GET", path: "/broken", handler: () => Promise.reject(new Error("secret")) }),
    ]);
    expect((await fetch(`${server.origin}/made`)).status).toBe(201);
    expect(await ask(`${server.origin}/busy`)).toMatchObject([409, { error: "busy", code: "CONFLICT" }]);
    expect(await ask(`${server.origin}/broken`)).toMatchObject([500, { error: "Internal Server Error", code: "INTERNAL" }]);
  });

  test("answers what does not fit as it says itself, before the server does", async () => {
    const own = createRoute({
      method: "POST",
      path: "/own",
      bodySchema: z.object({ n: z.number() }),
      onValidationError: ({ issues }, part) => ({ status: 422, body: { part, field: issues[0]?.field } }),
      handler: () => "ok",
    });
    await using server = await start([own, order], { onValidationError: () => ({ status: 418, body: "server" }) });
    expect(await ask(`${server.origin}/own`, post({}))).toEqual([422, { part: "body", field: "n" }]);
    expect(await ask(`${server.origin}/shops/main/orders`, post({}))).toEqual([418, "server"]);
  });
});

describe("a route that streams", () => {
  async function* count(): AsyncGenerator {
    yield { n: 1 };
    yield { n: 2 };
  }

  test.each([
    ["sse", "text/event-stream", 'data: {"n":1}\n\ndata: {"n":2}\n\ndata: [DONE]\n\n'],
    ["stream", "text/plain", '{"n":1}\u001e{"n":2}\u001e'],
  ] as const)("as %s writes its chunks as they come", async (streamFormat, type, text) => {
    await using server = await start([createRoute({ method: "GET", path: "/own", responseType: "stream", streamFormat, handler: count })]);
    const response = await fetch(`${server.origin}/own`);
    expect([response.headers.get("content-type"), await response.text()]).toEqual([type, text]);
  });

  test("shows an agent's run as the API does, without what is the server's own", async () => {
    const route = createRoute({
      method: "GET",
      path: "/own",
      responseType: "stream",
      streamFormat: "sse",
      handler: ({ mastra, requestContext, abortSignal }) => mastra.getAgentById("a").stream("hi", { requestContext, abortSignal }),
    });
    await using server = await start([route]);
    const text = await (await fetch(`${server.origin}/own`)).text();
    expect(text).toContain('"text":"ok"');
    expect(text).not.toContain("secret-instructions");
  });

  test("tells of a failure in the middle, without its message", async () => {
    const route = createRoute({
      method: "GET",
      path: "/own",
      responseType: "stream",
      streamFormat: "sse",
      handler: async function* () {
        yield { n: 1 };
        throw new Error("secret");
      },
    });
    await using server = await start([route]);
    const text = await (await fetch(`${server.origin}/own`)).text();
    expect(text).toMatch(/^data: \{"n":1\}\n\ndata: \{"type":"error".*\n\ndata: \[DONE\]\n\n$/);
    expect(text).not.toContain("secret");
  });

  test("stops its source when the reader has left", async () => {
    const stopped = Promise.withResolvers<void>();
    const route = createRoute({
      method: "GET",
      path: "/own",
      responseType: "stream",
      handler: async function* () {
        try {
          for (;;) {
            yield "x".repeat(10_000);
            await new Promise((resolve) => setImmediate(resolve));
          }
        } finally {
          stopped.resolve();
        }
      },
    });
    await using server = await start([route]);
    const controller = new AbortController();
    const response = await fetch(`${server.origin}/own`, { signal: controller.signal });
    await response.body?.getReader().read();
    controller.abort();
    await expect(stopped.promise).resolves.toBeUndefined();
  });
});

describe("a route of the app's own is like those of the API", () => {
  test("in the document", async () => {
    const own = registerApiRoute("/plain/:id", {
      method: "POST",
      handler: (c) => c.text("x"),
      openapi: { summary: "Plain", requestBody: { content: { "application/json": { schema: z.object({ n: z.number() }) } } } },
    });
    await using server = await start([order, own]);
    const document = (await (await fetch(`${server.api}/openapi.json`)).json()) as { paths: Record<string, Record<string, object>> };
    expect(document.paths["/shops/{shop}/orders"]?.post).toMatchObject({
      summary: "Order something",
      servers: [{ url: "/" }],
      requestBody: { content: { "application/json": { schema: { properties: { count: { type: "integer" } }, required: ["count"] } } } },
      parameters: [
        { name: "shop", in: "path", required: true, schema: { minLength: 2 } },
        { name: "dry", in: "query", required: false },
        { name: "sort", in: "query" },
        { name: "tags", in: "query" },
      ],
      responses: { "200": { content: { "application/json": { schema: { properties: { total: { type: "number" } } } } } } },
    });
    expect(document.paths["/plain/{id}"]?.post).toMatchObject({
      summary: "Plain",
      requestBody: { content: { "application/json": { schema: { type: "object", properties: { n: { type: "number" } } } } } },
    });
  });

  test("in its limits, its request id and its trace", async () => {
    await using server = await start([createRoute({ method: "GET", path: "/own", handler: () => "ok" })], {
      limits: { policies: [{ name: "own", requests: 1, window: "1h", routes: "custom:execute" }] },
    });
    const headers = { "x-request-id": "req-7", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
    const first = await fetch(`${server.origin}/own`, { headers });
    expect([first.status, first.headers.get("x-request-id"), first.headers.get("ratelimit")]).toEqual([200, "req-7", `"own";r=0;t=3600`]);
    expect(first.headers.get("traceparent")).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[\da-f]{16}-01$/);
    const second = await fetch(`${server.origin}/own`, { headers });
    expect([second.status, second.headers.get("x-request-id"), await second.json()]).toMatchObject([429, "req-7", { requestId: "req-7" }]);
  });

  test("in the places that runs take", async () => {
    const go = Promise.withResolvers<void>();
    const began = vi.fn<() => void>();
    const route = createRoute({
      method: "GET",
      path: "/own",
      responseType: "stream",
      handler: async function* () {
        began();
        yield 1;
        await go.promise;
      },
    });
    await using server = await start([route], { limits: { concurrentRuns: 1 } });
    const first = await fetch(`${server.origin}/own`);
    await vi.waitFor(() => expect(began).toHaveBeenCalledOnce());
    expect((await fetch(`${server.origin}/own`)).status).toBe(503);
    go.resolve();
    await first.text();
    const next = await fetch(`${server.origin}/own`);
    expect(next.status).toBe(200);
    await next.text();
  });

  test("in being closed to strangers once there is authentication, unless it says that it is open", async () => {
    const auth = new SimpleAuth({ tokens: { "t-ada": { id: "ada" } } });
    await using server = await start(
      [
        createRoute({ method: "GET", path: "/own", handler: ({ user }) => user }),
        createPublicRoute({ method: "GET", path: "/open", handler: ({ user }) => ({ user }) }),
      ],
      { auth },
    );
    expect((await fetch(`${server.origin}/own`)).status).toBe(401);
    expect(await ask(`${server.origin}/own`, { headers: { authorization: "Bearer t-ada" } })).toEqual([200, { id: "ada" }]);
    expect(await ask(`${server.origin}/open`)).toEqual([200, {}]);
  });
});
