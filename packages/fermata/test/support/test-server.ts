/** Servers for tests: real ones, on a free port of this machine, stopped at the end of the block that started them. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve as listen } from "@hono/node-server";
import { Hono } from "hono";
import { MastraServer, type MastraServerOptions } from "../../src/adapters/hono.ts";
import type { Mastra } from "../../src/mastra.ts";
import { serve, type ServeOptions } from "../../src/serve.ts";

export interface TestServer extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  /** `<origin><prefix>` */
  readonly api: string;
}

export type HonoOptions = Omit<MastraServerOptions, "app" | "mastra">;

/** `MastraServer` on a Hono app of its own. */
export async function startHono(mastra: Mastra, options: HonoOptions = {}, app: Hono = new Hono()): Promise<TestServer> {
  const server = new MastraServer({ ...options, app, mastra });
  await server.init();
  const node = listen({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  if (!node.listening) await once(node, "listening");
  const { port } = node.address() as AddressInfo; // it listens on TCP
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    port,
    api: `${origin}${server.prefix}`,
    async [Symbol.asyncDispose]() {
      if ("closeAllConnections" in node) node.closeAllConnections();
      node.close();
      await once(node, "close");
    },
  };
}

/** `serve()` itself. */
export async function startServe(mastra: Mastra, options: ServeOptions = {}): Promise<TestServer> {
  const running = await serve(mastra, { port: 0, host: "127.0.0.1", ...options });
  const origin = `http://127.0.0.1:${running.port}`;
  return {
    origin,
    port: running.port,
    api: `${origin}${mastra.getServer().apiPrefix ?? "/api"}`,
    [Symbol.asyncDispose]: () => running.close(),
  };
}
