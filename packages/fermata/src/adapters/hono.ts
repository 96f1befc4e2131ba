import type { Context, Hono, Next } from "hono";
import { RequestContext } from "../context/request-context.ts";
import type { ApiRoute, Mastra } from "../mastra.ts";
import { AccessLog } from "../server/access-log.ts";
import { DEFAULT_BODY_BYTES } from "../server/body.ts";
import { decide } from "../server/cors.ts";
import { checkCustomRoutes, normalizePrefix } from "../server/custom-routes.ts";
import { Visit, type VisitSettings } from "../server/custom/visit.ts";
import { Limits } from "../server/limits/limits.ts";
import { createOpenApiDocument } from "../server/openapi.ts";
import type { AnyTool } from "../tools/tool.ts";
import type { Door, Gate } from "../server/auth/gate.ts";
import { createRoutes, openGate, type MountedRoute } from "../server/server.ts";
import { addHeaders, Edge, REQUEST_ID } from "./hono/edge.ts";
import { hostContext } from "./hono/host-context.ts";
import { refuseElsewhere, withAuthConfig, type CustomRouteAuthConfig } from "./options.ts";

export interface MastraServerOptions {
  /** The Hono app that the routes are mounted on. */
  readonly app: Hono<never> | Hono;
  readonly mastra: Mastra;
  /** Where the routes live. Default: `server.apiPrefix`, then `/api`. */
  readonly prefix?: string;
  /** Where the OpenAPI document lives, below the prefix. Default: nowhere. */
  readonly openapiPath?: string;
  readonly bodyLimitOptions?: {
    /** Bytes. */
    readonly maxSize: number;
    /** The body of the reply. */
    readonly onError?: (error: unknown) => unknown;
  };
  readonly streamOptions?: {
    /** Hide prompts, provider requests, headers and failures' causes from callers. Default true. */
    readonly redact?: boolean;
    /** Milliseconds between comments on a silent stream. Default 15,000. */
    readonly heartbeatMs?: number;
  };
  /**
   * Serve the routes for OpenAI's clients at `/v1` too, for programs that are given nothing but a host.
   * Default: where the app has neither routes of its own below `/v1` nor middleware that guards the prefix alone.
   */
  readonly openaiAtRoot?: boolean;
  /** Routes beside those of `server.apiRoutes`. */
  readonly customApiRoutes?: readonly ApiRoute[];
  /** Which custom routes need a caller who is known, in place of their own `requiresAuth`. */
  readonly customRouteAuthConfig?: CustomRouteAuthConfig;
  /** Tools beside those of the instance, which then has them too. */
  readonly tools?: Readonly<Record<string, AnyTool>>;
  /** The app has nothing but this server: `server.middleware` and `server.cors` hold for every path. Default: for the server's routes. */
  readonly ownsApp?: boolean;
}

/**
 * Mounts the server on a Hono app.
 * @example
 * const server = new MastraServer({ app, mastra });
 * await server.init();
 */
export class MastraServer {
  readonly #options: MastraServerOptions;
  readonly #app: Hono;
  readonly #edge: Edge;
  readonly #gate: Gate | undefined;
  readonly #visits: VisitSettings;
  /** Routes that nothing of the app's own has a part in, by their handlers. */
  readonly bareRoutes = new Map<unknown, MountedRoute>();
  readonly prefix: string;

