/** What a page of another origin can have a browser do for its user: nothing, unless the app knows the page. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { createHandler } from "../../src/adapters/handler.ts";
import { Mastra, type ServerConfig } from "../../src/mastra.ts";
import { registerApiRoute, SimpleAuth } from "../../src/server/index.ts";
import { createTool } from "../../src/tools/tool.ts";

afterEach(() => vi.unstubAllEnvs());

const ELSEWHERE = "https://evil.example";
const APP = "https://app.example";
const COOKIE = { cookie: "mastra-token=ada" };
const JSON_TYPE = { "content-type": "application/json" };

type Sent = Readonly<Record<string, string>>;

/** Each way in which browsers say where a request comes from. */
const from = (origin: string): Readonly<Record<string, Sent>> => ({
  "a browser of today": { origin, "sec-fetch-site": "cross-site" },
  "a browser that says no more than the origin": { origin },
  "a browser that hides the origin": { origin: "null", "sec-fetch-site": "cross-site" },
  "a browser that says no origin": { "sec-fetch-site": "cross-site" },
  "a page of a neighbour": { origin: "https://other.host", "sec-fetch-site": "same-site" },
});

const tool = createTool({ id: "t", description: "Does it", execute: () => "done" });
const auth = new SimpleAuth({ tokens: { ada: { id: "ada" } } });

function serverWith(server: ServerConfig = {}) {
  const seen = registerApiRoute("/seen", {
    method: "POST",
    requiresAuth: false,
    handler: (c) => c.json({ subject: c.get("requestContext").principal?.subject }),
  });
  const shared = registerApiRoute("/shared", { method: "POST", cors: { origin: APP, credentials: true }, handler: (c) => c.text("done") });
  const handler = createHandler({
    mastra: new Mastra({ logger: false, tools: { t: tool }, server: { apiRoutes: [seen, shared], ...server } }),
  });
  return async (method: string, path: string, headers: Sent, body?: string | FormData): Promise<Response> =>
    handler(new Request(`https://host${path}`, { method, headers: { host: "host", ...headers }, ...(body !== undefined && { body }) }));
}

const RUN = "/api/tools/t/execute";
const DATA = '{"data":{}}';

function formOf(values: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(values)) form.set(name, value);
  return form;
}

