import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createHandler, type HandlerOptions, type ServerHandler } from "./handler.ts";
import type { FoundRoute } from "./places.ts";
import { MastraServer as AdapterServer } from "./mastra-server.ts";
import { toNodeListener } from "./node-bridge.ts";

type Next = (error?: unknown) => void;

/** A listener for `http.createServer`, and middleware for everything that calls `(request, response, next)`. */
export interface NodeHandler {
  /** Without `next`, what no route answers is a 404. */
  (request: IncomingMessage, response: ServerResponse, next?: Next): void;
  /** Normalised: `/api`, or `""` for the root. */
  readonly prefix: string;
  close(): Promise<void>;
}

/**
 * The server for `node:http` and for frameworks of the connect kind. Nothing is made before the first request.
 * @throws FermataError `MISCONFIGURED` for an unusable prefix.
 * @example
 * createServer(createNodeHandler({ mastra })).listen(4111);
 */
export function createNodeHandler(options: HandlerOptions): NodeHandler {
  const handler = createHandler(options);
  const answer = toNodeListener(handler);
  const findFor = ({ method = "GET", url = "/" }: IncomingMessage): FoundRoute | undefined => handler.find(method, url);
  const respond = (request: IncomingMessage, response: ServerResponse, found: FoundRoute | undefined): void =>
    void answer(request, response, { found, ...("body" in request && { parsedBody: request.body }) });
  function handle(request: IncomingMessage, response: ServerResponse, next?: Next): void {
    if (!next) return respond(request, response, findFor(request));
    const choose = (): void => {
      const found = findFor(request);
      if (found) respond(request, response, found);
      else next();
    };
    handler.ready().then(choose, next);
  }
  return Object.assign(handle, { prefix: handler.prefix, close: () => handler.close() });
}

/**
 * Mounts the server on a `node:http` server. What no route of the server answers goes to the listeners that were there before.
 * @example
 * const app = createServer((request, response) => response.end("the app's own"));
 * await new MastraServer({ app, mastra }).init();
 * app.listen(4111);
 */
export class MastraServer extends AdapterServer<Server> {
  protected override mount(app: Server, handler: ServerHandler): void {
    const answer = toNodeListener(handler);
    const others = app.listeners("request");
    app.removeAllListeners("request");
    app.on("request", (request, response) => {
      const found = handler.find(request.method ?? "GET", request.url ?? "/");
      if (found || others.length === 0) void answer(request, response, { found });
      else for (const other of others) other.call(app, request, response);
    });
  }
}
