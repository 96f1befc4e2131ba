import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { HandlerOptions } from "../adapters/handler.ts";
import { createNodeHandler } from "../adapters/node.ts";
import type { Mastra } from "../mastra.ts";

/** A server of a test's own, in its process. `await using server = …` stops it with the block. */
export interface TestServer extends AsyncDisposable {
  /** For example `http://127.0.0.1:51234`. */
  readonly origin: string;
  /** The origin with the prefix, which clients call their base URL's API. */
  readonly api: string;
  /** Cuts the connections that are open. */
  close(): Promise<void>;
}

/**
 * Serves `mastra` on a free port of this machine.
 * @example
 * await using server = await startTestServer(new Mastra({ agents: { guide }, logger: false }));
 * const response = await fetch(`${server.api}/agents`);
 */
export async function startTestServer(mastra: Mastra, options: Omit<HandlerOptions, "mastra"> = {}): Promise<TestServer> {
  const handler = createNodeHandler({ ...options, mastra });
  const server = createServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  async function close(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await Promise.all([closed, handler.close()]);
  }
  return { origin, api: origin + handler.prefix, close, [Symbol.asyncDispose]: close };
}
