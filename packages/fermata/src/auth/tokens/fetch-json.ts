/** Small JSON documents of other servers: bounded in time and size, and never from where a redirect points. */
import { FermataError } from "../../errors.ts";

/** `fetch`, or something like it: a proxy's, for example. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface FetchJsonOptions {
  readonly fetch?: Fetch | undefined;
  readonly init?: RequestInit;
  /** Default 5,000. */
  readonly timeoutMs?: number | undefined;
  /** Default 512 KiB. */
  readonly maxBytes?: number;
}

export interface JsonReply {
  readonly status: number;
  /** `undefined` when the reply is no JSON. */
  readonly body: unknown;
}

/**
 * What `url` answers, whatever its status.
 * @throws FermataError `UNAVAILABLE` when it does not answer in time, or answers with more than it may. The address is in the cause, for the log.
 */
export async function fetchJson(url: string, options: FetchJsonOptions = {}): Promise<JsonReply> {
  const { init = {}, timeoutMs = 5_000, maxBytes = 524_288 } = options;
  const send: Fetch = options.fetch ?? fetch;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = { accept: "application/json", ...(init.headers as Record<string, string> | undefined) }; // our own callers give records
    const response = await send(url, { ...init, headers, redirect: "manual", signal });
    return { status: response.status, body: toJson(await readText(response, maxBytes)) };
  } catch (cause) {
    const failure = new Error(`${new URL(url).origin} does not answer as it should.`, { cause });
    throw new FermataError("UNAVAILABLE", "The sign-in service cannot be reached. Try again.", { cause: failure });
  }
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error(`More than ${maxBytes} bytes.`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
