/** One request to the adapter and to the handler itself, and what has to be the same in the two replies. */
import { deepStrictEqual } from "node:assert/strict";

/** A request as it can be sent twice. */
export interface Ask {
  readonly method: string;
  /** With the prefix. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | (() => FormData);
  /** Send the body in pieces, without saying how long it is. */
  readonly chunked?: boolean;
}

/** The two sides that are compared. */
export interface Sides {
  /** Where the adapter listens: `http://127.0.0.1:1234`. */
  readonly origin: string;
  /** The handler itself, with an app of its own. */
  readonly handler: (request: Request) => Promise<Response>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends one request to both sides, and fails unless the replies are the same but for ids and times. Gives the adapter's reply. */
export async function sameReply(sides: Sides, ask: Ask): Promise<Reply> {
  const expected = await read(await sides.handler(toRequest("http://127.0.0.1", ask)), ask);
  const actual = await read(await fetch(toRequest(sides.origin, ask)), ask);
  deepStrictEqual(actual, expected);
  return actual;
}

export function toRequest(origin: string, { method, path, headers = {}, body, chunked = false }: Ask): Request {
  const given = typeof body === "function" ? body() : body;
  const sent = chunked && given !== undefined && !(given instanceof FormData) ? inPieces(given) : given;
  return new Request(`${origin}${path}`, {
    method,
    redirect: "manual",
    headers: {
      "x-request-id": "kit-request",
      ...(typeof given === "string" && { "content-type": "application/json" }),
      // What an HTTP client says of a body whose length it knows.
      ...(!chunked && given !== undefined && !(given instanceof FormData) && { "content-length": String(new Blob([given]).size) }),
      ...headers,
    },
    ...(sent !== undefined && { body: sent }),
    ...(sent instanceof ReadableStream && { duplex: "half" }),
  });
}

function inPieces(body: string | Uint8Array): ReadableStream<Uint8Array> {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, (at += 8_192)));
    },
  });
}

/** Headers that a handler decides. What connections, frameworks and hosts add is theirs. */
const COMPARED =
  /^(content-type|cache-control|x-accel-buffering|retry-after|x-request-id|access-control-.*|vary|location|set-cookie|x-kit|ratelimit.*|www-authenticate)$/;

async function read(response: Response, { method }: Ask): Promise<Reply> {
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers)
    if (COMPARED.test(name)) headers[name] = name in headers ? `${headers[name]}\n${value}` : value;
  const body = method === "HEAD" ? "" : steady(await response.text());
  return { status: response.status, headers, body };
}

/** A text without what changes from run to run. */
export function steady(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, "<id>")
    .replace(/\b(resp|msg|conv|call|fc|chatcmpl|item|rs|run)[_-][0-9a-zA-Z]{12,}/g, "$1<id>")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>")
    .replace(/\b1[6-9]\d{11}(\.\d+)?\b/g, "<ms>")
    .replace(/\b1[6-9]\d{8}\b/g, "<s>");
}
