/** The whole server as one function from a request to a reply. Every adapter carries requests to it and replies from it, nothing else. */
import { Hono } from "hono";
import { getPath } from "hono/utils/url";
import type { Mastra } from "../mastra.ts";
import { normalizePrefix } from "../server/custom-routes.ts";
import { MastraServer, type MastraServerOptions } from "./hono.ts";

/** The options of every adapter but the app that it mounts on. `openaiAtRoot` is off by default: nobody sees what guards the host's prefix. */
export type HandlerOptions = Omit<MastraServerOptions, "app">;

/**
 * The server of `mastra` as a fetch handler: `Bun.serve({ fetch: handler })`, `Deno.serve(handler)`, `export default { fetch: handler }`.
 * Never rejects: every failure is a reply.
 */
export interface ServerHandler {
  /** `bindings` are found by custom routes and middleware under `c.env`. */
  (request: Request, bindings?: object): Promise<Response>;
  readonly mastra: Mastra;
  /** Normalised: `/api`, or `""` for the root. */
  readonly prefix: string;
  /** Makes the routes, once. The first request waits for it; a server that calls it finds mistakes in its configuration at the start. */
  ready(): Promise<void>;
  /**
   * Whether a route of the server answers this, so that a host can leave everything else to its own routes.
   * `target` is a path, with or without a query, or a URL. False until `ready` has resolved.
   */
  owns(method: string, target: string): boolean;
  /** What there is to mount, for frameworks that want each route named. Empty until `ready` has resolved. */
  routes(): readonly MountedPath[];
  /** Refuses new work from `mastra`, for a process that ends. */
  close(): Promise<void>;
}

/** A route by its place: a path in Hono's form, such as `/api/agents/:agentId`. */
export interface MountedPath {
  readonly method: string;
  readonly path: string;
}

/**
 * Builds the handler. Nothing is made before the first request or `ready()`.
 * @throws FermataError `MISCONFIGURED` for an unusable prefix.
 * @example
 * const handler = createHandler({ mastra, prefix: "/api" });
 * const response = await handler(new Request("http://localhost/api/agents"));
 */
export function createHandler(options: HandlerOptions): ServerHandler {
  const { mastra } = options;
  const prefix = normalizePrefix(options.prefix ?? mastra.getServer().apiPrefix ?? "/api");
  let app: Hono | undefined;
  let starting: Promise<Hono> | undefined;
  const start = (): Promise<Hono> =>
    (starting ??= createApp({ ...options, prefix }).then(
      (made) => (app = made),
      (error: unknown) => {
        // What failed once, such as a module that a custom route loads, may work the next time.
        starting = undefined;
        throw error;
      },
    ));

  function handle(request: Request, bindings?: object): Promise<Response> {
    if (!app) return start().then((made) => made.fetch(request, bindings));
    const reply = app.fetch(request, bindings);
    return reply instanceof Promise ? reply : Promise.resolve(reply);
  }

  return Object.assign(handle, {
    mastra,
    prefix,
    ready: async () => void (await start()),
    owns: (method: string, target: string) => app !== undefined && isOwn(app, method, target),
    routes: () => (app ? routesOf(app) : []),
    close: () => mastra.shutdown(),
  });
}

async function createApp(options: HandlerOptions): Promise<Hono> {
  const app = new Hono();
  await new MastraServer({ openaiAtRoot: false, ...options, app }).init();
  app.onError((error, c) => {
    options.mastra.getLogger().error("Internal Server Error", { path: c.req.path, error });
    return c.json({ error: "Internal Server Error", code: "INTERNAL" }, 500);
  });
  app.notFound((c) => c.json({ error: "Not Found", code: "NOT_FOUND" }, 404));
  return app;
}

/** Hono's name for what stands before routes instead of being one. */
const MIDDLEWARE = "ALL";

/** Each place once: the handlers of one route stand there one by one. */
function routesOf(app: Hono): MountedPath[] {
  const places = app.routes
    .filter(({ method }) => method !== MIDDLEWARE)
    .map(({ method, path }) => [`${method} ${path}`, { method, path }] as const);
  return [...new Map(places).values()];
}

function isOwn(app: Hono, method: string, target: string): boolean {
  const path = getPath({ url: target.startsWith("/") ? `http://host${target}` : target } as Request); // reads the URL alone
  return hasRoute(app, method === "HEAD" ? "GET" : method, path);
}

function hasRoute(app: Hono, method: string, path: string): boolean {
  return app.router.match(method, path)[0].some(([[, route]]) => route.method !== MIDDLEWARE);
}
