import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import { describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { FermataError } from "../../src/errors.ts";
import { Mastra, type Middleware, type MiddlewareHandler, type ServerConfig } from "../../src/mastra.ts";
import { registerApiRoute } from "../../src/server/custom-routes.ts";
import { createTool } from "../../src/tools/tool.ts";
import { echoModel, partModel, toolModel } from "../support/part-model.ts";
import { textParts } from "../support/scripted-model.ts";
import { startHono, startServe, type TestServer } from "../support/test-server.ts";

function app(middleware: Middleware | readonly Middleware[], server: ServerConfig = {}): Mastra {
  const whoami = createTool({
    id: "whoami",
    description: "Tells the tier",
    execute: (_input, { requestContext }) => String(requestContext?.getRaw("tier")),
  });
  return new Mastra({
    logger: false,
    tools: { whoami },
    agents: {
      a: new Agent({ id: "a", name: "A", instructions: "Repeat.", model: echoModel() }),
      s: new Agent({
        id: "s",
        name: "S",
        instructions: ({ requestContext }) => `Tier ${String(requestContext.getRaw("tier"))}.`,
        model: partModel(({ prompt }) => textParts(JSON.stringify(prompt[0]))),
      }),
      t: new Agent({ id: "t", name: "T", instructions: "", model: toolModel("whoami", {}), tools: { whoami } }),
    },
    server: {
      handleShutdownSignals: false,
      apiRoutes: [
        registerApiRoute("/own", {
          method: "ALL",
          handler: async (c) => c.json({ body: await c.req.text(), tier: c.get("requestContext").getRaw("tier") }),
        }),
      ],
      middleware,
      ...server,
    },
  });
}

const start = (middleware: Middleware | readonly Middleware[], server?: ServerConfig): Promise<TestServer> =>
  startServe(app(middleware, server));

const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

const header =
  (name: string, value: string): MiddlewareHandler =>
  async (c, next) => {
    await next();
    c.header(name, `${c.res.headers.get(name) ?? ""}${value}`);
  };

describe("middleware", () => {
  test("runs in its order, around routes of the API and of the app, public ones and unknown ones", async () => {
    const mark =
      (name: string): MiddlewareHandler =>
      async (c, next) => {
        c.set("requestContext", c.get("requestContext"));
        seen.push(name);
        await next();
        seen.push(`/${name}`);
      };
    let seen: string[] = [];
    await using server = await start([mark("a"), mark("b")]);
    for (const path of ["/api/auth/me", "/api/agents", "/own", "/nowhere"]) {
      seen = [];
      await (await fetch(`${server.origin}${path}`)).text();
      expect([path, ...seen]).toEqual([path, "a", "b", "/b", "/a"]);
    }
  });

  test("with a path runs there alone", async () => {
    await using server = await start({ path: "/api/agents/*", handler: header("x-seen", "yes") });
    const seen = async (path: string): Promise<string | null> => (await fetch(`${server.origin}${path}`)).headers.get("x-seen");
    expect([await seen("/api/agents/a"), await seen("/api/tools"), await seen("/own")]).toEqual(["yes", null, null]);
  });

  test("may answer in place of the route", async () => {
    await using server = await start((c) => c.json({ error: "closed" }, 404));
    const response = await fetch(`${server.api}/agents`);
    expect([response.status, await response.json()]).toEqual([404, { error: "closed" }]);
  });

  test("changes the head of a stream before its body is read", async () => {
    await using server = await start(header("x-seen", "yes"));
    const response = await fetch(`${server.api}/agents/a/stream`, post({ messages: "hi" }));
    expect(response.headers.get("x-seen")).toBe("yes");
    expect(await response.text()).toContain("data: [DONE]");
  });

  test.each([
    ["json", async (c: Context) => void (await c.req.json())],
    ["text", async (c: Context) => void (await c.req.text())],
    ["bytes", async (c: Context) => void (await c.req.arrayBuffer())],
    ["a clone", async (c: Context) => void (await c.req.raw.clone().text())],
  ])("may read the body as %s and leaves it to the route", async (_name, read) => {
    await using server = await start(async (c, next) => {
      await read(c as Context);
      await next();
    });
    const reply = await fetch(`${server.api}/agents/a/generate`, post({ messages: "hello" }));
    expect(await reply.json()).toMatchObject({ text: expect.stringContaining("hello") as unknown });
    expect(await (await fetch(`${server.origin}/own`, post({ n: 1 }))).json()).toMatchObject({ body: '{"n":1}' });
  });

  test("may read a form and leaves it to the route", async () => {
    await using server = await start(async (c, next) => {
      await c.req.parseBody();
      await next();
    });
    const body = new FormData();
    body.set("messages", '"hello"');
    const reply = await fetch(`${server.api}/agents/a/generate`, { method: "POST", body });
    expect(await reply.json()).toMatchObject({ text: expect.stringContaining("hello") as unknown });
  });

  test("reads no more of a body than the limit, declared or not", async () => {
    await using server = await start(
      async (c, next) => {
        await c.req.text();
        await next();
      },
      { bodySizeLimit: 100 },
    );
    const large = JSON.stringify({ messages: "x".repeat(200) });
    const chunked: RequestInit = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Blob([large]).stream(),
      duplex: "half",
    } as RequestInit;
    for (const path of ["/api/agents/a/generate", "/own"]) {
      for (const init of [post({ messages: "x".repeat(200) }), chunked]) {
        const body = init.body instanceof ReadableStream ? new Blob([large]).stream() : init.body;
        const reply = await fetch(`${server.origin}${path}`, { ...init, body: body ?? null });
        expect([path, reply.status, await reply.json()]).toMatchObject([path, 413, { code: "PAYLOAD_TOO_LARGE" }]);
      }
    }
  });

  test("gives agents and tools what it sets, and goes before what the client says", async () => {
    await using server = await start(async (c, next) => {
      c.get("requestContext").setRaw("tier", "gold");
      await next();
    });
    const body = { messages: "hi", requestContext: { tier: "stolen" } };
    expect(await (await fetch(`${server.api}/agents/s/generate`, post(body))).text()).toContain("Tier gold.");
    expect(await (await fetch(`${server.api}/agents/t/generate`, post(body))).text()).toContain('"result":"gold"');
    expect(await (await fetch(`${server.origin}/own`, post({}))).json()).toMatchObject({ tier: "gold" });
  });

  test("finds the app, its tools and a signal in its context", async () => {
    await using server = await start((c) =>
      c.json({
        name: c.get("mastra").getAgentById("a").name,
        tools: Object.keys(c.get("registeredTools")),
        aborted: c.get("abortSignal").aborted,
      }),
    );
    expect(await (await fetch(`${server.api}/agents`)).json()).toEqual({ name: "A", tools: ["whoami"], aborted: false });
  });

  test("may answer preflight requests of browsers itself", async () => {
    await using server = await start(cors({ origin: "https://own.example" }) as MiddlewareHandler);
    const headers = { origin: "https://own.example", "access-control-request-method": "POST" };
    const reply = await fetch(`${server.api}/agents/a/generate`, { method: "OPTIONS", headers });
    expect([reply.status, reply.headers.get("access-control-allow-origin")]).toEqual([204, "https://own.example"]);
  });

  test("that fails is told without its message, or as it is when it has a code", async () => {
    await using broken = await start(() => {
      throw new Error("secret");
    });
    const hidden = await fetch(`${broken.api}/agents`);
    expect([hidden.status, await hidden.json()]).toMatchObject([500, { error: "Internal Server Error", code: "INTERNAL" }]);
    await using refusing = await start(() => {
      throw new FermataError("FORBIDDEN", "Not on Sundays.");
    });
    const told = await fetch(`${refusing.api}/agents`);
    expect([told.status, await told.json()]).toMatchObject([403, { error: "Not on Sundays.", code: "FORBIDDEN" }]);
  });

  test("that fails goes to onError", async () => {
    const failing = (): never => {
      throw new Error("disk");
    };
    await using server = await start(failing, { onError: (error, c) => (c as Context).json({ own: (error as Error).message }, 503) });
    const reply = await fetch(`${server.api}/agents`);
    expect([reply.status, await reply.json()]).toEqual([503, { own: "disk" }]);
  });

  test("of the phase onResponse sees the reply and may replace it", async () => {
    await using server = await start([
      { phase: "onResponse", handler: (c) => c.header("x-status", String(c.res.status)) },
      { phase: "onResponse", path: "/api/tools/*", handler: (c) => c.json({ replaced: c.res.status }, 202) },
    ]);
    expect((await fetch(`${server.api}/agents/nobody`)).headers.get("x-status")).toBe("404");
    const reply = await fetch(`${server.api}/tools/none`);
    expect([reply.status, reply.headers.get("x-status"), await reply.json()]).toEqual([202, "202", { replaced: 404 }]);
  });

  test("leaves the other routes of an app that is not the server's alone", async () => {
    const own = new Hono();
    own.get("/before", (c) => c.text("before"));
    const mastra = app(header("x-seen", "yes"));
    await using server = await startHono(mastra, {}, own);
    const seen = async (path: string): Promise<string | null> => (await fetch(`${server.origin}${path}`)).headers.get("x-seen");
    expect([await seen("/before"), await seen("/api/agents"), await seen("/own"), await seen("/nowhere")]).toEqual([
      null,
      "yes",
      "yes",
      null,
    ]);
  });
});
