/**
 * Fermata behind what `BENCH_GUARDS` names: a signed `token` (keys fetched once), a `limit` on requests that the servers of one SQLite file
 * would share, a `log` line each; or nothing.
 */
import { once } from "node:events";
import { createWriteStream, mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { createLogger, Mastra } from "fermata";
import { Agent } from "fermata/agent";
import { JwtAuth } from "fermata/auth/jwt";
import { MastraServer } from "fermata/hono";
import { SqliteStore } from "fermata/sqlite";
import { Hono } from "hono";
import { model } from "../model.js";
import { AUDIENCE, ISSUER, JWKS } from "../token.js";
import { run } from "./process.js";

/** @param {(guard: string) => boolean} has */
async function guards(has) {
  const issuer = createServer((_request, response) => response.end(JSON.stringify(JWKS))).listen(0, "127.0.0.1");
  await once(issuer, "listening");
  issuer.unref();
  const { port } = /** @type {import("node:net").AddressInfo} */ (issuer.address());
  return {
    ...(has("token") && { auth: new JwtAuth({ jwksUri: `http://127.0.0.1:${port}/keys`, issuer: ISSUER, audience: AUDIENCE }) }),
    ...(has("limit") && { limits: { policies: [{ name: "everybody", requests: 1_000_000_000 }] } }),
    ...(has("log") && { build: { apiReqLogs: true } }),
  };
}

const log = createWriteStream("/dev/null");
const logger = createLogger({ level: "info", format: "json", write: (line) => void log.write(`${line}\n`) });
const named = process.env["BENCH_GUARDS"]?.split(",") ?? [];
const server = await guards((guard) => named.includes(guard));
const writer = new Agent({
  id: "writer",
  name: "Writer",
  description: "Answers in text",
  instructions: "You write well.",
  model,
  durability: "memory",
});
const storage = new SqliteStore({ url: `file:${join(mkdtempSync(join(tmpdir(), "fermata-bench-")), "data.db")}` });
const app = new Hono();
await new MastraServer({ app, mastra: new Mastra({ agents: { writer }, storage, logger, server }) }).init();
run(serve, app);
