/** A server of its own for scripts: the routes, health, the API page, and an end that waits for what is under way. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { serve as listen, type HttpBindings, type ServerType } from "@hono/node-server";
import { Hono } from "hono";
import { MastraServer, type MastraServerOptions } from "./adapters/hono.ts";
import { FermataError } from "./errors.ts";
import type { Mastra } from "./mastra.ts";
import { closeAfter, guardConnections, isTooLong, networkOptions } from "./serve/network.ts";
import { createCors, DEVELOPMENT_CORS, withCors } from "./server/cors.ts";
import { failureReply } from "./server/error-reply.ts";
import { requestIdOf } from "./server/request-id.ts";
import { exposureWarning } from "./server/auth/exposure.ts";
import { swaggerPage, SWAGGER_ASSETS } from "./server/swagger.ts";

export interface ServeOptions extends Pick<MastraServerOptions, "streamOptions" | "bodyLimitOptions" | "openaiAtRoot"> {
  /** Default: `server.port`, the environment's `PORT`, 4111. 0 takes a free one. */
  readonly port?: number;
  /** Default: `server.host`, the environment's `MASTRA_HOST`, `localhost`. */
  readonly host?: string;
  /** Say in the log where it listens. Default true. */
  readonly announce?: boolean;
}

/** A server that listens. */
export interface RunningServer {
  /** For example `http://localhost:4111`. */
  readonly url: string;
  readonly port: number;
  readonly app: Hono;
  /** Takes no new requests, waits for those under way as long as `server.drainTimeout` says, and stops. */
  close(): Promise<void>;
}

/**
 * Serves `mastra` over HTTP. Resolves when the server listens.
 * @throws FermataError `MISCONFIGURED` for an impossible port or drain time-out; whatever the system says when the port is taken.
 */
export async function serve(mastra: Mastra, options: ServeOptions = {}): Promise<RunningServer> {
  const config = mastra.getServer();
  const port = checkedPort("port", options.port) ?? checkedPort("server.port", config.port) ?? toPort(process.env.PORT) ?? 4111;
  const host = options.host ?? config.host ?? process.env.MASTRA_HOST ?? "localhost";
  const drainMs = config.drainTimeout ?? 5_000;
  if (!Number.isFinite(drainMs) || drainMs < 0 || drainMs > 2_147_483_647)
    throw new FermataError("MISCONFIGURED", "server.drainTimeout must be milliseconds between 0 and 2147483647.");
  const network = networkOptions(config);
  const production = process.env.NODE_ENV === "production";
  const app = new Hono();
  addHealth(app, mastra);
  const { openAPIDocs, swaggerUI } = config.build ?? {};
  // The page shows the document: whoever asks for the page gets both.
  const docs = openAPIDocs ?? (swaggerUI === true || !production);
  const server = new MastraServer({ ...options, app, mastra, ownsApp: true, ...(docs && { openapiPath: "/openapi.json" }) });
  if (docs && (swaggerUI ?? !production)) addSwagger(app, `${server.prefix}/openapi.json`);
  await server.init();
  // A model's name is found out before the first request: the log says at the start what is going to answer.
  await Promise.all(Object.values(mastra.listAgents()).map((agent) => agent.warmUp()));
  app.onError((error, c) => {
    mastra.getLogger().error("Internal Server Error", { path: c.req.path, error });
    return c.json({ error: "Internal Server Error", code: "INTERNAL" }, 500);
  });
  const node = await start(atTheDoor(app, mastra, production), port, host, network);
  const letGo = guardConnections(node, config.limits);
  const bound = (node.address() as AddressInfo).port; // a TCP server has an address of this kind
  const url = `http${network.createServer ? "s" : ""}://${host.includes(":") ? `[${host}]` : host}:${bound}`;
  if (options.announce ?? true)
    mastra
      .getLogger()
      .info(`Listening on ${url}`, { api: `${url}${server.prefix}`, ...(docs && { openapi: `${url}${server.prefix}/openapi.json` }) });
  const warning = exposureWarning(mastra, host);
  if (warning !== undefined) mastra.getLogger().warn(warning);
  const stopPruning = pruneEveryHour(mastra);
  const close = once(() => {
    stopPruning();
    letGo();
    return stop(node, mastra, drainMs);
  });
  if (config.handleShutdownSignals ?? true) stopOnSignals(close, node);
  return { url, port: bound, app, close };
}

function checkedPort(name: string, port: number | undefined): number | undefined {
  if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65_535)) return port;
  throw new FermataError("MISCONFIGURED", `${name} must be a whole number between 0 and 65535, not ${port}.`);
}

