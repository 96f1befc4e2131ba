/** What stands around the routes on a Hono app: CORS, the app's middleware, and what both find in the context. */
import type { Context, Hono, MiddlewareHandler as HonoMiddleware, Next } from "hono";
import { matchedRoutes } from "hono/route";
import { findTargetHandler } from "hono/utils/handler";
import { RequestContext } from "../../context/request-context.ts";
import type { Mastra, Middleware } from "../../mastra.ts";
import type { CorsOptions } from "../../mastra/edge-config.ts";
import { limitedRequest } from "../../server/body.ts";
import { createCors, decide, isPreflight, withHeaders, type Cors } from "../../server/cors.ts";
import { failureReply } from "../../server/error-reply.ts";
import { requestIdOf } from "../../server/request-id.ts";
import { hostContext } from "./host-context.ts";

/** What is to be known of a route before it is reached. */
export interface EdgeRoute {
  /** Absent: as on the server. */
  readonly cors?: Cors | false;
  readonly maxBodyBytes?: number;
}

export interface EdgeOptions {
  readonly app: Hono;
  readonly mastra: Mastra;
  readonly maxBodyBytes: number;
  /** The app has nothing but the server: what is around its routes is around every path. */
  readonly ownsApp: boolean;
}

/** A step of a request. What the app's own code gives is the app's own affair. */
type Step = (c: Context, next: Next) => unknown;

type Phase = NonNullable<Exclude<Middleware, (...args: never) => unknown>["phase"]>;

export class Edge {
  readonly #options: EdgeOptions;
  readonly #cors: Cors | undefined;
  readonly #middleware: readonly { readonly path: string; readonly handler: Step; readonly phase: Phase }[];
  readonly #routes = new Map<unknown, EdgeRoute>();

