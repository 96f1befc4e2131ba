/** Sign-in in a browser, without the browser: what the provider gives and takes on the way. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MastraAuthAuth0 } from "../../src/auth/auth0.ts";
import { MastraAuthClerk } from "../../src/auth/clerk.ts";
import { MastraAuthOkta } from "../../src/auth/okta.ts";
import { MastraAuthOidc, type MastraAuthOidcOptions } from "../../src/auth/oidc.ts";
import type { ISessionProvider, ISSOProvider } from "../../src/auth/capabilities.ts";
import type { OidcUser } from "../../src/auth/oidc/user.ts";
import { Seal } from "../../src/auth/oidc/seal.ts";
import { CLIENT, OpenIdServer } from "../support/openid-server.ts";

const CALLBACK = "http://127.0.0.1:4111/api/auth/sso/callback";
const PASSWORD = "a password of at least thirty-two characters";

type Provider = MastraAuthOidc & ISSOProvider<OidcUser> & ISessionProvider;

let openid: OpenIdServer;
let provider: Provider;
// With a client secret it has all the methods of a sign-in.
const create = (options: MastraAuthOidcOptions = {}): Provider =>
  new MastraAuthOidc({ issuer: openid.issuer, ...CLIENT, session: { cookiePassword: PASSWORD }, ...options }) as Provider;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  openid = await OpenIdServer.start();
  openid.redirectUris.add(CALLBACK);
  provider = create();
  return () => openid[Symbol.asyncDispose]();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const later = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1_000);
const toHeader = (cookies: readonly string[] = []): string => cookies.map((cookie) => cookie.split(";")[0]).join("; ");
const withCookie = (cookie: string): Request => new Request("http://127.0.0.1:4111/api/agents", { headers: { cookie } });

interface Way {
  readonly cookies: readonly string[];
  readonly back: URL;
}

async function begin(by: Provider = provider, state: string = crypto.randomUUID()): Promise<Way> {
  const url = await by.getLoginUrl(CALLBACK, state);
  const cookies = by.getLoginCookies?.(CALLBACK, state) ?? [];
  return { cookies, back: await openid.signIn(url) };
}

function comeBack({ back, cookies }: Way, by: Provider = provider): ReturnType<Provider["handleCallback"]> {
  by.setCallbackCookieHeader?.(toHeader(cookies));
  return by.handleCallback(back.searchParams.get("code") ?? "", back.searchParams.get("state") ?? "");
}

/** The `Cookie` header of a browser that has signed in. */
async function signIn(by: Provider = provider): Promise<string> {
  return toHeader((await comeBack(await begin(by), by)).cookies);
}

const refusal = async (work: unknown): Promise<unknown> =>
  Promise.resolve(work).then(
    () => undefined,
    (error: unknown) => error,
  );

