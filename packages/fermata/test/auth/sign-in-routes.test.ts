/** Signing in at another site by the server's own routes: a browser without a window, cookies and redirections included. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createHandler, type ServerHandler } from "../../src/adapters/handler.ts";
import { MastraAuthOidc } from "../../src/auth/oidc.ts";
import { Mastra, type ServerConfig } from "../../src/mastra.ts";
import { SimpleAuth } from "../../src/server/index.ts";
import { CLIENT, OpenIdServer } from "../support/openid-server.ts";

const HOME = "https://app.example.com";

let openid: OpenIdServer;
let handler: ServerHandler;
let jar: Map<string, string>;

function serve(server: ServerConfig = {}): ServerHandler {
  const oidc = new MastraAuthOidc({
    issuer: openid.issuer,
    ...CLIENT,
    session: { cookiePassword: "a password of at least thirty-two characters" },
  });
  const auth = [new SimpleAuth({ tokens: { script: { id: "script" } } }), oidc];
  return createHandler({ mastra: new Mastra({ logger: false, server: { auth, publicUrl: HOME, ...server } }), prefix: "/v2" });
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  openid = await OpenIdServer.start();
  openid.redirectUris.add(`${HOME}/v2/auth/sso/callback`);
  jar = new Map();
  handler = serve();
  return () => openid[Symbol.asyncDispose]();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A request of the browser, which keeps the cookies of the reply. */
async function visit(path: string, method = "GET"): Promise<Response> {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const reply = await handler(new Request(new URL(path, HOME), { method, headers: cookie === "" ? {} : { cookie }, redirect: "manual" }));
  for (const set of reply.headers.getSetCookie()) {
    const [pair = "", ...flags] = set.split("; ");
    const at = pair.indexOf("=");
    if (flags.includes("Max-Age=0")) jar.delete(pair.slice(0, at));
    else jar.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return reply;
}

const leave = async (query = ""): Promise<string> => (await visit(`/v2/auth/sso/login${query}`)).headers.get("location") ?? "";

async function signIn(query = ""): Promise<Response> {
  const back = await openid.signIn(await leave(query));
  return visit(back.pathname + back.search);
}

const me = async (): Promise<unknown> => (await visit("/v2/auth/me")).json();

test("there and back: the browser is known afterwards, until it signs out", async () => {
  expect(await (await visit("/v2/auth/capabilities")).json()).toMatchObject({
    enabled: true,
    login: { type: "both", sso: { url: "/v2/auth/sso/login" } },
  });
  const reply = await signIn("?redirect_uri=/chat?x=1");
  expect([reply.status, reply.headers.get("location"), reply.headers.get("cache-control")]).toEqual([302, `${HOME}/chat?x=1`, "no-store"]);
  for (const cookie of reply.headers.getSetCookie()) expect(cookie).toMatch(/HttpOnly; SameSite=Lax; Max-Age=\d+.*; Secure$/);
  expect(await me()).toMatchObject({ id: "id-of-ada", email: "ada@example.com" });
  expect((await visit("/v2/agents")).status).toBe(200);
  const old = new Map(jar);
  expect(await (await visit("/v2/auth/logout", "POST")).json()).toMatchObject({ success: true });
  expect([await me(), (await visit("/v2/agents")).status]).toEqual([null, 401]);
  jar = old;
  expect((await visit("/v2/agents")).status).toBe(401);
});

test("a session whose time is up is renewed on the way, by any route, and the reply says so", async () => {
  await signIn();
  vi.setSystemTime(Date.now() + 3_700_000);
  const reply = await visit("/v2/agents");
  expect([reply.status, reply.headers.getSetCookie().length]).toEqual([200, 1]);
  openid.renews = false;
  expect((await visit("/v2/agents")).headers.getSetCookie()).toEqual([]);
  expect(await (await visit("/v2/auth/refresh", "POST")).json()).toEqual({ success: true });
});

test("who never signed in has nothing to renew", async () => {
  expect((await visit("/v2/auth/refresh", "POST")).status).toBe(401);
});

describe("the way back", () => {
  const outcome = async (back: URL): Promise<unknown> => [(await visit(back.pathname + back.search)).status, await me()];
  const REFUSED = [401, null];

  test("does not count in a browser that did not begin it", async () => {
    const back = await openid.signIn(await leave());
    jar = new Map();
    expect(await outcome(back)).toEqual(REFUSED);
  });

  test("does not count with another way's state", async () => {
    const back = await openid.signIn(await leave());
    back.searchParams.set("state", crypto.randomUUID());
    expect(await outcome(back)).toEqual(REFUSED);
  });

  test("does not count with a code that the provider does not know, or none", async () => {
    const back = await openid.signIn(await leave());
    back.searchParams.set("code", "guessed");
    expect(await outcome(back)).toEqual(REFUSED);
    back.searchParams.delete("code");
    expect(await outcome(back)).toEqual(REFUSED);
  });

  test("counts once", async () => {
    const back = await openid.signIn(await leave());
    expect((await visit(back.pathname + back.search)).status).toBe(302);
    jar.clear();
    expect(await outcome(back)).toEqual(REFUSED);
  });
});

describe("afterwards the browser", () => {
  test.each(["/", "/a?b=c#d", "", `${HOME}/page`])("may go to %j", async (target) => {
    expect((await visit(`/v2/auth/sso/login?redirect_uri=${encodeURIComponent(target)}`)).status).toBe(302);
  });

  test.each([
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    `${HOME}@evil.example/`,
    `${HOME}.evil.example/`,
    "http://localhost:3000/",
    "http://app.example.com/",
  ])("may not go to %j", async (target) => {
    expect((await visit(`/v2/auth/sso/login?redirect_uri=${encodeURIComponent(target)}`)).status).toBe(400);
  });

  test("may go to where server.cors says that pages of ours are", async () => {
    handler = serve({ cors: { origin: ["https://ui.example.com"], credentials: true } });
    expect((await visit("/v2/auth/sso/login?redirect_uri=https://ui.example.com/home")).status).toBe(302);
    handler = serve({ cors: { origin: "*" } });
    expect((await visit("/v2/auth/sso/login?redirect_uri=https://ui.example.com/home")).status).toBe(400);
  });
});

test("the other provider goes on knowing its tokens", async () => {
  const reply = await handler(new Request(`${HOME}/v2/agents`, { headers: { authorization: "Bearer script" } }));
  expect(reply.status).toBe(200);
});
