/** The whole server as one function from a request to a reply. Every adapter carries requests to it and replies from it, nothing else. */
import { Hono } from "hono";
import type { Mastra } from "../mastra.ts";
import { normalizePrefix } from "../server/custom-routes.ts";
import { answerAt, Places, type FoundRoute, type MountedPath } from "./places.ts";
import { MastraServer, type MastraServerOptions } from "./hono.ts";

/** The options of every adapter but the app that it mounts on. `openaiAtRoot` is off by default: nobody sees what guards the host's prefix. */
export type HandlerOptions = Omit<MastraServerOptions, "app">;

/**
 * The server of `mastra` as a fetch handler: `Bun.serve({ fetch: handler })`, `Deno.serve(handler)`, `export default { fetch: handler }`.
 * Never rejects: every failure is a reply.
 */
export interface ServerHandler {
  /** `bindings` are found by custom routes and middleware under `c.env`. `found` is what `find` gave for this request. */
  (request: Request, bindings?: object, found?: FoundRoute): Promise<Response>;
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
  /** The same, for a host that hands it on with the request, so that the route is looked for once. */
  find(method: string, target: string): FoundRoute | undefined;
  /** What there is to mount, for frameworks that want each route named. Empty until `ready` has resolved. */
  routes(): readonly MountedPath[];
  /** Refuses new work from `mastra`, for a process that ends. */
  close(): Promise<void>;
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
  let places: Places | undefined;
  let starting: Promise<Hono> | undefined;
  const start = (): Promise<Hono> =>
    (starting ??= createApp({ ...options, prefix }).then(
      (made) => {
        places = made.places;
        return (app = made.app);
      },
      (error: unknown) => {
        // What failed once, such as a module that a custom route loads, may work the next time.
        starting = undefined;
        throw error;
      },
    ));

  function handle(request: Request, bindings?: object, found?: FoundRoute): Promise<Response> {
    if (found?.route) return answerAt(found.route, found.params, request, bindings);
    if (!app) return start().then((made) => made.fetch(request, bindings));
    const reply = app.fetch(request, bindings);
    return reply instanceof Promise ? reply : Promise.resolve(reply);
  }

  return Object.assign(handle, {
    mastra,
    prefix,
    ready: async () => void (await start()),
    owns: (method: string, target: string) => places?.find(method, target) !== undefined,
    find: (method: string, target: string) => places?.find(method, target),
    routes: () => places?.list() ?? [],
    close: () => mastra.shutdown(),
  });
}

async function createApp(options: HandlerOptions): Promise<{ app: Hono; places: Places }> {
  const app = new Hono();
  const server = new MastraServer({ openaiAtRoot: false, ...options, app });
  await server.init();
  app.onError((error, c) => {
    options.mastra.getLogger().error("Internal Server Error", { path: c.req.path, error });
    return c.json({ error: "Internal Server Error", code: "INTERNAL" }, 500);
  });
  app.notFound((c) => c.json({ error: "Not Found", code: "NOT_FOUND" }, 404));
  return { app, places: new Places(app, server.bareRoutes) };
}
