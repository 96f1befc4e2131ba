import type { Context, Hono, MiddlewareHandler } from "hono";
import { RequestContext } from "../context/request-context.ts";
import type { ApiRoute, Mastra } from "../mastra.ts";
import { checkCustomRoutes, normalizePrefix } from "../server/custom-routes.ts";
import { failureReply } from "../server/error-reply.ts";
import { createOpenApiDocument } from "../server/openapi.ts";
import { createRoutes, requestIdOf, type MountedRoute } from "../server/server.ts";

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
  readonly prefix: string;

  /** @throws FermataError `MISCONFIGURED` when a custom route stands below the prefix. */
  constructor(options: MastraServerOptions) {
    this.#options = options;
    // Routes are added, none of the app's own types are touched.
    this.#app = options.app as Hono;
    this.prefix = normalizePrefix(options.prefix ?? options.mastra.getServer().apiPrefix ?? "/api");
    checkCustomRoutes(this.#customRoutes(), this.prefix);
  }

  /** Adds all routes to the app. */
  async init(): Promise<void> {
    const { mastra, openapiPath, bodyLimitOptions, streamOptions } = this.#options;
    const routes = createRoutes({
      mastra,
      ...(bodyLimitOptions && { maxBodyBytes: bodyLimitOptions.maxSize }),
      ...(bodyLimitOptions?.onError && { onBodyTooLarge: bodyLimitOptions.onError }),
      ...(streamOptions?.redact !== undefined && { redact: streamOptions.redact }),
      ...(streamOptions?.heartbeatMs !== undefined && { heartbeatMs: streamOptions.heartbeatMs }),
    });
    // Asked before anything is added: what is there now is the app's own.
    const atRoot = this.prefix !== "" && (this.#options.openaiAtRoot ?? this.#isRootFree());
    for (const route of routes) this.#mount(route, this.prefix);
    if (atRoot) for (const route of routes) if (route.spec.openai) this.#mount(route, "");
    if (openapiPath) this.#mountDocument(openapiPath);
    // Last, so that a route for everything else, such as a web page's, does not take the place of the API.
    for (const route of this.#customRoutes()) await this.#mountCustom(route);
  }

  getApp(): Hono {
    return this.#app;
  }

  #customRoutes(): readonly ApiRoute[] {
    return [...(this.#options.mastra.getServer().apiRoutes ?? []), ...(this.#options.customApiRoutes ?? [])];
  }

  /** Whether `/v1` is nobody's, and nothing stands before the prefix that would not stand before `/v1`. */
  #isRootFree(): boolean {
    const isTaken = (path: string): boolean => path === "/v1" || path.startsWith("/v1/");
    if (this.#customRoutes().some(({ path }) => isTaken(path))) return false;
    return !this.#app.routes.some(({ path }) => isTaken(path) || path.startsWith(this.prefix));
  }

  #mount(route: MountedRoute, prefix: string): void {
    const { spec } = route;
    const takesQuery = spec.query !== undefined;
    this.#app.on(spec.method, `${prefix}${spec.path}`, (c: Context) =>
      route.handle({
        request: c.req.raw,
        params: c.req.param() as Record<string, string>,
        query: takesQuery || spec.method === "GET" ? c.req.queries() : NO_QUERY,
        context: c,
      }),
    );
  }

  #mountDocument(path: string): void {
    let document: string | undefined;
    this.#app.get(`${this.prefix}${path}`, (c) => {
      document ??= JSON.stringify(createOpenApiDocument({ prefix: this.prefix, customRoutes: this.#customRoutes() }));
      return c.body(document, 200, { "content-type": "application/json" });
    });
  }

  async #mountCustom(route: ApiRoute): Promise<void> {
    const { mastra } = this.#options;
    const made: unknown = route.handler ?? (await route.createHandler?.({ mastra }));
    // The app's own handler, written for the context that Hono gives it.
    const handler = made as (c: Context, next: () => Promise<void>) => Response | Promise<Response>;
    const middleware = (
      route.middleware === undefined ? [] : Array.isArray(route.middleware) ? route.middleware : [route.middleware]
    ) as MiddlewareHandler[];
    const methods = route.method === "ALL" ? ["GET", "POST", "PUT", "PATCH", "DELETE"] : [route.method];
    this.#app.on(methods, route.path, this.#contextFor(), ...[...middleware, handler].map((step) => this.#guarded(step)));
  }

  /** `step` with its failures as replies. Hono catches what a step throws before an earlier one could. */
  #guarded(step: (c: Context, next: () => Promise<void>) => unknown): MiddlewareHandler {
    return async (c, next) => {
      try {
        // What the app's own code gives is the app's own affair.
        return (await step(c, next)) as Response | void;
      } catch (error) {
        if (isHttpException(error)) return error.getResponse();
        return failureReply(error, requestIdOf(c.req.raw), this.#options.mastra, c);
      }
    };
  }

  /** What a handler of the app's own finds in its context. */
  #contextFor(): MiddlewareHandler {
    const { mastra } = this.#options;
    return async (c, next) => {
      c.set("mastra", mastra);
      c.set("requestContext", new RequestContext());
      c.set("abortSignal", c.req.raw.signal);
      await next();
    };
  }
}

const NO_QUERY: Readonly<Record<string, string[]>> = {};

/** Hono's own error, recognised across copies of the package. */
function isHttpException(error: unknown): error is { getResponse(): Response } {
  return typeof error === "object" && error !== null && "getResponse" in error && typeof error.getResponse === "function";
}
