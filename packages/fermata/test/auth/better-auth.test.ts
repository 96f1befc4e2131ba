import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { bearer } from "better-auth/plugins";
import { beforeEach, describe, expect, test } from "vitest";
import { MastraAuthBetterAuth, type MastraAuthBetterAuthOptions } from "../../src/auth/better-auth.ts";
import { toAuthRequest } from "../../src/auth/provider.ts";

const createInstance = () =>
  betterAuth({
    baseURL: "http://127.0.0.1:4111",
    secret: "a secret of at least thirty-two bytes",
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [bearer()],
  });
const create = (options: Partial<MastraAuthBetterAuthOptions<ReturnType<typeof createInstance>>> = {}) =>
  new MastraAuthBetterAuth({ auth: createInstance(), ...options });

const ADA = ["ada@example.com", "correct horse battery"] as const;
const asked = (headers: Record<string, string> = {}): ReturnType<typeof toAuthRequest> =>
  toAuthRequest(new Request("http://127.0.0.1:4111/api/auth/credentials/sign-in", { headers }));
const toHeader = (cookies: readonly string[] = []): string => cookies.map((cookie) => cookie.split(";")[0]).join("; ");

let provider: ReturnType<typeof create>;
beforeEach(() => {
  provider = create();
});

describe("who has signed up", () => {
  test("is known by the cookies that came with it", async () => {
    const { cookies } = await provider.signUp(...ADA, "Ada", asked());
    expect(await provider.authenticateToken("", asked({ cookie: toHeader(cookies) }))).toMatchObject({
      user: { email: "ada@example.com", name: "Ada" },
    });
  });

  test("is known by the token that came with it", async () => {
    const { token = "" } = await provider.signUp(...ADA, undefined, asked());
    expect(await provider.authenticateToken(token, asked())).toMatchObject({ user: { email: "ada@example.com", name: "ada" } });
  });

  test("owns what it owns by its own id, and not by that of a session", async () => {
    const { user, token = "" } = await provider.signUp(...ADA, "Ada", asked());
    const found = await provider.authenticateToken(token, asked());
    expect(found && provider.mapUserToResourceId(found)).toBe(user.id);
  });

  test("can sign in", async () => {
    await provider.signUp(...ADA, "Ada", asked());
    expect((await provider.signIn(...ADA, asked())).user).toMatchObject({ email: "ada@example.com" });
  });

  test("cannot sign in with another password", async () => {
    await provider.signUp(...ADA, "Ada", asked());
    await expect(provider.signIn(ADA[0], "wrong horse battery", asked())).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("is told the same as somebody who does not exist", async () => {
    await provider.signUp(...ADA, "Ada", asked());
    const messages = await Promise.all(
      [ADA[0], "eve@example.com"].map((email) =>
        provider.signIn(email, "wrong horse battery", asked()).catch((error: unknown) => String(error)),
      ),
    );
    expect(messages[0]).toBe(messages[1]);
  });

  test("is nobody after signing out", async () => {
    const { cookies } = await provider.signUp(...ADA, "Ada", asked());
    const request = asked({ cookie: toHeader(cookies) });
    await provider.destroySession(provider.getSessionIdFromRequest(request) ?? "");
    expect(await provider.authenticateToken("", request)).toBe(null);
  });

  test("is not who a bad token belongs to, whatever the cookies say", async () => {
    const { cookies } = await provider.signUp(...ADA, "Ada", asked());
    expect(await provider.authenticateToken("bad", asked({ cookie: toHeader(cookies) }))).toBe(null);
  });
});

test.each([{}, { cookie: "better-auth.session_token=bad" }, { cookie: "other=1" }])("a request with %j is nobody's", async (headers) => {
  expect(await provider.authenticateToken("", asked(headers as Record<string, string>))).toBe(null);
});

test("nobody can sign up where that is off", async () => {
  await expect(create({ signUpEnabled: false }).signUp(...ADA, "Ada", asked())).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("while the database does not answer, nothing is said about a session", async () => {
  const { cookies } = await provider.signUp(...ADA, "Ada", asked());
  const broken = betterAuth({
    baseURL: "http://127.0.0.1:4111",
    secret: "a secret of at least thirty-two bytes",
    // Without the tables that sessions are in.
    database: memoryAdapter({}),
    telemetry: { enabled: false },
    logger: { disabled: true },
  });
  const other = new MastraAuthBetterAuth({ auth: broken });
  await expect(other.authenticateToken("", asked({ cookie: toHeader(cookies) }))).rejects.toMatchObject({ code: "UNAVAILABLE" });
});
