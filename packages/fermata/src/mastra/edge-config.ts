/** Settings of what stands between the network and the routes. */

/** Which pages of other origins may call the server. Named as in Hono's `cors`. */
export interface CorsOptions {
  /** One origin, several, `*`, or a function that gives the origin to allow, or nothing. Default `*`. */
  readonly origin?: string | readonly string[] | ((origin: string) => string | undefined | null | Promise<string | undefined | null>);
  /** Let pages send cookies. Only for origins that are named: never together with `*`. Default false. */
  readonly credentials?: boolean;
  /** Default: GET, POST, PUT, PATCH, DELETE, OPTIONS. */
  readonly allowMethods?: readonly string[];
  /** Headers that pages may send, beside those that clients of the API send. */
  readonly allowHeaders?: readonly string[];
  /** Headers of replies that pages may read, beside those that clients of the API read. */
  readonly exposeHeaders?: readonly string[];
  /** Seconds that a browser may remember the answer. Default 3,600. */
  readonly maxAge?: number;
}

/** What a log line about a request says. */
export interface RequestLogOptions {
  /** Default true. */
  readonly enabled?: boolean;
  /** Default `info`. */
  readonly level?: "debug" | "info" | "warn";
  /** Paths that are not logged: `/health`, or `/static/*` with everything below it. */
  readonly excludePaths?: readonly string[];
  /** Default false. */
  readonly includeHeaders?: boolean;
  /** Default false. */
  readonly includeQueryParams?: boolean;
  /** Headers whose values are left out, beside those that carry secrets. */
  readonly redactHeaders?: readonly string[];
}

/** A key and a certificate, PEM. */
export interface HttpsOptions {
  readonly key: string | Uint8Array;
  readonly cert: string | Uint8Array;
}

/** Whose count a policy keeps: of each caller, each tenant, each network address, each agent, each run, each thread, or of all together. */
export type LimitPer =
  | "principal"
  | "tenant"
  | "address"
  | "agent"
  | "run"
  | "thread"
  | "everyone"
  | ((caller: { readonly tenant: string; readonly subject: string; readonly request: Request }) => string);

/** One limit. Exactly one of `requests`, `concurrentRuns`, `tokens` and `money`. */
export interface LimitPolicy {
  /** Names the policy in headers and errors: letters, digits, `-`, `_`, `.`. */
  readonly name: string;
  /** Default `principal`. */
  readonly per?: LimitPer;
  /** Requests in a window. */
  readonly requests?: number;
  /** Runs at the same time: requests that execute something, and streams until their end. */
  readonly concurrentRuns?: number;
  /** Tokens, read and written, in a window. */
  readonly tokens?: number;
  /** Money in a window, in the unit of `limits.price`. */
  readonly money?: number;
  /** Milliseconds, or `1m`, `1h`, `30d`. It begins with the first request. Default `1m`; for a run it is the run itself. */
  readonly window?: number | string;
  /** Routes by what they ask for (`agents:execute`, `*:read`, `public`) or by name (`agents.generate`). Default: all. */
  readonly routes?: string | readonly string[];
  /** Agents by id. Default: all. */
  readonly agents?: string | readonly string[];
}

/** How much of the server anybody may take. */
export interface LimitsConfig {
  /** Kept in the storage, so that all replicas share them; without a storage, in the process. */
  readonly policies?: readonly LimitPolicy[];
  /** What an answer of a model costs; needed by policies about money. */
  readonly price?: (answer: {
    readonly provider: string;
    readonly modelId: string;
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly cachedInputTokens: number;
    readonly reasoningTokens: number;
  }) => number;
  /** Runs at the same time in this process; then 503. Default: no limit. */
  readonly concurrentRuns?: number;
  /** Milliseconds that a stream may last; then its run is cancelled. Default: no limit. */
  readonly streamMs?: number;
  /** Bytes of a request's head under `serve`. Default 16,384; then 431. */
  readonly headerBytes?: number;
  /** Characters of a request's address. Default 8,192; then 414. */
  readonly urlLength?: number;
  /** Milliseconds that a whole request may take to arrive under `serve`, and at most 15,000 of them its head. Default 120,000; then 408. */
  readonly requestMs?: number;
  /** Milliseconds that a connection may stay open without a request under `serve`. Default 5,000. */
  readonly idleMs?: number;
  /** Milliseconds that a reply may wait for a reader that takes nothing, under `serve`. Default 60,000; then the connection is closed. */
  readonly writeMs?: number;
  /** Connections at the same time under `serve`. Default: no limit. */
  readonly connections?: number;
}
