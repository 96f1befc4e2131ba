import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { registerApiRoute } from "../../src/server/custom-routes.ts";
import { textModel } from "../support/part-model.ts";
import { startHono, startServe, type HonoOptions, type TestServer } from "../support/test-server.ts";

let server: TestServer | undefined;
afterEach(() => server?.[Symbol.asyncDispose]());

const app = (): Mastra =>
  new Mastra({
    logger: false,
    agents: { a: new Agent({ id: "a", name: "A", instructions: "", model: textModel("ok") }) },
    server: { handleShutdownSignals: false },
  });

async function statusOf(options: HonoOptions, own?: (hono: Hono) => void, path = "/v1/models"): Promise<number> {
  const hono = new Hono();
  own?.(hono);
  server = await startHono(app(), options, hono);
  return (await fetch(`${server.origin}${path}`)).status;
}

describe("the routes for OpenAI's clients stand at /v1", () => {
  test("by default", async () => {
    expect(await statusOf({})).toBe(200);
  });

  test("where middleware stands before everything", async () => {
    const seen: string[] = [];
    const status = await statusOf({}, (hono) =>
      hono.use("*", async ({ req }, next) => {
        seen.push(req.path);
        await next();
      }),
    );
    expect([status, ...seen]).toEqual([200, "/v1/models"]);
  });

  test("of a server of its own", async () => {
    server = await startServe(app());
    expect((await fetch(`${server.origin}/v1/models`)).status).toBe(200);
  });

  test("where they are asked for, whatever the app has", async () => {
    expect(await statusOf({ openaiAtRoot: true }, (hono) => hono.use("/api/*", (_context, next) => next()))).toBe(200);
  });

  test("once, when they stand there anyway", async () => {
    expect(await statusOf({ prefix: "" })).toBe(200);
  });
});

describe("they are below the prefix alone", () => {
  test("where they are not wanted", async () => {
    expect(await statusOf({ openaiAtRoot: false })).toBe(404);
  });

  test("where middleware guards the prefix", async () => {
    expect(await statusOf({}, (hono) => hono.use("/api/*", async ({ text }) => text("no", 401)))).toBe(404);
  });

  test("where one method of the prefix is guarded", async () => {
    expect(await statusOf({}, (hono) => hono.get("/api/*", ({ text }) => text("no", 401)))).toBe(404);
  });

  test("where the app has a route of its own at /v1", async () => {
    expect(await statusOf({}, (hono) => hono.get("/v1/own", ({ text }) => text("own")))).toBe(404);
  });

  test("where a custom route stands at /v1", async () => {
    expect(await statusOf({ customApiRoutes: [registerApiRoute("/v1/own", { method: "GET", handler: () => new Response("own") })] })).toBe(
      404,
    );
  });

  test.each(["/v1/agents", "/v1/tools", "/agents"])("as %s is", async (path) => {
    expect(await statusOf({}, undefined, path)).toBe(404);
  });
});

test("the limit of bodies holds at /v1 too, in OpenAI's form", async () => {
  server = await startHono(app(), { bodyLimitOptions: { maxSize: 1_000 } });
  const body = JSON.stringify({
    model: "a",
    messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(2_000)}` } }] }],
  });
  const response = await fetch(`${server.origin}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({
    error: { type: "invalid_request_error", code: "payload_too_large", param: null },
    code: "PAYLOAD_TOO_LARGE",
  });
});

test("who sends too much is told so, also when the whole of it does not fit between the two", async () => {
  server = await startHono(app());
  const image_url = `data:image/png;base64,${"A".repeat(12 * 1024 * 1024)}`;
  for (let count = 0; count < 5; count++) {
    const response = await fetch(`${server.origin}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "a", input: [{ role: "user", content: [{ type: "input_image", image_url }] }] }),
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error", code: "payload_too_large", param: null } });
  }
});
