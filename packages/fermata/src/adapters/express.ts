import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerHandler } from "./handler.ts";
import { addLocals, givenContext } from "./host-locals.ts";
import { MastraServer as AdapterServer } from "./mastra-server.ts";
import { toNodeListener } from "./node-bridge.ts";

type Request = IncomingMessage & { readonly body?: unknown };
type Response = ServerResponse & { readonly locals: Record<string, unknown> };

/** What takes middleware in the form of Express: an app or a router of Express 4 or 5. */
export interface ExpressApp {
  use(middleware: (request: Request, response: Response, next: (error?: unknown) => void) => void): unknown;
}

/**
 * Mounts the server on an Express app, before or after body parsers. What no route of the server answers goes on to the app's next handler.
 * @example
 * const app = express();
 * await new MastraServer({ app, mastra }).init();
 * app.listen(4111);
 */
export class MastraServer extends AdapterServer<ExpressApp> {
  protected override mount(app: ExpressApp, handler: ServerHandler): void {
    const answer = toNodeListener(handler);
    app.use((request, response, next) => {
      const { locals } = response;
      const found = handler.find(request.method ?? "GET", request.url ?? "/");
      if (found) return void answer(request, response, { parsedBody: request.body, requestContext: givenContext(locals), found });
      addLocals(locals, handler.mastra, response);
      next();
    });
  }
}