describe("with a cookie", () => {
  test.each(Object.entries(from(ELSEWHERE)))("%s changes nothing for its user", async (_what, sent) => {
    const ask = serverWith({ auth });
    const statuses = [
      await ask("POST", RUN, { ...COOKIE, ...JSON_TYPE, ...sent }, DATA),
      await ask("POST", RUN, { ...COOKIE, ...sent }, formOf({ data: "{}" })),
      await ask("DELETE", "/api/memory/threads/t?agentId=a", { ...COOKIE, ...sent }),
      await ask("POST", "/shared", { ...COOKIE, ...sent }),
      await ask("POST", "/api/auth/logout", { ...COOKIE, ...sent }),
      await ask("POST", RUN, { ...COOKIE, authorization: "Basic eDp5", ...JSON_TYPE, ...sent }, DATA),
    ].map(({ status }) => status);
    expect(statuses).toEqual([403, 403, 403, 403, 403, 403]);
  });

  test.each<[string, Sent]>([
    ["a page of the server's own", { origin: "https://host", "sec-fetch-site": "same-origin" }],
    ["the same in a browser that says no more than the origin", { origin: "https://host" }],
    ["an address that the user typed", { "sec-fetch-site": "none" }],
    ["a program", {}],
  ])("%s does", async (_what, sent) => {
    expect((await serverWith({ auth })("POST", RUN, { ...COOKIE, ...JSON_TYPE, ...sent }, DATA)).status).toBe(200);
  });

  test("a page behind a proxy that is known by server.publicUrl does", async () => {
    const ask = serverWith({ auth, publicUrl: "https://public.example/" });
    expect((await ask("POST", RUN, { ...COOKIE, ...JSON_TYPE, origin: "https://public.example" }, DATA)).status).toBe(200);
  });

  test.each<[string, ServerConfig["cors"], number]>([
    ["names it, with credentials", { origin: [APP], credentials: true }, 200],
    ["gives it by a function, with credentials", { origin: (origin) => (origin === APP ? origin : null), credentials: true }, 200],
    ["names it without credentials", { origin: APP }, 403],
    ["lets all pages in", { origin: "*" }, 403],
    ["is false", false, 403],
  ])("a page of an origin where server.cors %s", async (_what, cors, status) => {
    const sent = { origin: APP, "sec-fetch-site": "cross-site" };
    expect(
      (await serverWith({ auth, ...(cors !== undefined && { cors }) })("POST", RUN, { ...COOKIE, ...JSON_TYPE, ...sent }, DATA)).status,
    ).toBe(status);
  });

  test("a route's own rules are in the place of the server's", async () => {
    const ask = serverWith({ auth });
    expect((await ask("POST", "/shared", { ...COOKIE, origin: APP, "sec-fetch-site": "cross-site" })).status).toBe(200);
  });

  test("a page of this machine does in development, and not in production", async () => {
    const sent = { ...COOKIE, ...JSON_TYPE, origin: "http://localhost:5173", "sec-fetch-site": "same-site" };
    expect((await serverWith({ auth })("POST", RUN, sent, DATA)).status).toBe(200);
    vi.stubEnv("NODE_ENV", "production");
    expect((await serverWith({ auth })("POST", RUN, sent, DATA)).status).toBe(403);
  });

  test("a page from elsewhere is nobody on a route that is open", async () => {
    const ask = serverWith({ auth });
    const subject = async (sent: Sent): Promise<unknown> => (await ask("POST", "/seen", { ...COOKIE, ...sent })).json();
    expect([await subject({}), await subject({ origin: ELSEWHERE })]).toEqual([{ subject: "ada" }, { subject: "anonymous" }]);
  });

  test("reading is left to CORS, which lets no page have the answer", async () => {
    expect((await serverWith({ auth })("GET", "/api/tools", { ...COOKIE, origin: ELSEWHERE })).status).toBe(200);
  });
});

test("a token that the page itself shows is no cookie", async () => {
  const sent = { authorization: "Bearer ada", ...JSON_TYPE, origin: ELSEWHERE, "sec-fetch-site": "cross-site" };
  expect((await serverWith({ auth })("POST", RUN, sent, DATA)).status).toBe(200);
});

describe("signing in", () => {
  const form = (): FormData => formOf({ email: "e", password: "ada" });
  const signIn = "/api/auth/credentials/sign-in";

  test("cannot be done to a user by a form of another site", async () => {
    const answer = await serverWith({ auth })("POST", signIn, { origin: ELSEWHERE, "sec-fetch-site": "cross-site" }, form());
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([403, null]);
  });

  test("cannot where all pages may call", async () => {
    const answer = await serverWith({ auth, cors: { origin: "*" } })("POST", signIn, { origin: ELSEWHERE }, form());
    expect(answer.status).toBe(403);
  });

  test("is for pages that server.cors names, and those of the server", async () => {
    const ask = serverWith({ auth, cors: { origin: APP } });
    expect([(await ask("POST", signIn, { origin: APP }, form())).status, (await ask("POST", signIn, {}, form())).status]).toEqual([
      200, 200,
    ]);
  });
});

describe("without authentication", () => {
  test("a form of another site runs nothing", async () => {
    const statuses = [
      await serverWith()("POST", RUN, { origin: ELSEWHERE }, formOf({ data: "{}" })),
      await serverWith()("POST", RUN, { origin: ELSEWHERE, "content-type": "text/plain" }, DATA),
      await serverWith({ cors: { origin: "*" } })("POST", RUN, { origin: ELSEWHERE }, formOf({ data: "{}" })),
    ].map(({ status }) => status);
    expect(statuses).toEqual([403, 403, 403]);
  });

  test("forms of one's own, and what a browser asks for first, are let through", async () => {
    const statuses = [
      await serverWith()("POST", RUN, {}, formOf({ data: "{}" })),
      await serverWith()("POST", RUN, { origin: "https://host" }, formOf({ data: "{}" })),
      await serverWith()("POST", RUN, { origin: ELSEWHERE, ...JSON_TYPE }, DATA),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200]);
  });
});
