/** What the server takes from the network, and for how long it waits. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { Socket } from "node:net";
import type { ServerType } from "@hono/node-server";
import { FermataError } from "../errors.ts";
import type { ServerConfig } from "../mastra.ts";
import type { HttpsOptions, LimitsConfig } from "../mastra/edge-config.ts";
import { answerClientErrors } from "./client-errors.ts";

const DEFAULT_REQUEST_MS = 120_000;
const DEFAULT_WRITE_MS = 60_000;
const DEFAULT_URL_LENGTH = 8_192;
/** A head is small: who takes longer for it holds the connection on purpose. */
const HEAD_MS = 15_000;

const MAX_MS = 2_147_483_647;

/** What Node's server is made with. @throws FermataError `MISCONFIGURED` */
export function networkOptions({ https: given, limits = {} }: ServerConfig): {
  readonly serverOptions: object;
  readonly createServer?: typeof createHttps;
} {
  checkNumbers(limits);
  const https = given ?? fromEnvironment();
  if (https && (!https.key || !https.cert)) throw new FermataError("MISCONFIGURED", "server.https needs both key and cert.");
  const requestMs = limits.requestMs ?? DEFAULT_REQUEST_MS;
  const headMs = Math.min(HEAD_MS, requestMs);
  const serverOptions = {
    maxHeaderSize: limits.headerBytes ?? 16_384,
    requestTimeout: requestMs,
    headersTimeout: headMs,
    // Often, so that few are out of time together.
    connectionsCheckingInterval: Math.max(100, Math.min(500, Math.floor(headMs / 3))),
    keepAliveTimeout: limits.idleMs ?? 5_000,
    ...https,
  };
  return https ? { serverOptions, createServer: createHttps } : { serverOptions };
}

/** `MASTRA_HTTPS_KEY` and `MASTRA_HTTPS_CERT`, each base64 of a PEM file. */
function fromEnvironment(): HttpsOptions | undefined {
  const { MASTRA_HTTPS_KEY: key = "", MASTRA_HTTPS_CERT: cert = "" } = process.env;
  if (key === "" && cert === "") return undefined;
  if (key === "" || cert === "")
    throw new FermataError("MISCONFIGURED", "MASTRA_HTTPS_KEY and MASTRA_HTTPS_CERT go together: one of them is missing.");
  const decode = (text: string): string => new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
  try {
    return { key: decode(key), cert: decode(cert) };
  } catch (cause) {
    throw new FermataError("MISCONFIGURED", "MASTRA_HTTPS_KEY and MASTRA_HTTPS_CERT must be base64.", { cause });
  }
}

function checkNumbers(limits: LimitsConfig): void {
  for (const name of ["requestMs", "idleMs", "writeMs", "streamMs"] as const) {
    const ms = limits[name];
    if (ms !== undefined && !(ms >= 1 && ms <= MAX_MS))
      throw new FermataError("MISCONFIGURED", `server.limits.${name} must be milliseconds between 1 and ${MAX_MS}, not ${ms}.`);
  }
  for (const name of ["headerBytes", "urlLength", "connections", "concurrentRuns"] as const) {
    const count = limits[name];
    if (count !== undefined && !(Number.isInteger(count) && count >= 1))
      throw new FermataError("MISCONFIGURED", `server.limits.${name} must be a whole number of at least 1, not ${count}.`);
  }
}

/** Holds the server to its limits on connections. Gives the function that ends it. */
export function guardConnections(node: ServerType, { connections, writeMs = DEFAULT_WRITE_MS }: LimitsConfig = {}): () => void {
  if (connections !== undefined) node.maxConnections = connections;
  answerClientErrors(node);
  return closeStalled(node, writeMs);
}

/**
 * Closes connections whose reader takes nothing. A write that waits for a whole period without the system taking a byte of it is one;
 * a connection on which there is nothing to write is not, however long it is silent.
 */
function closeStalled(node: ServerType, writeMs: number): () => void {
  /** What had been given to the system the last time somebody looked, and since when it has not been more. */
  const sockets = new Map<Socket, { given: number; since: number }>();
  const add = (socket: Socket): void => {
    sockets.set(socket, { given: -1, since: 0 });
    socket.once("close", () => sockets.delete(socket));
  };
  node.on("setSecureContext" in node ? "secureConnection" : "connection", add);
  const timer = setInterval(
    () => {
      const now = Date.now();
      for (const [socket, seen] of sockets) {
        const given = socket.bytesWritten - socket.writableLength;
        if (socket.writableLength === 0 || given !== seen.given) {
          seen.given = given;
          seen.since = now;
        } else if (now - seen.since >= writeMs) socket.destroy();
      }
    },
    Math.max(50, Math.min(15_000, Math.floor(writeMs / 4))),
  );
  timer.unref();
  return () => clearInterval(timer);
}

/** Whether the address is longer than may be. */
export function isTooLong(incoming: IncomingMessage, { urlLength = DEFAULT_URL_LENGTH }: LimitsConfig = {}): boolean {
  return (incoming.url?.length ?? 0) > urlLength;
}

/** Says that nothing follows on the connection. */
export function closeAfter(outgoing: ServerResponse): void {
  if (!outgoing.headersSent) outgoing.shouldKeepAlive = false;
}
