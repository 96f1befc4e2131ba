/** One request and every byte of its reply. */
import type { TestServer } from "./test-server.ts";

export interface Seen {
  readonly status: number;
  readonly body: string;
  /** Without its parameters. */
  readonly type: string;
  /** Every byte of the reply: status line, headers and body. */
  readonly all: string;
}

export async function call(server: TestServer, method: string, path: string, body?: object): Promise<Seen> {
  const response = await fetch(`${server.api}${path}`, {
    method,
    ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text,
    type: response.headers.get("content-type") ?? "",
    all: `${response.statusText}\n${JSON.stringify([...response.headers])}\n${text}`,
  };
}

/** What is asked of a route. */
export type Ask = (server: TestServer) => Promise<Seen[]>;
