/** What holds for every provider of signed tokens: one table of laws, run over all of them. */
import { SignJWT, type JWTPayload } from "jose";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { toAuthRequest, type IMastraAuthProvider } from "../../src/auth/provider.ts";
import { createKey, signedWithPublicKey, signWith, TokenIssuer, unsigned } from "../support/token-issuer.ts";
import { TOKEN_CASES, type TokenCase } from "./token-providers.ts";

const request = (): ReturnType<typeof toAuthRequest> => toAuthRequest(new Request("http://127.0.0.1/api/agents"));
const seconds = (): number => Math.floor(Date.now() / 1_000);
const MINUTE_MS = 60_000;

describe.each(TOKEN_CASES)("$name", (of: TokenCase) => {
  let issuer: TokenIssuer;
  let provider: IMastraAuthProvider;
  const isKnown = async (token: string, by: IMastraAuthProvider = provider): Promise<boolean> =>
    (await by.authenticateToken(token, request())) !== null;
  const claims = (changes: JWTPayload = {}): JWTPayload => ({ ...of.claims, iat: seconds(), exp: seconds() + 3_600, ...changes });
  const without = (name: string): JWTPayload => Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name));
  const later = (ms: number): void => void vi.setSystemTime(Date.now() + ms);
  const failure = (token: string, by?: IMastraAuthProvider): Promise<unknown> => isKnown(token, by).catch((error: unknown) => error);

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    issuer = await TokenIssuer.start();
    provider = of.create(issuer);
    return () => issuer[Symbol.asyncDispose]();
  });
  afterEach(() => void vi.useRealTimers());

  test("a good token has its user", async () => {
    expect(await isKnown(await issuer.sign(claims()))).toBe(true);
  });

  test("the user may come in", async () => {
    const user = await provider.authenticateToken(await issuer.sign(claims()), request());
    expect(await provider.authorizeUser(user, request())).toBe(true);
  });

  test("no token is nobody", async () => {
    expect(await isKnown("")).toBe(false);
  });

  test.each(["x", "a.b", "a.b.c", "..", "a.b.c.d.e", "{}", "\0", "é.é.é", `${btoa("[]")}.${btoa("[]")}.x`, "null.null.null"])(
    "%j is nobody",
    async (token) => {
      expect(await isKnown(token)).toBe(false);
    },
  );

  test("an expired token is nobody", async () => {
    expect(await isKnown(await issuer.sign(claims({ exp: seconds() - 60 })))).toBe(false);
  });

  test("a token is nobody once it has expired, although it was good before", async () => {
    const token = await issuer.sign(claims({ exp: seconds() + 20 }));
    await isKnown(token);
    later(31_000);
    expect(await isKnown(token)).toBe(false);
  });

  test("clocks may be ten seconds apart", async () => {
    expect(await isKnown(await issuer.sign(claims({ exp: seconds() - 9, nbf: seconds() - 60 })))).toBe(true);
  });

  test("a token without an end is nobody", async () => {
    expect(await isKnown(await issuer.sign(without("exp")))).toBe(false);
  });

  test("a token that is not yet valid is nobody", async () => {
    expect(await isKnown(await issuer.sign(claims({ nbf: seconds() + 60 })))).toBe(false);
  });

  test.runIf(of.checksAudience)("a token for another app is nobody", async () => {
    expect(await isKnown(await issuer.sign(claims({ aud: "another-app" })))).toBe(false);
  });

  test.runIf(of.checksAudience)("a token for no app is nobody", async () => {
    expect(await isKnown(await issuer.sign(without("aud")))).toBe(false);
  });

  test.each(["https://evil.example.com", "", `${String(of.claims.iss)}.evil.example.com`])(
    "a token of the issuer %j is nobody",
    async (iss) => {
      expect(await isKnown(await issuer.sign(claims({ iss })))).toBe(false);
    },
  );

  test("a token that names no issuer is nobody", async () => {
    expect(await isKnown(await issuer.sign(without("iss")))).toBe(false);
  });

  test.runIf(of.needsSubject)("a token without a subject is nobody", async () => {
    expect(await isKnown(await issuer.sign(without("sub")))).toBe(false);
  });

  test.each(["none", "None", "NONE", "nOnE", ""])("a token that says it needs no signature (%j) is nobody", async (alg) => {
    expect(await isKnown(unsigned(claims(), alg))).toBe(false);
  });

  test("a token signed with the public key as if it were a secret is nobody", async () => {
    expect(await isKnown(await signedWithPublicKey(issuer.key, claims()))).toBe(false);
  });

  test("a token signed by another key under the same name is nobody", async () => {
    expect(await isKnown(await signWith(await createKey(issuer.key.kid, "RS256", "somebody else"), claims()))).toBe(false);
  });

  test("a token that brings its own key is nobody", async () => {
    const key = await createKey("own", "RS256", "somebody else");
    const header = { alg: key.alg, jwk: key.jwk, jku: issuer.keysUrl, typ: "JWT" };
    expect(await isKnown(await new SignJWT(claims()).setProtectedHeader(header).sign(key.privateKey))).toBe(false);
  });

  test("a token whose claims were changed is nobody", async () => {
    const [head, , signature] = (await issuer.sign(claims())).split(".");
    const changed = Buffer.from(JSON.stringify(claims({ sub: "eve" }))).toString("base64url");
    expect(await isKnown(`${head}.${changed}.${signature}`)).toBe(false);
  });

  test("a token whose signature was left out is nobody", async () => {
    const [head, body] = (await issuer.sign(claims())).split(".");
    expect(await isKnown(`${head}.${body}.`)).toBe(false);
  });

  test("a token of 20,000 characters is nobody, and no key is fetched for it", async () => {
    expect([await isKnown(await issuer.sign(claims({ filler: "x".repeat(20_000) }))), issuer.requests]).toEqual([false, 0]);
  });

  test("keys are fetched once for many tokens at once", async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => issuer.sign(claims({ jti: `${index}` }))));
    expect([(await Promise.all(tokens.map((token) => isKnown(token)))).every(Boolean), issuer.requests]).toEqual([true, 1]);
  });

  test("a new key of the issuer is found at once", async () => {
    await isKnown(await issuer.sign(claims()));
    await issuer.rotate();
    expect([await isKnown(await issuer.sign(claims())), issuer.requests]).toEqual([true, 2]);
  });

  test("many tokens that name unknown keys cost the issuer one request", async () => {
    await isKnown(await issuer.sign(claims()));
    const foreign = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => signWith({ ...issuer.key, kid: `x${index}` }, claims())),
    );
    const known = [];
    for (const token of foreign) known.push(await isKnown(token));
    expect([known.some(Boolean), issuer.requests]).toEqual([false, 2]);
  });

  test("a token of a withdrawn key is nobody once the keys were fetched again, although it was good before", async () => {
    const token = await issuer.sign(claims());
    await isKnown(token);
    await issuer.rotate();
    issuer.withdraw();
    later(11 * MINUTE_MS);
    expect(await isKnown(token)).toBe(false);
  });

  test("a withdrawn key ends what was remembered as soon as another token shows it", async () => {
    const token = await issuer.sign(claims());
    await isKnown(token);
    await issuer.rotate();
    issuer.withdraw();
    await isKnown(await issuer.sign(claims()));
    expect(await isKnown(token)).toBe(false);
  });

  test("a revoked token is nobody, although it was good before", async () => {
    let revoked = false;
    const careful = of.create(issuer, { isRevoked: async () => revoked });
    const token = await issuer.sign(claims());
    const before = await isKnown(token, careful);
    revoked = true;
    expect([before, await isKnown(token, careful)]).toEqual([true, false]);
  });

  test.each(["error", "garbage", "huge", "redirect"] as const)(
    "while the key server answers with %s, it is the server that has to be asked again later",
    async (mood) => {
      issuer.mood = mood;
      expect(await failure(await issuer.sign(claims()))).toMatchObject({ code: "UNAVAILABLE" });
    },
  );

  test("once the key server answers again, so does the provider", async () => {
    issuer.mood = "error";
    const token = await issuer.sign(claims());
    await failure(token);
    issuer.mood = "well";
    later(2_000);
    expect(await isKnown(token)).toBe(true);
  });

  test("a key server that is down for an hour is not noticed by who has a token", async () => {
    await isKnown(await issuer.sign(claims()));
    issuer.mood = "error";
    later(60 * MINUTE_MS);
    expect(await isKnown(await issuer.sign(claims()))).toBe(true);
  });

  test("keys that could not be checked for longer than that are not used", async () => {
    await isKnown(await issuer.sign(claims()));
    issuer.mood = "error";
    later(71 * MINUTE_MS);
    expect(await failure(await issuer.sign(claims()))).toMatchObject({ code: "UNAVAILABLE" });
  });

  test("no failure tells the token", async () => {
    issuer.mood = "error";
    const token = await issuer.sign(claims());
    const error = await failure(token);
    expect(JSON.stringify([error, String(error), error instanceof Error && String(error.cause)])).not.toContain(token.slice(-20));
  });
});
