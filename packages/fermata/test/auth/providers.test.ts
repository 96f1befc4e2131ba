/** What each provider of signed tokens does beside what all of them do. */
import { exportPKCS8 } from "jose";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MastraAuthAuth0 } from "../../src/auth/auth0.ts";
import { MastraAuthClerk, type MastraAuthClerkOptions } from "../../src/auth/clerk.ts";
import { MastraAuthFirebase } from "../../src/auth/firebase.ts";
import { MastraAuthOkta } from "../../src/auth/okta.ts";
import { toAuthRequest, type IMastraAuthProvider } from "../../src/auth/provider.ts";
import { MastraAuthSupabase, type MastraAuthSupabaseOptions } from "../../src/auth/supabase.ts";
import type { Fetch } from "../../src/auth/tokens/fetch-json.ts";
import { MastraAuthWorkos, type MastraAuthWorkosOptions } from "../../src/auth/workos.ts";
import { createKey, signWithSecret, TokenIssuer } from "../support/token-issuer.ts";

const request = (): ReturnType<typeof toAuthRequest> => toAuthRequest(new Request("http://127.0.0.1/api/agents"));
const exp = (): number => Math.floor(Date.now() / 1_000) + 3_600;
const isLetIn = async (provider: IMastraAuthProvider, token: string): Promise<boolean> => {
  const user = await provider.authenticateToken(token, request());
  return user !== null && (await provider.authorizeUser(user, request()));
};

let issuer: TokenIssuer;
beforeEach(async () => {
  issuer = await TokenIssuer.start();
  return () => issuer[Symbol.asyncDispose]();
});
afterEach(() => void vi.unstubAllEnvs());

