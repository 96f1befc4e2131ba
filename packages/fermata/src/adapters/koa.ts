import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerHandler } from "./handler.ts";
import { addLocals, givenContext } from "./host-locals.ts";
import { MastraServer as AdapterServer } from "./mastra-server.ts";
import { toNodeListener } from "./node-bridge.ts";

interface KoaContext {
  readonly method: string;
  readonly url: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Body parsers leave their work here. */
  readonly request: { readonly body?: unknown; readonly rawBody?: string };
  readonly state: Record<string, unknown>;
  respond?: boolean;
}

/** What takes middleware in the form of Koa. */
export interface KoaApp {
  use(middleware: (ctx: KoaContext, next: () => Promise<unknown>) => Promise<unknown>): unknown;
}

/**
 * Mounts the server on a Koa app, before or after body parsers. What no route of the server answers goes on to the app's next middleware.
 * @example
 * const app = new Koa();
 * await new MastraServer({ app, mastra }).init();
 * app.listen(4111);
 */
export class MastraServer extends AdapterServer<KoaApp> {
  protected override mount(app: KoaApp, handler: ServerHandler): void {
    const answer = toNodeListener(handler);
    app.use(async (ctx, next) => {
      const { request, state } = ctx;
      const found = handler.find(ctx.method, ctx.url);
      if (!found) {
        addLocals(state, handler.mastra, ctx.res);
        return next();
      }
      ctx.respond = false;
      return answer(ctx.req, ctx.res, { parsedBody: request.body, rawBody: request.rawBody, requestContext: givenContext(state), found });
    });
  }
}