describe("who signs in", () => {
  test("is known afterwards", async () => {
    expect(await provider.authenticateToken("", withCookie(await signIn()))).toMatchObject({
      id: "id-of-ada",
      email: "ada@example.com",
      groups: ["math"],
    });
  });

  test("gets a cookie that scripts and other sites cannot use", async () => {
    const { cookies = [] } = await comeBack(await begin());
    expect(cookies[0]).toMatch(/^oidc_session=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=86400$/);
  });

  test("gets it over https alone where the browser comes back over https", async () => {
    openid.redirectUris.add("https://app.example.com/cb");
    const careful = create({ redirectUri: "https://app.example.com/cb" });
    const way = await begin(careful);
    const { cookies = [] } = await comeBack(way, careful);
    expect([...way.cookies, ...cookies].map((cookie) => [cookie.startsWith("__Host-"), cookie.endsWith("; Secure")])).toEqual([
      [true, true],
      [false, true],
      [true, true],
    ]);
  });

  test("gets it so, too, where the server alone knows that it is reached over https, and after a renewal", async () => {
    const callback = "https://app.example.com/cb";
    openid.redirectUris.add(callback);
    const state = crypto.randomUUID();
    const back = await openid.signIn(await provider.getLoginUrl(callback, state));
    const { cookies = [] } = await comeBack({ back, cookies: provider.getLoginCookies?.(callback, state) ?? [] });
    const session = await provider.refreshSession(provider.getSessionIdFromRequest(withCookie(toHeader(cookies))) ?? "");
    const renewed = Object.values(session ? provider.getSessionHeaders(session) : {});
    expect([...cookies, ...renewed].map((cookie) => cookie.endsWith("; Secure"))).toEqual([true, true, true]);
  });

  test("finds nothing readable in it", async () => {
    const way = await begin();
    const { cookies = [], tokens } = await comeBack(way);
    const all = [...way.cookies, ...cookies].join(" ");
    const parts = all.split(/[;=. ]/).map((part) => `${part} ${Buffer.from(part, "base64url").toString("latin1")}`);
    const secrets = ["id-of-ada", "ada@example.com", tokens.accessToken, tokens.refreshToken ?? "?", tokens.idToken ?? "?"];
    expect(secrets.filter((secret) => parts.some((part) => part.includes(secret)))).toEqual([]);
  });

  test("loses the cookie of the sign-in, since it is over", async () => {
    const way = await begin();
    const { cookies = [] } = await comeBack(way);
    expect(cookies[1]).toBe(`${way.cookies[0]?.split("=")[0]}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`);
  });

  test("is asked back to the app's own address, whatever the request says", async () => {
    const url = await create({ redirectUri: CALLBACK }).getLoginUrl("https://evil.example.com/", "state");
    expect(new URL(url).searchParams.get("redirect_uri")).toBe(CALLBACK);
  });

  test("may do so in two windows at once", async () => {
    const [one, two] = [await begin(), await begin()];
    const cookies = [...one.cookies, ...two.cookies];
    const users = [await comeBack({ ...two, cookies }), await comeBack({ ...one, cookies })];
    expect(users.map(({ user }) => user.id)).toEqual(["id-of-ada", "id-of-ada"]);
  });

  test("is known by another replica with the same password", async () => {
    expect(await create().authenticateToken("", withCookie(await signIn()))).toMatchObject({ id: "id-of-ada" });
  });

  test("is not known by a server with another password", async () => {
    const other = create({ session: { cookiePassword: `${PASSWORD}!` } });
    expect(await other.authenticateToken("", withCookie(await signIn()))).toBe(null);
  });
});

