import { exportSPKI, type JWTPayload } from "jose";
import { afterEach, describe, expect, test, vi } from "vitest";
import { JwtAuth, MastraJwtAuth, type JwtAuthOptions } from "../../src/auth/jwt.ts";
import { toAuthRequest } from "../../src/auth/provider.ts";
import { createKey, signedWithPublicKey, signWith, signWithSecret, TokenIssuer } from "../support/token-issuer.ts";

const SECRET = "a secret of at least thirty-two bytes";
const CLAIMS: JWTPayload = { sub: "ada", iss: "me", aud: "app" };
const userOf = (options: JwtAuthOptions, token: string): Promise<unknown> =>
  new JwtAuth(options).authenticateToken(token, toAuthRequest(new Request("http://127.0.0.1/")));

afterEach(() => void vi.unstubAllEnvs());

describe("with a secret", () => {
  test.each(["HS256", "HS384", "HS512"])("a token signed with %s has its user", async (alg) => {
    expect(await userOf({ secret: SECRET }, await signWithSecret(SECRET, CLAIMS, alg))).toEqual(CLAIMS);
  });

  test("a token signed with another one is nobody", async () => {
    expect(await userOf({ secret: SECRET }, await signWithSecret(`${SECRET}!`, CLAIMS))).toBe(null);
  });

  test("the environment may have it", async () => {
    vi.stubEnv("JWT_AUTH_SECRET", SECRET);
    expect(await userOf({}, await signWithSecret(SECRET, CLAIMS))).toEqual(CLAIMS);
  });

  test("algorithms may be fewer", async () => {
    expect(await userOf({ secret: SECRET, algorithms: ["HS512"] }, await signWithSecret(SECRET, CLAIMS))).toBe(null);
  });

  test("issuer and audience are looked at when they are given", async () => {
    const token = await signWithSecret(SECRET, CLAIMS);
    const users = [
      await userOf({ secret: SECRET, issuer: "me", audience: ["other", "app"] }, token),
      await userOf({ secret: SECRET, issuer: "you" }, token),
      await userOf({ secret: SECRET, audience: "other" }, token),
    ];
    expect(users).toEqual([CLAIMS, null, null]);
  });

  test.each(["", "short", "x".repeat(31)])("%j is none", (secret) => {
    expect(() => new JwtAuth({ secret })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
  });

  test("what the token says cannot be changed by one request for the next", async () => {
    const provider = new JwtAuth({ secret: SECRET });
    const token = await signWithSecret(SECRET, CLAIMS);
    const user = await provider.authenticateToken(token);
    expect(() => Object.assign(user ?? {}, { sub: "eve" })).toThrow(TypeError);
  });
});

describe("with a public key", () => {
  test.each(["RS256", "PS256", "ES256", "ES384", "EdDSA"])("a token signed with %s has its user", async (alg) => {
    const key = await createKey("k", alg);
    expect(await userOf({ secret: await exportSPKI(key.publicKey) }, await signWith(key, CLAIMS))).toEqual(CLAIMS);
  });

  test("a token that takes the key for a secret is nobody, also when HS256 is allowed", async () => {
    const key = await createKey("k");
    const secret = await exportSPKI(key.publicKey);
    expect(await userOf({ secret, algorithms: ["HS256", "RS256"] }, await signedWithPublicKey(key, CLAIMS))).toBe(null);
  });
});

describe("with published keys", () => {
  test.each(["RS256", "ES256", "EdDSA"])("a token signed with %s has its user", async (alg) => {
    await using issuer = await TokenIssuer.start(alg);
    const exp = Math.floor(Date.now() / 1_000) + 60;
    expect(await userOf({ jwksUri: issuer.keysUrl, audience: "app" }, await issuer.sign({ ...CLAIMS, exp }))).toEqual({ ...CLAIMS, exp });
  });

  test("beside a secret, each checks its own algorithms", async () => {
    await using issuer = await TokenIssuer.start();
    const claims = { ...CLAIMS, exp: Math.floor(Date.now() / 1_000) + 60 };
    const options = { jwksUri: issuer.keysUrl, secret: SECRET, audience: "app" };
    const users = [
      await userOf(options, await issuer.sign(claims)),
      await userOf(options, await signWithSecret(SECRET, claims)),
      await userOf(options, await signedWithPublicKey(issuer.key, claims)),
    ];
    expect(users).toEqual([claims, claims, null]);
  });

  test("it must be said whom tokens are for", () => {
    expect(() => new JwtAuth({ jwksUri: "https://id.example.com/keys" })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
  });

  test.each(["http://id.example.com/keys", "ftp://127.0.0.1/", "id.example.com", "http://127.0.0.1.example.com/"])(
    "they are not fetched from %s",
    (jwksUri) => {
      expect(() => new JwtAuth({ jwksUri, audience: "app" })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
    },
  );
});

test("without any key there is no provider", () => {
  vi.stubEnv("JWT_AUTH_SECRET", "");
  expect(() => new JwtAuth()).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
});

test("it has the reference's name, too", () => {
  expect(MastraJwtAuth).toBe(JwtAuth);
});
