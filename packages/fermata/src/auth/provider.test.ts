import { describe, expect, test } from "vitest";
import { capable, isCredentialsProvider, isSSOProvider } from "./capabilities.ts";
import { FermataError } from "../errors.ts";
import { CompositeAuth } from "./composite-auth.ts";
import { MastraAuthProvider, readCookie, toAuthRequest, type AuthRequest } from "./provider.ts";
import { SimpleAuth } from "./simple-auth.ts";
import { userIdOf } from "./user-id.ts";

const requestWith = (headers: Record<string, string>): AuthRequest => toAuthRequest(new Request("http://host/api/agents", { headers }));
const nothing = requestWith({});
const ada = { id: "ada" };
const bob = { id: "bob" };

class Broken extends MastraAuthProvider {
  authenticateToken(): Promise<never> {
    return Promise.reject(new Error("the issuer does not answer"));
  }
  authorizeUser(): boolean {
    return true;
  }
}

describe("SimpleAuth", () => {
  const auth = new SimpleAuth({ tokens: { "t-ada": ada }, headers: "x-key" });

  test.each([
    ["the token that the server found", "t-ada", {}],
    ["a header of its own", "", { "x-key": "t-ada" }],
    ["the header of the playground", "", { "x-playground-access": "Bearer t-ada" }],
    ["the cookie", "", { cookie: "a=b; mastra-token=t-ada" }],
  ])("knows a user by %s", async (_name, token, headers) => {
    expect(await auth.authenticateToken(token, requestWith(headers))).toBe(ada);
  });

  test.each(["", "t-bob", "constructor", "__proto__", "toString"])("knows nobody by %j", async (token) => {
    expect(await auth.authenticateToken(token, nothing)).toBeNull();
  });

  test("takes a token for a password and gives a cookie", async () => {
    const { user, cookies } = await auth.signIn("any@one", "t-ada", new Request("https://host/"));
    expect([user, cookies]).toEqual([ada, ["mastra-token=t-ada; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400; Secure"]]);
    await expect(auth.signIn("any@one", "wrong", new Request("http://host/"))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("refuses an empty token at the start", () => {
    expect(() => new SimpleAuth({ tokens: { "": ada } })).toThrow("must not be empty");
  });
});

describe("CompositeAuth", () => {
  const first = new SimpleAuth({ tokens: { "t-ada": ada }, mapUserToResourceId: () => "resource-of-ada" });
  const second = new SimpleAuth({ tokens: { "t-bob": bob }, authorizeUser: () => false, mapUserToClaims: () => ({ roles: ["viewer"] }) });
  const auth = new CompositeAuth([new Broken(), first, second]);

  test("lets the provider that knows the user speak for it", async () => {
    const [knownAda, knownBob] = [await auth.authenticateToken("t-ada", nothing), await auth.authenticateToken("t-bob", nothing)];
    expect([knownAda, knownBob]).toEqual([ada, bob]);
    expect([await auth.authorizeUser(ada, nothing), await auth.authorizeUser(bob, nothing)]).toEqual([true, false]);
    expect([auth.mapUserToResourceId(ada), auth.mapUserToResourceId(bob)]).toEqual(["resource-of-ada", "bob"]);
    expect([auth.mapUserToClaims(ada), auth.mapUserToClaims(bob)]).toEqual([{}, { roles: ["viewer"] }]);
  });

  test("refuses a user that no provider vouched for", async () => {
    expect(await auth.authorizeUser({ id: "eve" }, nothing)).toBe(false);
  });

  test("fails when a provider that cannot be asked might have known the token", async () => {
    const unreachable = new SimpleAuth({ tokens: {} });
    unreachable.authenticateToken = () => Promise.reject(new FermataError("UNAVAILABLE", "The issuer does not answer."));
    const several = new CompositeAuth([unreachable, first]);
    expect(await several.authenticateToken("t-ada", nothing)).toEqual(ada);
    await expect(several.authenticateToken("nobody's", nothing)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("knows nobody by a token that no provider can read", async () => {
    expect(await new CompositeAuth([new Broken()]).authenticateToken("t", nothing)).toBeNull();
  });

  test("offers what one of its providers can do", () => {
    expect(capable(auth, isCredentialsProvider)).toBe(first);
    expect(capable(auth, isSSOProvider)).toBeUndefined();
  });
});

test.each([
  [{ id: "a" }, "a"],
  [{ id: 7 }, "7"],
  [{ sub: "a" }, "a"],
  [{ uid: "a" }, "a"],
  [{ session: {}, user: { id: "a" } }, "a"],
  ["a", "a"],
  ["", undefined],
  [{ name: "a" }, undefined],
  [null, undefined],
])("the id of %j is %j", (user, id) => {
  expect(userIdOf(user)).toBe(id);
});

test("a cookie is found among others and decoded", () => {
  const request = requestWith({ cookie: "ab=1; b=x%20y; c=%zz" });
  expect([readCookie(request, "b"), readCookie(request, "c"), readCookie(request, "a")]).toEqual(["x y", "%zz", undefined]);
});

test("a request answers like those that the reference's providers know", () => {
  const request = requestWith({ "X-Name": "v" });
  expect([request.header("x-name"), request.header("other"), request.raw, toAuthRequest(request)]).toEqual([
    "v",
    undefined,
    request,
    request,
  ]);
});
