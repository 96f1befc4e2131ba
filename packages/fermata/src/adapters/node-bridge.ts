/** Node's requests and responses on one side, the handler on the other: what every adapter for a framework on `node:http` stands on. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { RequestContext } from "../context/request-context.ts";
import type { ServerHandler } from "./handler.ts";
import type { FoundRoute } from "./places.ts";

/** What the host knows of a request that its bytes do not say. */
export interface HostRequest {
  /** The body, when a parser of the host has read it. */
  readonly parsedBody?: unknown;
  /** The same as it came, when the parser kept it. */
  readonly rawBody?: string | Uint8Array | undefined;
  /** The path and query below the place that the host has mounted the server on. Default: the request's own. */
  readonly url?: string;
  /** What the host has found out about it. */
  readonly requestContext?: RequestContext | undefined;
  /** The route, when the host has asked for it. */
  readonly found?: FoundRoute | undefined;
}

/** On the request itself: a weak map with an entry per request would keep the garbage collector busy. */
const HOST = Symbol("fermata.host");
type KnownRequest = IncomingMessage & { [HOST]?: HostRequest };

export type NodeListener = (incoming: IncomingMessage, outgoing: ServerResponse, host?: HostRequest) => Promise<void>;

/**
 * Answers requests of `node:http` with `handler`. A client that leaves aborts the request's signal and cancels the reply's body;
 * one that reads slowly is waited for.
 */
export function toNodeListener(handler: ServerHandler): NodeListener {
  const listener = getRequestListener(
    (request, node) => {
      // A server of node:http: its requests are these.
      const { requestContext, found } = (node as { incoming: KnownRequest }).incoming[HOST] ?? {};
      return handler(request, requestContext ? Object.assign(node, { requestContext }) : node, found);
    },
    { hostname: "localhost", errorHandler: () => badRequest() },
  );
  return (incoming, outgoing, host) => {
    if (!host) return listener(incoming, outgoing);
    (incoming as KnownRequest)[HOST] = host;
    restoreBody(incoming, host);
    const { url } = incoming;
    if (host.url !== undefined) incoming.url = host.url;
    const answered = listener(incoming, outgoing); // it reads the URL at once
    if (host.url !== undefined) incoming.url = url;
    return answered;
  };
}

/** The handler never rejects: what arrives here is a request line that is no URL. */
function badRequest(): Response {
  return new Response(JSON.stringify({ error: "The request's target or Host header is not a URL.", code: "VALIDATION_FAILED" }), {
    status: 400,
    headers: { "content-type": "application/json" },
  });
}

/** Hands on the body that a parser has read: its bytes where they were kept, otherwise the value written again. */
function restoreBody(incoming: IncomingMessage, { rawBody, parsedBody }: HostRequest): void {
  const read: { rawBody?: unknown } = incoming;
  if (!incoming.readableDidRead || read.rawBody instanceof Uint8Array) return;
  const body = rawBody ?? (parsedBody === undefined ? undefined : serialize(parsedBody, incoming.headers["content-type"] ?? ""));
  if (body !== undefined) read.rawBody = toBuffer(body);
}

/** The listener takes a body that was read from `rawBody`, and knows it by Node's own class of bytes. */
function toBuffer(body: string | Uint8Array): Uint8Array {
  // oxlint-disable-next-line no-restricted-globals
  return typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

function serialize(parsed: unknown, contentType: string): string | Uint8Array {
  if (parsed instanceof Uint8Array) return parsed;
  if (typeof parsed === "string" && !contentType.includes("json")) return parsed;
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType) && typeof parsed === "object" && parsed !== null)
    return new URLSearchParams(parsed as Record<string, string>).toString();
  return JSON.stringify(parsed);
}
