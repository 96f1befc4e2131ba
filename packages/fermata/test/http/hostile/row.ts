/** A hostile request, and the one answer that is expected to it. */
import { exchange, requestText } from "../../support/raw-http.ts";
import type { TestServer } from "../../support/test-server.ts";

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** Everything that came, as text. */
  readonly all: string;
}

export interface Row {
  readonly name: string;
  readonly send: (server: TestServer) => Promise<Reply>;
  readonly status: number;
  /** Members that the JSON reply has at least; a text that the whole reply is; or a pattern that it matches. */
  readonly body: object | string | RegExp;
}

const JSON_TYPE = { "content-type": "application/json" };

export const GENERATE = "/api/agents/plain/generate";

/** Sends `body` as JSON, or a string as it is. */
export function post(body: unknown, path = GENERATE, headers: Record<string, string> = {}): Row["send"] {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return (server) => send(server, path, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body: text });
}

/** Sends bytes that are not a string. */
export function postBytes(bytes: Uint8Array<ArrayBuffer>, headers: Record<string, string> = JSON_TYPE): Row["send"] {
  return (server) => send(server, GENERATE, { method: "POST", headers, body: bytes });
}

export function postForm(form: FormData): Row["send"] {
  return (server) => send(server, GENERATE, { method: "POST", body: form });
}

export function get(path: string, method = "GET"): Row["send"] {
  return (server) => send(server, path, { method });
}

/** Sends these pieces as they are. */
export function raw(...pieces: (string | Uint8Array)[]): Row["send"] {
  return async ({ port }) => {
    const { status, headers, body } = await exchange(port, pieces);
    return { status, body, all: `${JSON.stringify(headers)}\n${body}` };
  };
}

/** A request whose path is not normalised on its way. */
export function rawPath(path: string, method = "GET", headers: Record<string, string | undefined> = {}, body = ""): Row["send"] {
  return raw(requestText(method, path, headers, body));
}

async function send(server: TestServer, path: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(`${server.origin}${path}`, init);
  const body = await response.text();
  return { status: response.status, body, all: `${JSON.stringify([...response.headers])}\n${body}` };
}

/** A body that does not fit its route. */
export function invalid(field: string, part = "body"): object {
  const title = part === "body" ? "Invalid request body" : part === "query" ? "Invalid query parameters" : "Invalid path parameters";
  return { error: title, code: "VALIDATION_FAILED", issues: [{ field }] };
}

/** A failure with this code. */
export function failure(code: string): object {
  return { code };
}

export const ANSWER = { text: "ok", finishReason: "stop" };
