/** The handler by itself, the route files that are made of it, and places that a host puts it in. */
// oxlint-disable-next-line import/no-unassigned-import -- Nest wants it first
import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import express from "express";
import Fastify from "fastify";
import { expect, test } from "vitest";
import { MastraServer as ExpressServer } from "../../src/adapters/express.ts";
import { MastraServer as FastifyServer } from "../../src/adapters/fastify.ts";
import { createHandler } from "../../src/adapters/handler.ts";
import { MastraModule } from "../../src/adapters/nestjs.ts";
import { createNextRouteHandler } from "../../src/adapters/next.ts";
import { createNodeHandler } from "../../src/adapters/node.ts";
import { createSvelteKitHandler } from "../../src/adapters/sveltekit.ts";
import { createStartRouteHandler } from "../../src/adapters/tanstack-start.ts";
import { Agent } from "../../src/agents/agent.ts";
import { SimpleAuth } from "../../src/auth/simple-auth.ts";
import { RequestContext } from "../../src/context/request-context.ts";
import { Mastra } from "../../src/mastra.ts";
import { registerApiRoute } from "../../src/server/custom-routes.ts";
import { partModel, textModel, textParts } from "../../src/testing/part-model.ts";
import { createTool } from "../../src/tools/tool.ts";
import { listening } from "./start.ts";

const createApp = (): Mastra =>
  new Mastra({ logger: false, agents: { guide: new Agent({ id: "guide", name: "Guide", instructions: "", model: textModel("Hello.") }) } });