describe("a sign-in is not completed", () => {
  test("by a browser that did not begin it", async () => {
    const { back } = await begin();
    expect(await refusal(comeBack({ back, cookies: [] }))).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("by a browser that began another one", async () => {
    const [mine, theirs] = [await begin(), await begin()];
    expect(await refusal(comeBack({ back: theirs.back, cookies: mine.cookies }))).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("by a browser that gives its own cookie the name of another sign-in", async () => {
    const [mine, theirs] = [await begin(), await begin()];
    const renamed = `${theirs.cookies[0]?.split("=")[0]}=${mine.cookies[0]?.split("=")[1]}`;
    const error = await refusal(comeBack({ back: theirs.back, cookies: [renamed] }));
    // And the provider is not even asked.
    expect([error, openid.requests.filter((line) => line.startsWith("POST /token"))]).toMatchObject([{ code: "UNAUTHENTICATED" }, []]);
  });

  test("with the cookie of a session in the place of the sign-in's", async () => {
    const session = await signIn();
    const way = await begin();
    const cookies = [`${way.cookies[0]?.split("=")[0]}=${session.split("; ")[0]?.split("=")[1]}`];
    expect(await refusal(comeBack({ back: way.back, cookies }))).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("twice", async () => {
    const way = await begin();
    await comeBack(way);
    expect(await refusal(comeBack(way))).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("after ten minutes", async () => {
    const way = await begin();
    later(601);
    expect(await refusal(comeBack(way))).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("with the code of another sign-in", async () => {
    const [mine, theirs] = [await begin(), await begin()];
    mine.back.searchParams.set("code", theirs.back.searchParams.get("code") ?? "");
    expect(await refusal(comeBack(mine))).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test.each([
    ["of another sign-in", { nonce: "another" }],
    ["without a nonce", { nonce: undefined }],
    ["for another app", { aud: "another-app" }],
    ["for several, given to another", { aud: ["the-app", "another"], azp: "another" }],
    ["of another issuer", { iss: "https://evil.example.com" }],
    ["that has expired", { exp: 1 }],
    ["about nobody", { sub: "" }],
  ])("with an ID token %s", async (_what, changes) => {
    openid.idTokenChanges = changes;
    expect(await refusal(begin().then((way) => comeBack(way)))).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("with the wrong client secret", async () => {
    const other = create({ clientSecret: "wrong" });
    expect(await refusal(begin(other).then((way) => comeBack(way, other)))).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("while the provider is down, and the caller may try again", async () => {
    const way = await begin();
    openid.isDown = true;
    expect(await refusal(comeBack(way))).toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("a session", () => {
  test.each(["", "x", "a.b.c.d.e", "x".repeat(9_000)])("is none for the cookie %#", async (value) => {
    expect(await provider.authenticateToken("", withCookie(`oidc_session=${value}`))).toBe(null);
  });

  test("is none when one letter of it was changed", async () => {
    const cookie = await signIn();
    const at = cookie.indexOf("=") + 60;
    expect(
      await provider.authenticateToken("", withCookie(cookie.slice(0, at) + (cookie[at] === "A" ? "B" : "A") + cookie.slice(at + 1))),
    ).toBe(null);
  });

  test("does not make a bad bearer token good", async () => {
    expect(await provider.authenticateToken("bad", withCookie(await signIn()))).toBe(null);
  });

  test("has to be renewed when the provider's word is over", async () => {
    const cookie = await signIn();
    later(3_601);
    expect(await provider.authenticateToken("", withCookie(cookie))).toBe(null);
  });

  test("is renewed without the user", async () => {
    const cookie = await signIn();
    later(3_601);
    const session = await provider.refreshSession(provider.getSessionIdFromRequest(withCookie(cookie)) ?? "");
    const renewed = toHeader(Object.values(session ? provider.getSessionHeaders(session) : {}));
    expect(await provider.authenticateToken("", withCookie(renewed))).toMatchObject({ id: "id-of-ada" });
  });

  test("is renewed once for many requests at the same time", async () => {
    const id = provider.getSessionIdFromRequest(withCookie(await signIn())) ?? "";
    later(3_601);
    const sessions = await Promise.all(Array.from({ length: 10 }, () => provider.refreshSession(id)));
    const late = await provider.refreshSession(id);
    expect([
      new Set([...sessions, late].map((session) => session?.id)).size,
      openid.requests.filter((line) => line.endsWith("refresh_token")).length,
    ]).toEqual([1, 1]);
  });

  test("is not renewed once the provider has ended it", async () => {
    const id = provider.getSessionIdFromRequest(withCookie(await signIn())) ?? "";
    openid.endSessions();
    expect(await provider.refreshSession(id)).toBe(null);
  });

  test("is not renewed to somebody else", async () => {
    const id = provider.getSessionIdFromRequest(withCookie(await signIn())) ?? "";
    openid.idTokenChanges = { sub: "id-of-eve" };
    expect(await provider.refreshSession(id)).toBe(null);
  });

  test("ends a day after the sign-in, however often it was renewed", async () => {
    let id = provider.getSessionIdFromRequest(withCookie(await signIn())) ?? "";
    for (let hour = 0; hour < 23; hour += 1) {
      later(3_500);
      id = (await provider.refreshSession(id))?.id ?? "";
    }
    const before = id !== "";
    later(86_400 - 23 * 3_500 + 1);
    expect([before, await provider.refreshSession(id)]).toEqual([true, null]);
  });

  test("lasts a day where the provider does not renew", async () => {
    openid.renews = false;
    const cookie = await signIn();
    later(86_390);
    expect(await provider.authenticateToken("", withCookie(cookie))).toMatchObject({ id: "id-of-ada" });
  });

  test("is over when it is ended, and the provider is told", async () => {
    const cookie = await signIn();
    await provider.destroySession(provider.getSessionIdFromRequest(withCookie(cookie)) ?? "");
    expect([await provider.authenticateToken("", withCookie(cookie)), openid.requests.at(-1)]).toEqual([null, "POST /revoke"]);
  });

  test("is nobody's once it is revoked", async () => {
    const seen: unknown[] = [];
    const careful = create({ isRevoked: (claims) => seen.push(claims.sub) > 0 });
    expect([await careful.authenticateToken("", withCookie(await signIn(careful))), seen]).toEqual([null, ["id-of-ada"]]);
  });

  test("fits into a cookie without the ID token when that is long", async () => {
    openid.idTokenChanges = { filler: "x".repeat(4_000) };
    expect(await provider.authenticateToken("", withCookie(await signIn()))).toMatchObject({ id: "id-of-ada" });
  });

  test("that cannot fit into a cookie is a fault of the set-up", async () => {
    openid.idTokenChanges = { groups: Array.from({ length: 900 }, (_, index) => `group-${index}`) };
    expect(await refusal(signIn())).toMatchObject({ code: "MISCONFIGURED" });
  });
});

describe("signing out", () => {
  test("leads over the provider, which is told who it is about", async () => {
    const request = withCookie(await signIn());
    const url = new URL((await provider.getLogoutUrl?.("http://127.0.0.1:4111/", request)) ?? "");
    expect([
      url.pathname,
      url.searchParams.get("post_logout_redirect_uri"),
      url.searchParams.get("id_token_hint")?.split(".").length,
    ]).toEqual(["/logout", "http://127.0.0.1:4111/", 3]);
  });

  test("takes the cookie away", () => {
    expect(provider.getClearSessionHeaders()).toEqual({ "Set-Cookie": "oidc_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0" });
  });
});

describe("users sign in at", () => {
  const session = { cookiePassword: PASSWORD };
  test.each([
    ["Auth0", "auth0_session", () => new MastraAuthAuth0({ domain: openid.issuer, audience: "api", ...CLIENT, session })],
    ["Okta", "okta_session", () => new MastraAuthOkta({ issuer: openid.issuer, ...CLIENT, session })],
    [
      "Clerk",
      "clerk_session",
      () =>
        new MastraAuthClerk({
          jwksUri: `${openid.issuer}/keys`,
          oauthClientId: CLIENT.clientId,
          oauthClientSecret: CLIENT.clientSecret,
          session,
        }),
    ],
  ])("%s, too", async (label, cookie, make) => {
    // With a client's secret it has all the methods of a sign-in.
    const other = make() as unknown as Provider;
    const header = await signIn(other);
    const user = await other.authenticateToken("", withCookie(header));
    expect([other.getLoginButtonConfig().text, header.startsWith(`${cookie}=`), user]).toMatchObject([
      `Sign in with ${label}`,
      true,
      { sub: "id-of-ada", email: "ada@example.com" },
    ]);
  });
});

describe("setting it up", () => {
  test("without a client secret nobody can sign in, and bearer tokens are known", async () => {
    const bearer = new MastraAuthOidc({ issuer: openid.issuer, clientId: CLIENT.clientId });
    expect(["getLoginUrl" in bearer, await bearer.authenticateToken(await openid.idToken())]).toMatchObject([false, { id: "id-of-ada" }]);
  });

  test("a password under 32 characters is none", () => {
    expect(() => create({ session: { cookiePassword: "short" } })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
  });

  test("in production there must be a password", () => {
    vi.stubEnv("NODE_ENV", "production");
    expect(() => create({ session: {} })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
  });

  test("the environment can say it all", async () => {
    vi.stubEnv("OIDC_ISSUER", openid.issuer);
    vi.stubEnv("OIDC_CLIENT_ID", CLIENT.clientId);
    vi.stubEnv("OIDC_CLIENT_SECRET", CLIENT.clientSecret);
    vi.stubEnv("OIDC_COOKIE_PASSWORD", PASSWORD);
    vi.stubEnv("OIDC_REDIRECT_URI", CALLBACK);
    vi.stubEnv("OIDC_SCOPES", "openid,email offline_access");
    const url = await (new MastraAuthOidc() as Provider).getLoginUrl("", "s");
    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
      client_id: "the-app",
      redirect_uri: CALLBACK,
      scope: "openid email offline_access",
    });
  });

  test("a provider that says it is another one is not believed", async () => {
    const url = openid.issuer.replace("127.0.0.1", "localhost");
    expect(await refusal(create({ issuer: url }).getLoginUrl(CALLBACK, "s"))).toMatchObject({ code: "UNAVAILABLE" });
  });

  test.each(["http://id.example.com", "id.example.com", "javascript:alert(1)"])("%s is no issuer", (issuer) => {
    expect(() => create({ issuer })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
  });
});

test("what was sealed for one purpose is nothing for another", async () => {
  const sealed = await new Seal(PASSWORD, "one").seal({ a: 1 }, 60);
  const opened = await Promise.all(["one", "another"].map((purpose) => new Seal(PASSWORD, purpose).open(sealed)));
  expect(opened).toMatchObject([{ a: 1 }, undefined]);
});