  constructor(options: EdgeOptions) {
    this.#options = options;
    const { cors, middleware = [] } = options.mastra.getServer();
    this.#cors = cors ? createCors(cors) : undefined;
    this.#middleware = (Array.isArray(middleware) ? (middleware as readonly Middleware[]) : [middleware as Middleware]).map((given) => {
      if (typeof given === "function") return { path: "*", handler: given as Step, phase: "onRequest" };
      const { path = "*", handler, phase = "onRequest" } = given;
      return { path, handler: handler as Step, phase };
    });
  }

  /** Whether the app's own code runs around the routes. */
  get hasMiddleware(): boolean {
    return this.#middleware.length > 0;
  }

  /** Whether anything stands around the routes. */
  get isNeeded(): boolean {
    return this.hasMiddleware || this.#cors !== undefined;
  }

  /** Adds what goes before the routes. */
  mount(): void {
    const { app } = this.#options;
    if (!this.isNeeded) return;
    app.use("*", (c, next) => this.#open(c, next));
    for (const { path, handler, phase } of this.#middleware) {
      if (phase === "onResponse") app.use(path, this.#afterwards(handler));
      else if (phase === "onRequest") app.use(path, this.#around(handler));
      else app.use(path, noteFor(handler));
    }
  }

  /** Whether the app's own code runs once it is known who calls. */
  get #waitsForUser(): boolean {
    return this.#middleware.some(({ phase }) => phase === "onAuthenticated");
  }

  /** Tells the app's own code who calls, and runs what waits for that around `next`. */
  async authenticated(c: Context, user: unknown, next: () => Promise<Response>): Promise<Response> {
    if (user !== undefined) c.set("user", user);
    const steps = this.#waitsForUser ? ((c.get(WAITING) as readonly Step[] | undefined) ?? []) : [];
    const run = async (index: number): Promise<void> => {
      const step = steps[index];
      const reply = step ? await this.guarded(step)(c, () => run(index + 1)) : await next();
      if (reply instanceof Response && reply !== c.res) c.res = reply;
    };
    await run(0);
    return c.res;
  }

  /** Adds a route: `handler` for the methods, and the answer to browsers that ask whether they may. */
  add(methods: string | readonly string[], path: string, handlers: readonly HonoMiddleware[], route: EdgeRoute = {}): void {
    const { app } = this.#options;
    this.#note(handlers, route);
    app.on([methods].flat(), [path], ...handlers);
    const cors = route.cors ?? this.#cors;
    if (!cors && !this.hasMiddleware && route.cors === undefined) return;
    const wanted = new Set<string | undefined>([methods].flat());
    const preflight: HonoMiddleware = async (c, next) => {
      if (!isPreflight(c.req.raw) || !wanted.has(c.req.header("access-control-request-method"))) return await next();
      if (!cors && route.cors !== false) return await next();
      const answer = cors ? await cors.preflight(c.req.raw) : new Response(null, { status: 204 });
      decide(answer);
      return answer;
    };
    this.#note([preflight], route);
    app.on("OPTIONS", path, preflight);
  }

  #note(handlers: readonly HonoMiddleware[], route: EdgeRoute): void {
    if (this.isNeeded) for (const handler of handlers) this.#routes.set(handler, route);
  }

  /** The route of ours that the request is for. */
  #routeOf(c: Context): EdgeRoute | undefined {
    for (const { handler } of matchedRoutes(c)) {
      const route = this.#routes.get(handler) ?? this.#routes.get(findTargetHandler(handler));
      if (route) return route;
    }
    return undefined;
  }

  async #open(c: Context, next: Next): Promise<Response | void> {
    const route = this.#routeOf(c);
    if (!route && !this.#options.ownsApp) return await next();
    const cors = route?.cors ?? this.#cors;
    const { raw } = c.req;
    if (cors && isPreflight(raw)) return route ? await next() : await cors.preflight(raw); // each route answers for its own methods
    c.set(OURS, true);
    const refused = this.hasMiddleware ? await this.prepare(c, route?.maxBodyBytes) : undefined;
    if (refused) c.res = refused;
    else await next();
    // A route with rules of its own has told them already.
    if (cors && cors === this.#cors) await addHeaders(c, (headers) => cors.apply(raw, headers));
  }

  /** Puts into the context what the app's own code finds there; gives a reply when the request cannot be taken. */
  async prepare(c: Context, maxBodyBytes = this.#options.maxBodyBytes): Promise<Response | undefined> {
    if (c.get("mastra") !== undefined) return undefined;
    const { mastra } = this.#options;
    try {
      c.req.raw = limitedRequest(c.req.raw, maxBodyBytes);
    } catch (error) {
      return await this.fail(error, c);
    }
    c.set("mastra", mastra);
    c.set("requestContext", hostContext(c) ?? new RequestContext());
    c.set("registeredTools", mastra.listTools());
    c.set("abortSignal", c.req.raw.signal);
    return undefined;
  }

  fail(error: unknown, c: Context): Response | Promise<Response> {
    if (isHttpException(error)) return error.getResponse();
    return failureReply(error, (c.get(REQUEST_ID) as string | undefined) ?? requestIdOf(c.req.raw), this.#options.mastra, c);
  }

  /** `step` with its failures as replies. Hono catches what a step throws before an earlier one could. */
  guarded(step: Step): HonoMiddleware {
    return async (c, next) => {
      try {
        return (await step(c, next)) as Response | void;
      } catch (error) {
        return await this.fail(error, c);
      }
    };
  }

  #around(step: Step): HonoMiddleware {
    const guarded = this.guarded(step);
    return (c, next) => (c.get(OURS) === true ? guarded(c, next) : next());
  }

  #afterwards(step: Step): HonoMiddleware {
    return async (c, next) => {
      await next();
      if (c.get(OURS) !== true) return;
      try {
        const reply = await step(c, () => Promise.resolve());
        if (reply instanceof Response) c.res = reply;
      } catch (error) {
        c.res = await this.fail(error, c);
      }
    };
  }

  /** Rules of a route of its own: they go before the server's. */
  corsOf(options: CorsOptions | false | undefined, path: string): Cors | false | undefined {
    return options === undefined ? undefined : options && createCors(options, `cors of the route ${path}`);
  }
}

/** The id of a request that has one already. */
export const REQUEST_ID = "fermata:request-id";
/** Set where the request is for one of our routes. */
const OURS = "fermata:ours";
/** What the request's path has waiting for its user. */
const WAITING = "fermata:waiting";

/** Puts a step aside until it is known who calls. */
function noteFor(step: Step): HonoMiddleware {
  return (c, next) => {
    c.set(WAITING, [...((c.get(WAITING) as readonly Step[] | undefined) ?? []), step]);
    return next();
  };
}

/** Changes the head of the reply. */
export async function addHeaders(c: Context, change: (headers: Headers) => void | Promise<void>): Promise<void> {
  const changed = await withHeaders(c.res, change);
  if (changed !== c.res) c.res = changed;
}

/** Hono's own error, recognised across copies of the package. */
function isHttpException(error: unknown): error is { getResponse(): Response } {
  return typeof error === "object" && error !== null && "getResponse" in error && typeof error.getResponse === "function";
}
