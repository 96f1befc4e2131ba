/** Signed tokens at a server: what the caller hears, and what the log does not. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { JwtAuth } from "../../src/auth/jwt.ts";
import { Mastra } from "../../src/mastra.ts";
import { TokenIssuer } from "../support/token-issuer.ts";
import { startHono, type TestServer } from "../support/test-server.ts";

let issuer: TokenIssuer;
let server: TestServer;
const lines: string[] = [];
const note = (...line: unknown[]): void =>
  void lines.push(line.map((part) => (part instanceof Error ? `${part} ${String(part.cause)}` : JSON.stringify(part))).join(" "));

beforeEach(async () => {
  lines.length = 0;
  issuer = await TokenIssuer.start();
  const logger = { debug: note, info: note, warn: note, error: note };
  const auth = new JwtAuth({ jwksUri: issuer.keysUrl, audience: "app" });
  server = await startHono(new Mastra({ logger, server: { auth, build: { apiReqLogs: true } } }));
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

const sign = (seconds: number): Promise<string> => issuer.sign({ sub: "ada", aud: "app", exp: Math.floor(Date.now() / 1_000) + seconds });
async function ask(token?: string): Promise<[number, unknown]> {
  const response = await fetch(`${server.api}/agents`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  const { code } = (await response.json()) as { code?: unknown };
  return [response.status, code];
}

test("a good token is let in", async () => {
  expect(await ask(await sign(60))).toEqual([200, undefined]);
});

test.each([
  ["no token", async () => undefined],
  ["an expired one", () => sign(-60)],
  ["none that anybody issued", async () => "x.y.z"],
])("%s is a 401", async (_what, token) => {
  expect(await ask(await token())).toEqual([401, "UNAUTHENTICATED"]);
});

test("while the issuer is down it is a 503: the token may be good", async () => {
  issuer.mood = "error";
  expect(await ask(await sign(60))).toEqual([503, "UNAVAILABLE"]);
});

test("no token is in the log, whatever came of it", async () => {
  const tokens = [await sign(60), await sign(-60)];
  for (const token of tokens) await ask(token);
  issuer.mood = "error";
  await issuer.rotate();
  tokens.push(await sign(60));
  await ask(tokens[2]);
  const all = lines.join("\n");
  expect([lines.length > 0, tokens.filter((token) => token.split(".").some((part) => all.includes(part)))]).toEqual([true, []]);
});
