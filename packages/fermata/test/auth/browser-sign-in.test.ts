/** A user signs in with a real browser: from the server to an OpenID provider and back, and out again. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { MastraAuthOidc } from "../../src/auth/oidc.ts";
import { Mastra } from "../../src/mastra.ts";
import { registerApiRoute } from "../../src/server/custom-routes.ts";
import { startBrowser, whyNoBrowser } from "../support/browser.ts";
import { CLIENT, OpenIdServer, USER } from "../support/openid-server.ts";
import { startServe, type TestServer } from "../support/test-server.ts";

const reason = whyNoBrowser();
if (reason !== undefined) console.warn(reason);

let browser: Browser | undefined;
let openid: OpenIdServer;
let server: TestServer;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  if (reason === undefined) browser = await startBrowser();
}, 60_000);
afterAll(() => browser?.close());

beforeEach(async () => {
  openid = await OpenIdServer.start();
  const home = registerApiRoute("/home", {
    method: "GET",
    requiresAuth: false,
    handler: () => new Response("<title>Home</title><p>welcome</p>", { headers: { "content-type": "text/html" } }),
  });
  const auth = new MastraAuthOidc({
    issuer: openid.issuer,
    ...CLIENT,
    session: { cookiePassword: "a password of at least thirty-two characters" },
  });
  server = await startServe(new Mastra({ logger: false, server: { auth, apiRoutes: [home] } }));
  openid.redirectUris.add(`${server.api}/auth/sso/callback`);
  if (!browser) return;
  context = await browser.newContext();
  page = await context.newPage();
});
afterEach(async () => {
  await context?.close();
  await server[Symbol.asyncDispose]();
  await openid[Symbol.asyncDispose]();
});

/** What a script of the page gets, with the browser's cookies. */
const ask = (path: string, method = "GET"): Promise<[number, unknown]> =>
  page.evaluate(
    async ([url, verb]) => {
      const response = await fetch(url, { method: verb });
      return [response.status, await response.json()] as [number, unknown];
    },
    [`${server.api}${path}`, method] as const,
  );

async function signIn(target = "/home"): Promise<void> {
  await page.goto(`${server.api}/auth/sso/login?redirect_uri=${encodeURIComponent(target)}`);
  await page.fill('input[name="name"]', USER.name);
  await page.fill('input[name="password"]', USER.password);
  await page.click("button");
  await page.waitForURL(`${server.origin}/home`);
}

test.skipIf(reason !== undefined)("before it, the browser is nobody", async () => {
  await page.goto(`${server.origin}/home`);
  expect([await ask("/auth/me"), (await ask("/agents"))[0]]).toEqual([[200, null], 401]);
});

test.skipIf(reason !== undefined)("afterwards the browser is the user, on the page that it wanted", async () => {
  await signIn();
  const [, me] = await ask("/auth/me");
  expect([await page.title(), me, (await ask("/agents"))[0]]).toEqual([
    "Home",
    expect.objectContaining({ id: "id-of-ada", email: "ada@example.com" }),
    200,
  ]);
});

test.skipIf(reason !== undefined)("no script can read the cookies", async () => {
  await signIn();
  const kept = (await context.cookies()).filter(({ value }) => value !== "");
  expect([await page.evaluate(() => document.cookie), kept.map(({ httpOnly, name, sameSite }) => [name, httpOnly, sameSite])]).toEqual([
    "",
    [["oidc_session", true, "Lax"]],
  ]);
});

test.skipIf(reason !== undefined)("nothing of the sign-in is left in the address", async () => {
  await signIn();
  expect(page.url()).toBe(`${server.origin}/home`);
});

test.skipIf(reason !== undefined)("after signing out the browser is nobody, and the old cookie is worth nothing", async () => {
  await signIn();
  const [session] = await context.cookies();
  const [, { redirectTo }] = (await ask("/auth/logout", "POST")) as [number, { redirectTo: string }];
  const old = await fetch(`${server.api}/agents`, { headers: { cookie: `${session?.name}=${session?.value}` } });
  expect([(await ask("/agents"))[0], old.status, new URL(redirectTo).origin]).toEqual([401, 401, openid.issuer]);
});

test.skipIf(reason !== undefined)("a link with somebody else's sign-in does not sign the browser in", async () => {
  const begun = await fetch(`${server.api}/auth/sso/login`, { redirect: "manual" });
  const back = await openid.signIn(begun.headers.get("location") ?? "");
  const reply = await page.goto(back.href);
  expect([reply?.status(), (await context.cookies()).filter(({ name }) => name === "oidc_session")]).toEqual([401, []]);
});

test.skipIf(reason !== undefined)("a link to the sign-in does not lead to another site", async () => {
  const reply = await page.goto(`${server.api}/auth/sso/login?redirect_uri=${encodeURIComponent("https://evil.example.com/")}`);
  expect(reply?.status()).toBe(400);
});

test.skipIf(reason !== undefined)("a session whose time is up is renewed on the way, without the user", async () => {
  openid.validSeconds = 1;
  await signIn();
  // The provider's word held for one second; the next request comes after it.
  await expect.poll(async () => [(await ask("/agents"))[0], openid.requests.includes("POST /token refresh_token")]).toEqual([200, true]);
});
