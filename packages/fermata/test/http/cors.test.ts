import { afterEach, describe, expect, test, vi } from "vitest";
import { MastraServer } from "../../src/adapters/hono.ts";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra, type ServerConfig } from "../../src/mastra.ts";
import { registerApiRoute } from "../../src/server/custom-routes.ts";
import { textModel } from "../support/part-model.ts";
import { startHono, startServe, type TestServer } from "../support/test-server.ts";
import { Hono } from "hono";

function app(server: ServerConfig = {}): Mastra {
  const agent = new Agent({ id: "a", name: "A", instructions: "Be brief.", model: textModel("ok") });
  return new Mastra({ logger: false, agents: { a: agent }, server: { handleShutdownSignals: false, ...server } });
}

const CORS = /^access-control-|^vary$/;

async function head(server: TestServer, path: string, init: RequestInit): Promise<Record<string, string>> {
  const response = await fetch(`${server.origin}${path}`, init);
  await response.text();
  return Object.fromEntries([...response.headers].filter(([name]) => CORS.test(name)));
}

const get = (server: TestServer, origin?: string, path = "/api/agents"): Promise<Record<string, string>> =>
  head(server, path, origin === undefined ? {} : { headers: { origin } });

const preflight = (server: TestServer, origin: string, path = "/api/agents/a/generate", method = "POST"): Promise<Record<string, string>> =>
  head(server, path, { method: "OPTIONS", headers: { origin, "access-control-request-method": method } });

afterEach(() => vi.unstubAllEnvs());

describe("without rules of the app's own", () => {
  test("pages of this machine, on any port, get in with their cookies in development", async () => {
    await using server = await startServe(app());
    for (const origin of ["http://localhost:5173", "http://127.0.0.1:3000", "https://[::1]:8443", "http://ui.localhost"]) {
      expect(await get(server, origin)).toMatchObject({
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        vary: "Origin",
      });
      expect(await preflight(server, origin)).toMatchObject({
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
      });
    }
  });

  test.each(["https://evil.example", "http://localhost.evil.example", "null", "http://127.0.0.1.evil.example"])(
    "pages of %s do not get in in development",
    async (origin) => {
      await using server = await startServe(app());
      expect(await get(server, origin)).toEqual({ vary: "Origin" });
      expect(await preflight(server, origin)).toEqual({ vary: "Origin" });
    },
  );

  test("no page of another origin gets in in production, and the log says once what to do about it", async () => {
    vi.stubEnv("NODE_ENV", "production");
    const warnings: string[] = [];
    const silent = (): void => undefined;
    const logger = { debug: silent, info: silent, error: silent, warn: (message: string) => void warnings.push(message) };
    await using server = await startServe(new Mastra({ logger, server: { handleShutdownSignals: false } }));
    for (const origin of ["https://app.example", "http://localhost:5173", "https://app.example"]) {
      expect(await get(server, origin)).toEqual({});
      expect(await preflight(server, origin)).toEqual({});
    }
    expect(await get(server, server.origin)).toEqual({});
    expect(warnings.filter((line) => line.includes("cors"))).toEqual([
      expect.stringContaining('server.cors: { origin: "https://app.example" }'),
    ]);
  });

  test("a request of no page is told nothing", async () => {
    await using server = await startServe(app());
    expect(await get(server)).toEqual({});
  });

  test("a Hono app of one's own is left to itself", async () => {
    await using server = await startHono(app());
    expect(await get(server, "http://localhost:5173")).toEqual({});
  });
});

