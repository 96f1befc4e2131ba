import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { describe, expect, test } from "vitest";
import { MastraServer } from "../../src/adapters/hono.ts";
import { RequestContext } from "../../src/context/request-context.ts";
import { FermataError } from "../../src/errors.ts";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra, type ApiRoute, type ServerConfig } from "../../src/mastra.ts";
import { registerApiRoute } from "../../src/server/custom-routes.ts";
import { textModel } from "../support/part-model.ts";
import { startHono, startServe, type TestServer } from "../support/test-server.ts";
import { Hono } from "hono";

function app(apiRoutes: readonly ApiRoute[], server: ServerConfig = {}): Mastra {
  const agent = new Agent({ id: "a", name: "A", instructions: "Be brief.", model: textModel("ok") });
  return new Mastra({ logger: false, agents: { a: agent }, server: { handleShutdownSignals: false, apiRoutes, ...server } });
}

const start = (apiRoutes: readonly ApiRoute[], server?: ServerConfig): Promise<TestServer> => startServe(app(apiRoutes, server));

async function ask(url: string, init?: RequestInit): Promise<[number, unknown]> {
  const response = await fetch(url, init);
  return [response.status, await response.json()];
}

const throws = (error: unknown) => (): never => {
  throw error;
};

describe("a route of the app's own", () => {
  test("stands at the root and finds the app in its context", async () => {
    const handler = (c: Context): Response =>
      c.json({
        name: c.get("mastra").getAgent("a").name,
        context: c.get("requestContext") instanceof RequestContext,
        id: c.req.param("id"),
      });
    await using server = await start([registerApiRoute("/own/:id", { method: "GET", handler })]);
    expect(await ask(`${server.origin}/own/7`)).toEqual([200, { name: "A", context: true, id: "7" }]);
    expect((await fetch(`${server.api}/own/7`)).status).toBe(404);
  });

  test("can have its handler made with the app", async () => {
    const createHandler =
      async ({ mastra }: { mastra: Mastra }) =>
      (c: Context) =>
        c.json(Object.keys(mastra.listAgents()));
    await using server = await start([registerApiRoute("/own", { method: "POST", createHandler })]);
    expect(await ask(`${server.origin}/own`, { method: "POST" })).toEqual([200, ["a"]]);
  });

  test("runs its middleware in order, before its handler", async () => {
    const step = (name: string) => async (c: Context, next: () => Promise<void>) => {
      c.header("x-steps", `${c.res.headers.get("x-steps") ?? ""}${name}`);
      await next();
    };
    const handler = (c: Context): Response => c.json("done");
    await using server = await start([registerApiRoute("/own", { method: "GET", handler, middleware: [step("a"), step("b")] })]);
    expect((await fetch(`${server.origin}/own`)).headers.get("x-steps")).toBe("ab");
  });

  test("for all methods answers all of them", async () => {
    await using server = await start([registerApiRoute("/own", { method: "ALL", handler: (c: Context) => c.json(c.req.method) })]);
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"])
      expect(await ask(`${server.origin}/own`, { method })).toEqual([200, method]);
  });

  test("for everything else leaves the API and its document where they are", async () => {
    await using server = await start([registerApiRoute("/*", { method: "ALL", handler: (c: Context) => c.json("page") })]);
    expect(await ask(`${server.origin}/anything`)).toEqual([200, "page"]);
    expect(await ask(`${server.api}/auth/me`)).toEqual([200, null]);
    expect(await ask(`${server.api}/openapi.json`)).toMatchObject([200, { openapi: "3.1.0" }]);
    expect(await ask(`${server.origin}/health`)).toEqual([200, { success: true }]);
  });
});

describe("a failure in a route of the app's own", () => {
  const failing = (error: unknown): ApiRoute => registerApiRoute("/own", { method: "GET", handler: throws(error) });

  test("is told without its message", async () => {
    await using server = await start([failing(new Error("secret /srv/place"))]);
    const [status, body] = await ask(`${server.origin}/own`);
    expect([status, body]).toMatchObject([500, { error: "Internal Server Error" }]);
    expect(JSON.stringify(body)).not.toContain("secret");
  });

  test("is told as it is when it has a code", async () => {
    await using server = await start([failing(new FermataError("CONFLICT", "busy"))]);
    expect(await ask(`${server.origin}/own`)).toMatchObject([409, { error: "busy", code: "CONFLICT" }]);
  });

  test("is its own reply when it brings one", async () => {
    await using server = await start([failing(new HTTPException(418, { message: "teapot" }))]);
    const response = await fetch(`${server.origin}/own`);
    expect([response.status, await response.text()]).toEqual([418, "teapot"]);
  });

  test("goes to onError", async () => {
    await using server = await start([failing(new Error("x"))], { onError: (_error, c) => (c as Context).json("own", 503) });
    expect(await ask(`${server.origin}/own`)).toEqual([503, "own"]);
  });

  test("is the same when its middleware throws, also on an app of one's own", async () => {
    const route = registerApiRoute("/own", { method: "GET", handler: (c: Context) => c.json(1), middleware: throws(new Error("secret")) });
    await using server = await startHono(app([route]));
    expect(await ask(`${server.origin}/own`)).toMatchObject([500, { error: "Internal Server Error", code: "INTERNAL" }]);
  });
});

describe("a route that cannot be", () => {
  test.each(["/api", "/api/", "/api/own"])("%s is refused: it stands below the prefix", (path) => {
    const route = registerApiRoute(path, { method: "GET", handler: () => null });
    expect(() => new MastraServer({ app: new Hono(), mastra: app([route]) })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
  });

  test("/apiary is not below the prefix", async () => {
    await using server = await start([registerApiRoute("/apiary", { method: "GET", handler: (c: Context) => c.json("bees") })]);
    expect(await ask(`${server.origin}/apiary`)).toEqual([200, "bees"]);
  });

  test("a path without its slash is refused", () => {
    expect(() => registerApiRoute("own", { method: "GET", handler: () => null })).toThrow(
      expect.objectContaining({ code: "MISCONFIGURED" }),
    );
  });

  test("a route without a handler, or with two, is refused", () => {
    expect(() => registerApiRoute("/own", { method: "GET" })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
    expect(() => registerApiRoute("/own", { method: "GET", handler: () => null, createHandler: () => () => null })).toThrow(
      expect.objectContaining({ code: "MISCONFIGURED" }),
    );
  });
});
