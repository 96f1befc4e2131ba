/** Requests to a server that listens, as somebody. */

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export type Asking = (method: string, path: string, token?: string, body?: object) => Promise<Answer>;

export function askingAt(base: string): Asking {
  return async (method, path, token, body) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
      redirect: "manual",
    });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
}
