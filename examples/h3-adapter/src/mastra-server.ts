import { MastraServer as Adapter, type ServerHandler } from "fermata/server";
import type { H3 } from "h3";

/** The server on an H3 app: `await new MastraServer({ app, mastra }).init()`. */
export class MastraServer extends Adapter<H3> {
  protected override mount(app: H3, handler: ServerHandler): void {
    app.use((event, next) => {
      event.context.mastra = handler.mastra;
      return handler.owns(event.req.method, event.req.url) ? handler(event.req) : next();
    });
  }
}