  /** @throws FermataError `MISCONFIGURED` when a custom route stands below the prefix, or an option or `server.auth` cannot be honoured. */
  constructor(options: MastraServerOptions) {
    refuseElsewhere(options);
    this.#options = options;
    for (const [key, tool] of Object.entries(options.tools ?? {})) options.mastra.addTool(tool, key);
    // Routes are added, none of the app's own types are touched.
    this.#app = options.app as Hono;
    this.prefix = normalizePrefix(options.prefix ?? options.mastra.getServer().apiPrefix ?? "/api");
    checkCustomRoutes(this.#customRoutes(), this.prefix);
    const { mastra, bodyLimitOptions, ownsApp = false } = options;
    const maxBodyBytes = bodyLimitOptions?.maxSize ?? mastra.getServer().bodySizeLimit ?? DEFAULT_BODY_BYTES;
    this.#gate = openGate({ mastra, prefix: this.prefix, customRoutes: this.#customRoutes() });
    this.#visits = { mastra, limits: Limits.of(mastra), accessLog: AccessLog.of(mastra.getServer()) };
    this.#edge = new Edge({ app: this.#app, mastra, maxBodyBytes, ownsApp });
  }

  /** Adds all routes to the app. */
  async init(): Promise<void> {
    const { mastra, openapiPath, bodyLimitOptions, streamOptions } = this.#options;
    const routes = createRoutes({
      mastra,
      prefix: this.prefix,
      customRoutes: this.#customRoutes(),
      gate: this.#gate,
      limits: this.#visits.limits,
      ...(bodyLimitOptions && { maxBodyBytes: bodyLimitOptions.maxSize }),
      ...(bodyLimitOptions?.onError && { onBodyTooLarge: bodyLimitOptions.onError }),
      ...(streamOptions?.redact !== undefined && { redact: streamOptions.redact }),
      ...(streamOptions?.heartbeatMs !== undefined && { heartbeatMs: streamOptions.heartbeatMs }),
    });
    // Asked before anything is added: what is there now is the app's own.
    const atRoot = this.prefix !== "" && (this.#options.openaiAtRoot ?? this.#isRootFree());
    this.#edge.mount();
    for (const route of routes) this.#mount(route, this.prefix);
    if (atRoot) for (const route of routes) if (route.spec.openai) this.#mount(route, "");
    if (openapiPath) this.#mountDocument(openapiPath);
    // Last, so that a route for everything else, such as a web page's, does not take the place of the API.
    for (const route of this.#customRoutes()) await this.#mountCustom(route);
    mastra.start();
  }

  getApp(): Hono {
    return this.#app;
  }

  #customRoutes(): readonly ApiRoute[] {
    const { mastra, customApiRoutes = [], customRouteAuthConfig } = this.#options;
    return withAuthConfig([...(mastra.getServer().apiRoutes ?? []), ...customApiRoutes], customRouteAuthConfig);
  }

  /** Whether `/v1` is nobody's, and nothing stands before the prefix that would not stand before `/v1`. */
  #isRootFree(): boolean {
    const isTaken = (path: string): boolean => path === "/v1" || path.startsWith("/v1/");
    if (this.#customRoutes().some(({ path }) => isTaken(path))) return false;
    return !this.#app.routes.some(({ path }) => isTaken(path) || path.startsWith(this.prefix));
  }

  #mount(route: MountedRoute, prefix: string): void {
    const { spec } = route;
    const takesQuery = spec.query !== undefined || spec.method === "GET";
    const plain = (c: Context): Promise<Response> =>
      route.handle({
        request: c.req.raw,
        params: c.req.param() as Record<string, string>,
        query: takesQuery ? c.req.queries() : NO_QUERY,
        context: c,
        requestContext: hostContext(c),
        address: addressOf(c),
      });
    const behindMiddleware = async (c: Context): Promise<Response> =>
      route.handle({
        request: await unread(c),
        params: c.req.param() as Record<string, string>,
        query: takesQuery ? c.req.queries() : NO_QUERY,
        context: c,
        requestContext: c.get("requestContext") as RequestContext | undefined, // set by `Edge`
        address: addressOf(c),
        onAuthenticated: ({ identity }, next) => this.#edge.authenticated(c, identity?.user, next),
      });
    if (!this.#edge.isNeeded && !this.#options.mastra.getServer().onError) this.bareRoutes.set(plain, route);
    this.#edge.add(spec.method, `${prefix}${spec.path}`, [this.#edge.hasMiddleware ? behindMiddleware : plain]);
  }

  #mountDocument(path: string): void {
    let document: string | undefined;
    const door = this.#gate?.forPath(path, "system:read");
    this.#edge.add("GET", `${this.prefix}${path}`, [
      ...(door ? [this.#behind(door)] : []),
      async (c) => {
        document ??= JSON.stringify(createOpenApiDocument({ prefix: this.prefix, customRoutes: this.#customRoutes() }));
        return c.body(document, 200, { "content-type": "application/json" });
      },
    ]);
  }

  /** What comes next, for those whom the door lets in. */
  #behind(door: Door): (c: Context, next: Next) => Promise<Response | void> {
    return async (c, next) => {
      try {
        const context = (c.get("requestContext") as RequestContext | undefined) ?? new RequestContext(); // set by `Edge`
        const { identity } = await door({ request: c.req.raw, params: c.req.param() as Record<string, string>, context: c }, context);
        const response = await this.#edge.authenticated(c, identity?.user, () => proceed(c, next));
        for (const cookie of identity?.cookies ?? []) c.header("set-cookie", cookie, { append: true });
        return response;
      } catch (error) {
        return await this.#edge.fail(error, c);
      }
    };
  }

  async #mountCustom(route: ApiRoute): Promise<void> {
    const { mastra } = this.#options;
    const edge = this.#edge;
    const handler = route.handler ?? (await route.createHandler?.({ mastra }));
    if (!handler) return; // `registerApiRoute` lets none through
    const middleware = route.middleware === undefined ? [] : [route.middleware].flat();
    const cors = edge.corsOf(route.cors, route.path);
    const { maxBodySize } = route;
    const door = this.#gate?.forCustom(route);
    const inner = door ? this.#behind(door) : (c: Context, next: Next) => edge.authenticated(c, undefined, () => proceed(c, next));
    const visit = async (c: Context, next: Next, visited: Visit): Promise<Response | void> => {
      try {
        await visited.knock();
        const refused = await edge.prepare(c, maxBodySize);
        if (refused) return refused;
        return await inner(c, async () => {
          await visited.enter(c.get("requestContext") as RequestContext); // set by `prepare`
          await next();
        });
      } catch (error) {
        return await edge.fail(error, c);
      }
    };
    const first = async (c: Context, next: Next): Promise<Response | void> => {
      const visited = new Visit(this.#visits, route, c.req.raw, addressOf(c));
      c.set(REQUEST_ID, visited.requestId);
      const reply = await visit(c, next, visited);
      if (reply && reply !== c.res) c.res = reply;
      const told = await visited.leave(c.res);
      if (told !== c.res) c.res = told;
      if (cors) await addHeaders(c, (headers) => cors.apply(c.req.raw, headers));
      if (cors !== undefined) decide(c.res);
    };
    // Written for a context of the app's own types, which is what it gets.
    const own = [...middleware, handler].map((step) => edge.guarded(step as (c: Context, next: Next) => unknown));
    edge.add(route.method === "ALL" ? ALL_METHODS : route.method, route.path, [first, ...own], {
      ...(cors !== undefined && { cors }),
      ...(maxBodySize !== undefined && { maxBodyBytes: maxBodySize }),
    });
  }
}

/** The reply of what comes next. */
async function proceed(c: Context, next: Next): Promise<Response> {
  await next();
  return c.res;
}

const ALL_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const NO_QUERY: Readonly<Record<string, string[]>> = {};

/** Who is at the other end of the connection, where Node tells. Behind a proxy it is the proxy. */
function addressOf(c: Context): string | undefined {
  const { incoming } = (c.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } };
  return incoming?.socket?.remoteAddress;
}

/** The request as it came, also when middleware has read its body: Hono keeps what was read. */
async function unread(c: Context): Promise<Request> {
  const { raw } = c.req;
  if (!raw.bodyUsed) return raw;
  const { method, signal } = raw;
  const headers = new Headers(raw.headers);
  headers.delete("content-length");
  if (!("formData" in c.req.bodyCache)) return new Request(raw.url, { method, headers, signal, body: await c.req.arrayBuffer() });
  headers.delete("content-type"); // the form is written again, with a boundary of its own
  return new Request(raw.url, { method, headers, signal, body: await c.req.formData() });
}