describe("server.cors", () => {
  const named: ServerConfig = {
    cors: { origin: ["https://app.example"], credentials: true, allowHeaders: ["x-own"], exposeHeaders: ["x-told"], maxAge: 60 },
  };

  test.each([
    ["serve", startServe],
    ["a Hono app of one's own", startHono],
  ])("lets in the pages that it names, under %s", async (_name, start) => {
    await using server = await start(app(named));
    expect(await get(server, "https://app.example")).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": expect.stringMatching(/^Content-Length,X-Requested-With.*,x-told$/) as unknown,
      vary: "Origin",
    });
    expect(await preflight(server, "https://app.example")).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-methods": "GET,POST,PUT,PATCH,DELETE,OPTIONS",
      "access-control-allow-headers": expect.stringMatching(/^Content-Type,Authorization,.*,x-own$/) as unknown,
      "access-control-max-age": "60",
    });
    expect(await get(server, "https://other.example")).toEqual({ vary: "Origin" });
    expect(await preflight(server, "https://other.example")).toEqual({ vary: "Origin" });
  });

  test("is told with failures too, also before the body was read", async () => {
    await using server = await startServe(app({ ...named, bodySizeLimit: 10 }));
    const init = {
      method: "POST",
      headers: { origin: "https://app.example", "content-type": "application/json" },
      body: '{"messages":"hello"}',
    };
    expect(await head(server, "/api/agents/a/generate", init)).toMatchObject({ "access-control-allow-origin": "https://app.example" });
    expect(await get(server, "https://app.example", "/api/agents/nobody")).toMatchObject({
      "access-control-allow-origin": "https://app.example",
    });
  });

  test("that is a function is asked for each origin", async () => {
    const origin = async (from: string): Promise<string | undefined> => (from.endsWith(".app.example") ? from : undefined);
    await using server = await startServe(app({ cors: { origin } }));
    expect(await get(server, "https://a.app.example")).toMatchObject({ "access-control-allow-origin": "https://a.app.example" });
    expect(await get(server, "https://b.example")).toEqual({ vary: "Origin" });
  });

  test("that is false says nothing", async () => {
    await using server = await startServe(app({ cors: false }));
    expect(await get(server, "http://localhost:5173")).toEqual({});
    expect(await preflight(server, "http://localhost:5173")).toEqual({});
  });

  test.each([[{ credentials: true }], [{ origin: "*", credentials: true }], [{ origin: ["https://a.example", "*"], credentials: true }]])(
    "%j is refused: any page could act for its visitor",
    (cors) => {
      expect(() => new MastraServer({ app: new Hono(), mastra: app({ cors }) })).toThrow(
        expect.objectContaining({ code: "MISCONFIGURED" }),
      );
    },
  );
});

describe("the rules of a route of the app's own", () => {
  const routes = [
    registerApiRoute("/own", { method: "GET", handler: (c) => c.text("own"), cors: { origin: "https://partner.example" } }),
    registerApiRoute("/own", { method: "POST", handler: (c) => c.text("own"), cors: false }),
    registerApiRoute("/plain", { method: "GET", handler: (c) => c.text("plain") }),
  ];

  test.each<[string, ServerConfig]>([
    ["the usual ones", {}],
    ["server.cors", { cors: { origin: "https://app.example" } }],
    ["none", { cors: false }],
  ])("go before %s", async (_name, server) => {
    await using running = await startServe(app({ apiRoutes: routes, ...server }));
    expect(await get(running, "https://partner.example", "/own")).toMatchObject({
      "access-control-allow-origin": "https://partner.example",
    });
    expect(await preflight(running, "https://partner.example", "/own", "GET")).toMatchObject({
      "access-control-allow-origin": "https://partner.example",
    });
    expect(await get(running, "http://localhost:5173", "/own")).not.toHaveProperty("access-control-allow-origin");
    expect(await preflight(running, "http://localhost:5173", "/own", "GET")).not.toHaveProperty("access-control-allow-origin");
    expect(await preflight(running, "https://partner.example", "/own", "POST")).not.toHaveProperty("access-control-allow-origin");
  });

  test("are the server's where it has none", async () => {
    await using server = await startServe(app({ apiRoutes: routes, cors: { origin: "https://app.example" } }));
    expect(await get(server, "https://app.example", "/plain")).toMatchObject({ "access-control-allow-origin": "https://app.example" });
  });
});
