/** Requests and their repeats. Nothing here knows what the routes mean. */
import type { Method } from "../contract/route.ts";
import { FermataClientError, toClientError } from "./error.ts";

type HeaderValues = Readonly<Record<string, string>>;

export interface TransportOptions {
  /** Where the server is, for example `http://localhost:4111`. In a browser `""` means the page's own origin. */
  readonly baseUrl: string;
  /** Where the API lives below it. Default `/api`. */
  readonly apiPrefix?: string;
  /** Sent with every request; a function is asked anew each time, for tokens that expire. */
  readonly headers?: HeaderValues | (() => HeaderValues | Promise<HeaderValues>);
  readonly credentials?: "omit" | "same-origin" | "include";
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** Aborts every call of the client. */
  readonly abortSignal?: AbortSignal;
  /** Repeats of a request that may be repeated. Default 3. */
  readonly retries?: number;
  /** Milliseconds before the first repeat; doubled each time, and varied by chance. Default 250. */
  readonly backoffMs?: number;
  /** Default 5,000. A server's `Retry-After` may ask for more, up to `maxRetryAfterMs`. */
  readonly maxBackoffMs?: number;
  /** The longest `Retry-After` that is waited for; a longer one fails the call at once. Default 60,000. */
  readonly maxRetryAfterMs?: number;
  /** Milliseconds until a reply must be there, or until a stream must have begun. Default 240,000: longer than the server takes. */
  readonly timeoutMs?: number;
  /** The server does a request with an `Idempotency-Key` once, so that a broken stream may be asked for again. Default true. */
  readonly repeatsByKey?: boolean;
}

export interface Outgoing {
  readonly method: Method;
  /** Below the prefix, with its query. */
  readonly path: string;
  /** Sent as JSON; a form as it is. */
  readonly body?: unknown;
  readonly headers?: HeaderValues;
  readonly signal?: AbortSignal | undefined;
  /** Names what the request does, so that a repeat of it is not done twice. Default: a new one for each call. */
  readonly idempotencyKey?: string;
  readonly retries?: number;
}

/** A proxy between the two, or the server, may do better next time. What is not a GET has a key, so that it is not done twice. */
const MAY_PASS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

export class Transport {
  readonly options: TransportOptions;
  readonly #root: string;

  /** @throws RangeError for a number of repeats that is none. */
  constructor(options: TransportOptions) {
    const { retries, baseUrl, apiPrefix = "/api" } = options;
    if (retries !== undefined && (!Number.isSafeInteger(retries) || retries < 0))
      throw new RangeError("retries must be a whole number of at least 0");
    this.options = options;
    this.#root = `${baseUrl.replace(/\/+$/, "")}${`/${apiPrefix}`.replaceAll(/\/+/g, "/").replace(/\/$/, "")}`;
  }

  /** The reply's JSON; `undefined` for an empty one. @throws FermataClientError */
  json(outgoing: Outgoing): Promise<unknown> {
    return this.#repeat(outgoing, async (send) => {
      const response = await send();
      const text = await response.text();
      if (text === "") return undefined;
      try {
        return JSON.parse(text) as unknown;
      } catch (cause) {
        throw new FermataClientError("BAD_REPLY", "The reply is not JSON.", { status: response.status, body: text, cause });
      }
    });
  }

  /** The reply once its head is there. @throws FermataClientError */
  open(outgoing: Outgoing): Promise<Response> {
    return this.#repeat(outgoing, (send) => send());
  }

  /** Repeats `attempt` as long as that is safe and may help. */
  async #repeat<T>(outgoing: Outgoing, attempt: (send: () => Promise<Response>) => Promise<T>): Promise<T> {
    const { retries = 3 } = this.options;
    const outer = [outgoing.signal, this.options.abortSignal].filter((signal) => signal !== undefined);
    const key = outgoing.method === "GET" ? undefined : (outgoing.idempotencyKey ?? crypto.randomUUID());
    const isForm = outgoing.body instanceof FormData;
    const body = outgoing.body === undefined || isForm ? outgoing.body : JSON.stringify(outgoing.body);
    for (let done = 0; ; done++) {
      for (const signal of outer) signal.throwIfAborted();
      const own = typeof this.options.headers === "function" ? await this.options.headers() : this.options.headers;
      const headers = {
        ...(body !== undefined && !isForm && { "content-type": "application/json" }),
        ...(key !== undefined && { "idempotency-key": key }),
        ...own,
        ...outgoing.headers,
      };
      const timeout = new AbortController();
      const { timeoutMs = 240_000 } = this.options;
      const timer = timeoutMs === Infinity ? undefined : setTimeout(() => timeout.abort(), timeoutMs);
      try {
        const signal = AbortSignal.any([...outer, timeout.signal]);
        return await attempt(() => this.#once(outgoing, { headers, ...(body !== undefined && { body }), signal }));
      } catch (error) {
        for (const signal of outer) signal.throwIfAborted();
        const failure = toFailure(error, timeout.signal.aborted);
        const delayMs = done < (outgoing.retries ?? retries) ? this.#delay(failure, done) : undefined;
        if (delayMs === undefined) throw failure;
        await pause(delayMs, outer);
      } finally {
        clearTimeout(timer);
      }
    }
  }

  /** Milliseconds before the next attempt; `undefined` when there must be none. */
  #delay({ status, retryAfterMs }: FermataClientError, done: number): number | undefined {
    const { backoffMs = 250, maxBackoffMs = 5_000, maxRetryAfterMs = 60_000 } = this.options;
    const helps = status === 0 || MAY_PASS.has(status);
    if (!helps || (retryAfterMs ?? 0) > maxRetryAfterMs) return undefined;
    const backoff = Math.min(maxBackoffMs, backoffMs * 2 ** done);
    return (retryAfterMs ?? 0) + backoff * (0.5 + Math.random() / 2);
  }

  async #once({ method, path }: Outgoing, init: RequestInit): Promise<Response> {
    const send = this.options.fetch ?? fetch;
    const { credentials } = this.options;
    const response = await send(`${this.#root}${path}`, { method, ...init, ...(credentials && { credentials }) });
    if (!response.ok) throw await toClientError(response);
    return response;
  }
}

function toFailure(error: unknown, timedOut: boolean): FermataClientError {
  if (FermataClientError.is(error)) return error;
  if (timedOut) return new FermataClientError("TIMEOUT", "The server did not answer in time.", { cause: error });
  return new FermataClientError("NETWORK", "The server could not be reached, or the connection broke.", { cause: error });
}

/** Rejects with the reason of the first of `signals` that aborts meanwhile. */
export function pause(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.any([...signals]);
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error); // whatever the caller aborted with
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
