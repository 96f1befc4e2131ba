/** A server with a page: the app's API and one bundled script on one origin, behind a proxy that may do harm. */
import { Hono } from "hono";
import type { Mastra } from "../../src/mastra.ts";
import { bundle } from "./bundle.ts";
import { startProxy, type Fault, type FaultyProxy, type SeenRequest } from "./faulty-proxy.ts";
import { startHono } from "./test-server.ts";

export interface PageServer extends AsyncDisposable {
  readonly proxy: FaultyProxy;
}

/** `script` is the path of the page's script. `plan` decides what becomes of each request to the API. */
export async function startPage(mastra: Mastra, script: string, plan: (request: SeenRequest) => Fault): Promise<PageServer> {
  const { code } = await bundle(script);
  const app = new Hono();
  app.get("/", (context) => context.html('<!doctype html><title>page</title><main></main><script type="module" src="/page.js"></script>'));
  app.get("/page.js", (context) => context.body(code, 200, { "content-type": "text/javascript" }));
  const server = await startHono(mastra, {}, app);
  const proxy = await startProxy(server.port, (request) => (request.path.startsWith("/api/") ? plan(request) : { kind: "pass" }));
  return {
    proxy,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