describe("Clerk", () => {
  const KEYS = "https://clerk.example.com/.well-known/jwks.json";
  const claims = (changes: object = {}) => ({
    iss: "https://clerk.example.com",
    sub: "user_ada",
    exp: exp(),
    ...changes,
  });
  const create = (options: MastraAuthClerkOptions = {}): MastraAuthClerk =>
    new MastraAuthClerk({
      publishableKey: `pk_test_${btoa("clerk.example.com$")}`,
      fetch: issuer.fetchFor(KEYS),
      ...options,
    });

  test("a page of another origin has nobody's token", async () => {
    const provider = create({ authorizedParties: ["https://app.example.com"] });
    const tokens = await Promise.all(["https://app.example.com", "https://evil.example.com"].map((azp) => issuer.sign(claims({ azp }))));
    expect(await Promise.all(tokens.map((token) => isLetIn(provider, token)))).toEqual([true, false]);
  });

  test("who has not finished signing in is nobody", async () => {
    expect(await isLetIn(create(), await issuer.sign(claims({ sts: "pending" })))).toBe(false);
  });

  test.each([
    ["id", { organizationId: "org_1" }],
    ["slug", { organizationSlug: "acme" }],
  ])("of an organization by its %s, others are not let in", async (_what, options) => {
    const provider = create(options);
    const users = [
      claims({ o: { id: "org_1", slg: "acme" } }),
      claims({ org_id: "org_1", org_slug: "acme" }),
      claims({ o: { id: "org_2", slg: "b" } }),
      claims(),
    ];
    const answers = [];
    for (const user of users) answers.push(await isLetIn(provider, await issuer.sign(user)));
    expect(answers).toEqual([true, true, false, false]);
  });

  test("with two organizations there is no provider", () => {
    expect(() => create({ organizationId: "org_1", organizationSlug: "acme" })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
  });

  test("an organization and the app's own word both have to agree", async () => {
    const provider = create({ organizationId: "org_1", authorizeUser: () => false });
    expect(await isLetIn(provider, await issuer.sign(claims({ org_id: "org_1" })))).toBe(false);
  });

  test("the environment can say it all", async () => {
    vi.stubEnv("CLERK_JWKS_URI", KEYS);
    expect(await isLetIn(new MastraAuthClerk({ fetch: issuer.fetchFor(KEYS) }), await issuer.sign(claims()))).toBe(true);
  });
});

describe("Supabase", () => {
  const ORIGIN = "https://project.supabase.co";
  const SECRET = "a secret of at least thirty-two bytes";
  const claims = {
    iss: `${ORIGIN}/auth/v1`,
    aud: "authenticated",
    sub: "7f4e",
    email: "ada@example.com",
    app_metadata: { plan: "pro" },
    exp: 0,
  };
  let asked: string[];
  let rows: unknown;
  let status: number;
  beforeEach(() => {
    [asked, rows, status] = [[], [], 200];
  });
  const fetchSupabase: Fetch = async (url, init) => {
    const { authorization = "", apikey = "" } = init.headers as Record<string, string>;
    asked.push(`${new URL(url).pathname} ${apikey}`);
    if (url.includes("/rest/v1/users?select=isAdmin&id=eq.7f4e")) return Response.json(rows, { status });
    if (url.endsWith("/auth/v1/user"))
      return authorization.endsWith(".bad") ? Response.json({}, { status: 401 }) : Response.json({ id: "7f4e", role: "authenticated" });
    return fetch(issuer.keysUrl, init);
  };
  const create = (options: MastraAuthSupabaseOptions = {}): MastraAuthSupabase =>
    new MastraAuthSupabase({
      url: `${ORIGIN}/`,
      anonKey: "anon",
      fetch: fetchSupabase,
      ...options,
    });

  test("the user has the shape that Supabase's own client gives", async () => {
    expect(await create().authenticateToken(await issuer.sign({ ...claims, exp: exp() }))).toEqual({
      id: "7f4e",
      email: "ada@example.com",
      app_metadata: { plan: "pro" },
      user_metadata: {},
    });
  });

  test("a token of a project with a secret is verified with it, and nobody is asked", async () => {
    const token = await signWithSecret(SECRET, { ...claims, exp: exp() });
    expect([(await create({ jwtSecret: SECRET }).authenticateToken(token))?.id, asked]).toEqual(["7f4e", []]);
  });

  test("the project's own keys are nobody's tokens", async () => {
    const anon = await signWithSecret(SECRET, {
      iss: "supabase",
      ref: "project",
      role: "service_role",
      exp: exp(),
    });
    expect(await create({ jwtSecret: SECRET }).authenticateToken(anon)).toBe(null);
  });

  test("without the secret Supabase is asked once", async () => {
    const provider = create();
    const token = await signWithSecret(SECRET, { ...claims, exp: exp() });
    const users = await Promise.all([provider.authenticateToken(token), provider.authenticateToken(token)]);
    expect([users.map((user) => user?.id), asked]).toEqual([["7f4e", "7f4e"], ["/auth/v1/user anon"]]);
  });

  test("a token that Supabase does not know is nobody's", async () => {
    const [head, body] = (await signWithSecret(SECRET, { ...claims, exp: exp() })).split(".");
    expect(await create().authenticateToken(`${head}.${body}.bad`)).toBe(null);
  });

  test.each([
    ["who is an admin", [{ isAdmin: true }], 200, true],
    ["who is none", [{ isAdmin: false }], 200, false],
    ["of whom nothing is said", [{ isAdmin: null }], 200, false],
    ["who has no row", [], 200, true],
    ["of a project without such a table", { code: "PGRST205" }, 404, true],
  ])("%s", async (_who, answer, code, letIn) => {
    [rows, status] = [answer, code];
    expect(await isLetIn(create(), await issuer.sign({ ...claims, exp: exp() }))).toBe(letIn);
  });

  test("while the table cannot be asked nobody is let in", async () => {
    status = 503;
    await expect(isLetIn(create(), await issuer.sign({ ...claims, exp: exp() }))).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("without a key and without the app's own word there is no provider", () => {
    expect(() => new MastraAuthSupabase({ url: ORIGIN })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
  });
});

describe("Firebase", () => {
  const claims = () => ({
    iss: "https://securetoken.google.com/my-project",
    aud: "my-project",
    sub: "ada",
    iat: exp() - 3_600,
    exp: exp(),
  });
  const asked: string[] = [];
  const fetchGoogle: Fetch = async (url, init) => {
    asked.push(url);
    if (url === "https://oauth2.googleapis.com/token") return Response.json({ access_token: "google's" });
    const { authorization } = init.headers as Record<string, string>;
    if (url.startsWith("https://firestore.googleapis.com/"))
      return Response.json({}, { status: authorization !== "Bearer google's" ? 500 : url.endsWith("/ada") ? 200 : 404 });
    return fetch(issuer.keysUrl, init);
  };
  const account = async (): Promise<string> =>
    JSON.stringify({
      project_id: "my-project",
      client_email: "app@my-project.example.com",
      private_key: await exportPKCS8((await createKey("account")).privateKey),
    });

  test("the user's id is the subject", async () => {
    const provider = new MastraAuthFirebase({
      serviceAccount: await account(),
      fetch: fetchGoogle,
    });
    expect(await provider.authenticateToken(await issuer.sign(claims()))).toMatchObject({
      uid: "ada",
      sub: "ada",
    });
  });

  test("who has a document is let in, others are not", async () => {
    const provider = new MastraAuthFirebase({
      serviceAccount: await account(),
      fetch: fetchGoogle,
      databaseId: "main",
    });
    const answers = [
      await isLetIn(provider, await issuer.sign(claims())),
      await isLetIn(provider, await issuer.sign({ ...claims(), sub: "eve" })),
    ];
    expect([
      answers,
      asked.includes("https://firestore.googleapis.com/v1/projects/my-project/databases/main/documents/user_access/ada"),
    ]).toEqual([[true, false], true]);
  });

  test("the id of a user cannot lead to another document", async () => {
    const provider = new MastraAuthFirebase({
      serviceAccount: await account(),
      fetch: fetchGoogle,
    });
    expect(await isLetIn(provider, await issuer.sign({ ...claims(), sub: "../../other/ada" }))).toBe(false);
  });

  test.each(["{}", "{", "/no/such/file", '{"client_email":1,"private_key":"x"}'])("%s is no service account", (serviceAccount) => {
    expect(() => new MastraAuthFirebase({ serviceAccount, projectId: "p" })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
  });

  test("without a service account and without the app's own word there is no provider", () => {
    expect(() => new MastraAuthFirebase({ projectId: "my-project" })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
  });
});

describe("WorkOS", () => {
  const claims = (changes: object = {}) => ({
    iss: "https://api.workos.com",
    sub: "user_ada",
    sid: "session_1",
    org_id: "org_1",
    role: "member",
    permissions: ["a:b"],
    exp: exp(),
    ...changes,
  });
  const userOf = async (options: MastraAuthWorkosOptions, changes: object = {}): Promise<unknown> =>
    new MastraAuthWorkos({
      clientId: "client_1",
      fetch: issuer.fetchFor("https://api.workos.com/sso/jwks/client_1"),
      ...options,
    }).authenticateToken(await issuer.sign(claims(changes)));

  test("the user is what the token says", async () => {
    expect(await userOf({})).toEqual({
      id: "user_ada",
      workosId: "user_ada",
      organizationId: "org_1",
      role: "member",
      permissions: ["a:b"],
      sessionId: "session_1",
    });
  });

  test("a machine's token is nobody's, unless it is said that they are trusted", async () => {
    expect([await userOf({}, { sub: "client_9" }), await userOf({ trustJwtClaims: true }, { sub: "client_9" })]).toMatchObject([
      null,
      { id: "client_9" },
    ]);
  });

  test("claims of a template are found under their paths", async () => {
    const jwtClaims = {
      userId: "urn.id",
      organizationMembershipId: "m.id",
      email: "contact.email",
    };
    const user = await userOf({ jwtClaims }, { urn: { id: "u-1" }, m: { id: "om_1" }, contact: { email: "ada@example.com" } });
    expect(user).toMatchObject({
      id: "u-1",
      organizationMembershipId: "om_1",
      email: "ada@example.com",
    });
  });

  test("the app can change the user, and turn it away", async () => {
    const users = [await userOf({ mapJwtPayloadToUser: () => ({ name: "Ada" }) }), await userOf({ mapJwtPayloadToUser: () => null })];
    expect(users).toMatchObject([{ id: "user_ada", name: "Ada" }, null]);
  });

  test("memberships are not fetched, and nobody is told that they are", () => {
    expect(() => new MastraAuthWorkos({ clientId: "c", fetchMemberships: true as never })).toThrow(
      expect.objectContaining({ code: "MISCONFIGURED" }),
    );
  });
});

test("an Okta user has the same id with an access token and with an ID token", async () => {
  const origin = "https://dev-1.okta.com/oauth2/default";
  const fetchOkta: Fetch = async (url, init) =>
    url.endsWith("/openid-configuration") ? Response.json({ issuer: origin, jwks_uri: `${origin}/v1/keys` }) : fetch(issuer.keysUrl, init);
  const provider = new MastraAuthOkta({
    domain: "dev-1.okta.com",
    clientId: "c",
    fetch: fetchOkta,
  });
  const tokens = [{ sub: "ada@example.com", uid: "00u1" }, { sub: "00u1" }].map((who) =>
    issuer.sign({ iss: origin, aud: "c", exp: exp(), ...who }),
  );
  const users = await Promise.all((await Promise.all(tokens)).map((token) => provider.authenticateToken(token)));
  expect(users.map((user) => user?.id)).toEqual(["00u1", "00u1"]);
});

test("Auth0 is found by the environment", async () => {
  vi.stubEnv("AUTH0_DOMAIN", "tenant.eu.auth0.com");
  vi.stubEnv("AUTH0_AUDIENCE", "api");
  const provider = new MastraAuthAuth0({
    fetch: issuer.fetchFor("https://tenant.eu.auth0.com/.well-known/jwks.json"),
  });
  expect(
    await isLetIn(
      provider,
      await issuer.sign({
        iss: "https://tenant.eu.auth0.com/",
        aud: "api",
        sub: "ada",
        exp: exp(),
      }),
    ),
  ).toBe(true);
});

test.each([
  ["Auth0", () => new MastraAuthAuth0()],
  ["Clerk", () => new MastraAuthClerk()],
  ["Supabase", () => new MastraAuthSupabase()],
  ["Firebase", () => new MastraAuthFirebase()],
  ["WorkOS", () => new MastraAuthWorkos()],
  ["Okta", () => new MastraAuthOkta()],
])("%s cannot be made of nothing", (_name, make) => {
  expect(make).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
});
