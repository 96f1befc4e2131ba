/** Where the routes of a handler are, and the short way to those that nothing stands around. */
import type { Hono } from "hono";
import { getPath, getQueryParams, tryDecodeURIComponent } from "hono/utils/url";
import { RequestContext } from "../context/request-context.ts";
import type { MountedRoute } from "../server/server.ts";

/** A route by its place: a path in Hono's form, such as `/api/agents/:agentId`. */
export interface MountedPath {
  readonly method: string;
  readonly path: string;
  /** What answers there, where nothing stands around it. */
  readonly route?: MountedRoute | undefined;
}

/** A route that answers a request. */
export interface FoundRoute {
  /** Absent where more than the route is concerned with the request: middleware, CORS, a hook, or code of the app's own. */
  readonly route?: MountedRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** Hono's name for what stands before routes instead of being one. */
const MIDDLEWARE = "ALL";
const ELSEWHERE: FoundRoute = { params: {} };

export class Places {
  readonly #app: Hono;
  readonly #bare: ReadonlyMap<unknown, MountedRoute>;

  /** `bare` has the routes that nothing stands around, by their handlers in `app`. */
  constructor(app: Hono, bare: ReadonlyMap<unknown, MountedRoute>) {
    this.#app = app;
    this.#bare = bare;
  }

  /** `target` is a path, with or without a query, or a URL. */
  find(method: string, target: string): FoundRoute | undefined {
    const path = getPath({ url: target.startsWith("/") ? `http://host${target}` : target } as Request); // reads the URL alone
    const [matched, stash] = this.#app.router.match(method === "HEAD" ? "GET" : method, path);
    const [first] = matched;
    if (!first) return undefined;
    const route = this.#bare.get(first[0][0]);
    // A HEAD has a reply of its own, and dots in a path are for whoever makes a URL of it.
    if (!route || method === "HEAD" || path.includes("/."))
      return matched.some(([[, { method: verb }]]) => verb !== MIDDLEWARE) ? ELSEWHERE : undefined;
    const params: Record<string, string> = {};
    for (const name in first[1]) {
      const value = stash ? stash[first[1][name] as number] : first[1][name]; // the router has its values here or there
      if (typeof value === "string") params[name] = tryDecodeURIComponent(value);
    }
    return { route, params };
  }

  /** Each place once: the handlers of one route stand there one by one. */
  list(): MountedPath[] {
    const places = this.#app.routes
      .filter(({ method }) => method !== MIDDLEWARE)
      .map(({ method, path, handler }) => [`${method} ${path}`, { method, path, route: this.#bare.get(handler) }] as const);
    return [...new Map(places).values()];
  }
}

const NO_QUERY: Readonly<Record<string, string[]>> = {};

interface Bindings {
  readonly requestContext?: unknown;
  /** Node's own request. */
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
}

/** The reply of a route that was found. Never rejects. */
export function answerAt(
  route: MountedRoute,
  params: FoundRoute["params"],
  request: Request,
  { requestContext, incoming }: Bindings = {},
): Promise<Response> {
  const { spec } = route;
  const takesQuery = (spec.query !== undefined || spec.method === "GET") && request.url.includes("?");
  return route.handle({
    request,
    params,
    query: takesQuery ? (getQueryParams(request.url) as Record<string, string[]>) : NO_QUERY, // of all names: each has a list
    requestContext: requestContext instanceof RequestContext ? requestContext : undefined,
    address: incoming?.socket?.remoteAddress,
  });
}
