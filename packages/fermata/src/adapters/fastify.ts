import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { RequestContext } from "../context/request-context.ts";
import type { Mastra } from "../mastra.ts";
import type { ServerHandler } from "./handler.ts";
import { MastraServer as AdapterServer } from "./mastra-server.ts";
import { toNodeListener } from "./node-bridge.ts";
import type { MountedRoute } from "../server/server.ts";
import { toSimplePaths } from "./simple-paths.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set by `fermata/fastify`. */
    readonly mastra: Mastra;
    /** What hooks of the app set here reaches agents, tools and steps. */
    requestContext: RequestContext;
  }
}

/** An instance of Fastify, or a scope of one. */
export type FastifyApp = Pick<FastifyInstance, "prefix" | "hasRequestDecorator" | "hasRoute" | "removeAllContentTypeParsers">;

/**
 * Mounts the server on a Fastify app. Hooks of the app run before its routes as before any other; body parsers do not:
 * the server reads bodies itself. A route that the app has already is left to it.
 * @example
 * const app = Fastify();
 * await new MastraServer({ app, mastra }).init();
 * await app.listen({ port: 4111 });
 */
export class MastraServer extends AdapterServer<FastifyApp> {
  protected override async mount(given: FastifyApp, handler: ServerHandler): Promise<void> {
    const app = given as FastifyInstance; // what is used here does not depend on its type parameters
    decorate(app, handler);
    await app.register((scope, _options, done) => {
      addRoutes(scope, handler);
      done();
    });
  }
}

const CONTEXT = Symbol("fermata.requestContext");
type KnownRequest = FastifyRequest & { [CONTEXT]?: RequestContext };

/** What code of the app finds on every request. A context is made for those that ask for it. */
function decorate(app: FastifyInstance, handler: ServerHandler): void {
  if (app.hasRequestDecorator("mastra")) return;
  app.decorateRequest("mastra", { getter: () => handler.mastra });
  app.decorateRequest("requestContext", {
    getter(this: KnownRequest) {
      return (this[CONTEXT] ??= new RequestContext());
    },
    setter(this: KnownRequest, given: RequestContext) {
      this[CONTEXT] = given;
    },
  });
}

function addRoutes(scope: FastifyInstance, handler: ServerHandler): void {
  const answer = toNodeListener(handler);
  // The body stays where it is, for the server to count and read. What has a type of its own here is found at once.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(["application/json", "*"], (_request, _payload, done) => done(null));
  const taken = new Set<string>();
  for (const { method, path, route } of handler.routes().flatMap(toSimplePaths)) {
    const url = path === "" ? "/" : path;
    const place = `${method} ${url.replace(/:\w+/g, ":")}`;
    if (taken.has(place) || scope.hasRoute({ method, url: `${scope.prefix}${url}` })) continue;
    taken.add(place);
    scope.route({ method, url, handler: (request, reply) => respond(request, reply, route) });
  }

  function respond(request: FastifyRequest, reply: FastifyReply, route: MountedRoute | undefined): void {
    const { raw, params } = request;
    const url = (scope.prefix === "" ? raw.url : raw.url?.slice(scope.prefix.length)) ?? "/";
    // Fastify has found it already. A HEAD has a reply of its own, and dots in a path are for whoever makes a URL of it.
    const isFound = route && raw.method !== "HEAD" && !url.includes("/.");
    const found = isFound ? { route, params: params as Record<string, string> } : handler.find(raw.method ?? "GET", url);
    if (!found) return reply.callNotFound();
    reply.hijack();
    // What hooks have set so far, such as headers for other origins.
    const headers = reply.getHeaders();
    for (const name in headers) reply.raw.setHeader(name, headers[name] ?? "");
    void answer(raw, reply.raw, { url, parsedBody: request.body, requestContext: (request as KnownRequest)[CONTEXT], found });
  }
}