const generate = (path = "/api"): Request =>
  new Request(`http://host${path}/agents/guide/generate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"messages":"Hi"}',
  });

test("many first requests at once make the routes once", async () => {
  let made = 0;
  const route = registerApiRoute("/made", {
    method: "GET",
    createHandler: async () => {
      made += 1;
      return (c) => c.text("made");
    },
  });
  const handler = createHandler({ mastra: createApp(), customApiRoutes: [route] });
  expect(made).toBe(0);
  const replies = await Promise.all(Array.from({ length: 8 }, () => handler(new Request("http://host/made"))));
  expect(await Promise.all(replies.map((reply) => reply.text()))).toEqual(Array.from({ length: 8 }, () => "made"));
  expect(made).toBe(1);
});

test("a start that failed is tried again by the next request", async () => {
  let tries = 0;
  const route = registerApiRoute("/made", {
    method: "GET",
    createHandler: async () => {
      tries += 1;
      if (tries === 1) throw new Error("not yet");
      return (c) => c.text("made");
    },
  });
  const handler = createHandler({ mastra: createApp(), customApiRoutes: [route] });
  await expect(handler.ready()).rejects.toThrow("not yet");
  expect(await (await handler(new Request("http://host/made"))).text()).toBe("made");
});

test("an unusable prefix is refused when the handler is made", () => {
  expect(() => createHandler({ mastra: createApp(), prefix: "/a/../b" })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
});

test("a request context beside the request reaches the agent", async () => {
  const model = partModel(({ prompt }) => textParts(JSON.stringify(prompt[0]?.content)));
  const guide = new Agent({ id: "guide", name: "Guide", model, instructions: ({ requestContext }) => String(requestContext.get("tier")) });
  const handler = createHandler({ mastra: new Mastra({ logger: false, agents: { guide } }) });
  const reply = await handler(generate(), { requestContext: new RequestContext([["tier", "gold"]]) });
  expect(await reply.json()).toMatchObject({ text: '"gold"' });
});

test.each([
  [
    "its own method goes before ALL",
    [
      ["ALL:/own/report", true],
      ["GET:/own/report", false],
    ],
    200,
  ],
  [
    "ALL goes before patterns",
    [
      ["GET:/own/*", false],
      ["ALL:/own/report", true],
    ],
    401,
  ],
  [
    "the first pattern that fits counts",
    [
      ["GET:/other/*", true],
      ["ALL:/own/*", false],
      ["GET:*", true],
    ],
    200,
  ],
  ["an entry for another method says nothing", [["POST:/own/report", false]], 401],
] as const)("customRouteAuthConfig says who may call a custom route: %s", async (_rule, entries, status) => {
  const mastra = new Mastra({ logger: false, server: { auth: new SimpleAuth({ tokens: { secret: { id: "ada" } } }) } });
  const report = registerApiRoute("/own/report", { method: "GET", handler: (c) => c.text("report") });
  const handler = createHandler({ mastra, customApiRoutes: [report], customRouteAuthConfig: new Map(entries) });
  expect((await handler(new Request("http://host/own/report"))).status).toBe(status);
});

test("customRouteAuthConfig opens none of the API's own routes", async () => {
  const mastra = new Mastra({ logger: false, server: { auth: new SimpleAuth({ tokens: { secret: { id: "ada" } } }) } });
  const handler = createHandler({ mastra, customRouteAuthConfig: new Map([["GET:/api/agents", false]]) });
  expect((await handler(new Request("http://host/api/agents"))).status).toBe(401);
});

test("tools of an adapter are tools of the API", async () => {
  const lookup = createTool({ id: "lookup", description: "Looks up", execute: async () => ({ found: true }) });
  const handler = createHandler({ mastra: createApp(), tools: { lookup } });
  const body = { method: "POST", headers: { "content-type": "application/json" }, body: '{"data":{}}' };
  expect(await (await handler(new Request("http://host/api/tools/lookup/execute", body))).json()).toEqual({ found: true });
});

test.each(["taskStore", "mcpOptions", "rateLimitOptions"])("%s is refused, because it would not be honoured", async (name) => {
  const handler = createHandler({ mastra: createApp(), [name]: {} });
  await expect(handler.ready()).rejects.toMatchObject({ code: "MISCONFIGURED", message: expect.stringContaining(name) });
});

test("what nobody answers is a 404 in JSON", async () => {
  const reply = await createHandler({ mastra: createApp() })(new Request("http://host/api/nobody"));
  expect([reply.status, await reply.json()]).toEqual([404, { error: "Not Found", code: "NOT_FOUND" }]);
});

test("Next.js gets a function per method", async () => {
  const { POST, GET } = createNextRouteHandler({ mastra: createApp() });
  expect(await (await POST(generate())).json()).toMatchObject({ text: "Hello." });
  expect((await GET(new Request("http://host/api/agents"))).status).toBe(200);
});

test("TanStack Start gets a function per method", async () => {
  const { POST } = createStartRouteHandler({ mastra: createApp(), prefix: "/ai" });
  expect(await (await POST({ request: generate("/ai") })).json()).toMatchObject({ text: "Hello." });
});

test("SvelteKit gets a function per method", async () => {
  const { POST } = createSvelteKitHandler({ mastra: createApp() });
  expect(await (await POST({ request: generate() })).json()).toMatchObject({ text: "Hello." });
});

test("a router of Express answers below its own place", async () => {
  const router = express.Router();
  await new ExpressServer({ app: router, mastra: createApp() }).init();
  const app = express().use("/v2", router);
  const server = await listening(app.listen(0, "127.0.0.1"));
  try {
    expect((await fetch(`${server.origin}/v2/api/agents`)).status).toBe(200);
    expect((await fetch(`${server.origin}/api/agents`)).status).toBe(404);
  } finally {
    await server.close();
  }
});

test("the listener for node:http is middleware too", async () => {
  const app = express().use(createNodeHandler({ mastra: createApp() }));
  app.use((_request, response) => void response.send("the host's"));
  const server = await listening(app.listen(0, "127.0.0.1"));
  try {
    expect((await fetch(`${server.origin}/api/agents`)).status).toBe(200);
    expect(await (await fetch(`${server.origin}/api/nobody`)).text()).toBe("the host's");
  } finally {
    await server.close();
  }
});

test("a scope of Fastify with a prefix answers below it", async () => {
  const app = Fastify();
  await app.register(async (scope) => new FastifyServer({ app: scope, mastra: createApp() }).init(), { prefix: "/v2" });
  expect((await app.inject("/v2/api/agents")).statusCode).toBe(200);
  expect((await app.inject("/api/agents")).statusCode).toBe(404);
  await app.close();
});

test("Nest's global prefix goes before the server's, and options may come from other providers", async () => {
  const options = { provide: "options", useFactory: async () => ({ mastra: createApp(), prefix: "/ai" }) };
  const settings = { module: Object, providers: [options], exports: ["options"] };
  const mounted = MastraModule.registerAsync({
    imports: [settings],
    inject: ["options"],
    useFactory: (given: Awaited<ReturnType<typeof options.useFactory>>) => given,
  });
  const app = await NestFactory.create({ module: Array, imports: [mounted] }, { logger: false, forceCloseConnections: true });
  app.setGlobalPrefix("v1");
  await app.listen(0, "127.0.0.1");
  try {
    const url = await app.getUrl();
    expect((await fetch(`${url}/v1/ai/agents`)).status).toBe(200);
    expect((await fetch(`${url}/ai/agents`)).status).toBe(404);
  } finally {
    await app.close();
  }
});