function toPort(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const port = /^\d+$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new FermataError("MISCONFIGURED", `PORT must be a whole number between 0 and 65535, not ${JSON.stringify(text)}.`);
}

/** What comes before the app: addresses that are too long, rules for pages of other origins, the end. */
function atTheDoor(app: Hono, mastra: Mastra, production: boolean): Fetch {
  const { limits } = mastra.getServer();
  const inner = openToPages(app, mastra, production);
  return (request, env) => {
    if (isTooLong(env.incoming, limits)) {
      const error = new FermataError("URI_TOO_LONG", "The address is too long.");
      return failureReply(error, requestIdOf(request), mastra, undefined);
    }
    if (mastra.isDraining && env.outgoing instanceof ServerResponse) closeAfter(env.outgoing);
    return inner(request, env);
  };
}

type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>;

/**
 * Where the app has no rules for pages of other origins: in development those of this machine get in, in production none, which the
 * log says once. It costs nothing where no page asks.
 */
function openToPages(app: Hono, mastra: Mastra, production: boolean): Fetch {
  if (mastra.getServer().cors !== undefined) return app.fetch; // they are in the routes already, or not wanted
  const cors = createCors(DEVELOPMENT_CORS);
  let isSaid = false;
  return (request, env) => {
    const reply = app.fetch(request, env);
    const { origin, host } = env.incoming.headers;
    if (origin === undefined) return reply;
    if (!production) return withCors(cors, request, reply);
    if (!isSaid && host !== undefined && !origin.endsWith(`//${host}`)) {
      isSaid = true;
      const page = JSON.stringify(origin.slice(0, 200));
      mastra.getLogger().warn(`A page of another origin called and may not read the reply. To let it in: server.cors: { origin: ${page} }`);
    }
    return reply;
  };
}

function start(fetch: Fetch, port: number, hostname: string, network: ReturnType<typeof networkOptions>): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    // `serve` listens without HTTP/2, whose bindings are the other ones.
    const node = listen({ fetch: (request, env) => fetch(request, env as HttpBindings), port, hostname, ...network }, () => resolve(node));
    node.once("error", reject);
  });
}

function addHealth(app: Hono, mastra: Mastra): void {
  app.get("/health", (c) => c.json({ success: true }));
  app.get("/ready", async (c) => {
    if (mastra.isDraining) return c.json({ ready: false, reason: "draining" }, 503);
    try {
      await mastra.ping();
      return c.json({ ready: true });
    } catch (error) {
      mastra.getLogger().error("The store does not answer", { error });
      return c.json({ ready: false, reason: "storage" }, 503);
    }
  });
}

const HOUR_MS = 3_600_000;

/** Keeps the storage from growing for ever. */
function pruneEveryHour(mastra: Mastra): () => void {
  if (!mastra.storage) return () => undefined;
  const prune = (): void =>
    void mastra.prune().catch((error: unknown) => mastra.getLogger().warn("Old rows could not be deleted", { error }));
  const timer = setInterval(prune, HOUR_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function addSwagger(app: Hono, documentUrl: string): void {
  app.get("/swagger-ui", (c) => c.html(swaggerPage(documentUrl, "/swagger-ui")));
  for (const [name, type] of Object.entries(SWAGGER_ASSETS)) {
    app.get(`/swagger-ui/${name}`, async (c) =>
      c.body(await readFile(assetPath(name)), 200, { "content-type": type, "cache-control": "public, max-age=3600" }),
    );
  }
}

function assetPath(name: string): string {
  const root = dirname(createRequire(import.meta.url).resolve("fermata/package.json"));
  return join(root, "dist", "assets", "swagger-ui", name);
}

async function stop(node: ServerType, mastra: Mastra, drainMs: number): Promise<void> {
  const handedOver = mastra.shutdown({ graceMs: drainMs });
  const closed = new Promise<void>((resolve) => node.close(() => resolve()));
  const idle = setInterval(() => "closeIdleConnections" in node && node.closeIdleConnections(), 100);
  const force = setTimeout(() => "closeAllConnections" in node && node.closeAllConnections(), drainMs);
  await Promise.all([closed, handedOver]);
  clearInterval(idle);
  clearTimeout(force);
}

/** The first signal drains, the second one does not wait. */
function stopOnSignals(close: () => Promise<void>, node: ServerType): void {
  let stopping = false;
  const onSignal = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    void close().then(() => process.exit(0));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  node.once("close", () => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  });
}

function once<T>(work: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => (result ??= { value: work() }).value;
}
