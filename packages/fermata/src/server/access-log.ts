/** A log line for every request, without what is nobody's business. */
import type { RequestLogOptions } from "../mastra/edge-config.ts";
import type { ServerConfig } from "../mastra.ts";
import type { LogFields, Logger } from "../telemetry/logger.ts";

/** Headers and parameters that carry secrets, whatever the app says. */
const SECRET_HEADERS = ["authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key", "x-worker-api-key"];
const SECRET_PARAMETERS: ReadonlySet<string> = new Set(["apikey", "api_key", "token", "access_token", "code", "state", "requestcontext"]);
const REDACTED = "[redacted]";

export interface Answered {
  readonly request: Request;
  /** The route as it is declared, so that ids of users and threads stay out of the log. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

export class AccessLog {
  readonly #options: RequestLogOptions;
  readonly #level: "debug" | "info" | "warn";
  readonly #secret: ReadonlySet<string>;

  /** `undefined` where requests are not logged. */
  static of({ build }: ServerConfig): AccessLog | undefined {
    const logs = build?.apiReqLogs ?? false;
    if (logs === false) return undefined;
    if (logs === true) return new AccessLog({});
    return logs.enabled === false ? undefined : new AccessLog(logs);
  }

  constructor(options: RequestLogOptions) {
    this.#options = options;
    this.#level = options.level ?? "info";
    this.#secret = new Set([...SECRET_HEADERS, ...(options.redactHeaders ?? [])].map((name) => name.toLowerCase()));
  }

  write(logger: Logger, answered: Answered): void {
    const { request, route, status, ms } = answered;
    const { excludePaths, includeHeaders, includeQueryParams } = this.#options;
    if (!excludePaths && !includeHeaders && !includeQueryParams)
      return logger[this.#level]("Request", { method: request.method, route, status, ms });
    const { pathname, searchParams } = new URL(request.url);
    if (excludePaths?.some((path) => isBelow(pathname, path))) return;
    const fields: LogFields = {
      method: request.method,
      route,
      status,
      ms,
      ...(includeQueryParams && { query: this.#shown(searchParams, (name) => SECRET_PARAMETERS.has(name.toLowerCase())) }),
      ...(includeHeaders && { headers: this.#shown(request.headers, (name) => this.#secret.has(name)) }),
    };
    logger[this.#level]("Request", fields);
  }

  #shown(entries: Iterable<[string, string]>, isSecret: (name: string) => boolean): Readonly<Record<string, string>> {
    return Object.fromEntries(Array.from(entries, ([name, value]) => [name, isSecret(name) ? REDACTED : value]));
  }
}

/** `/a` is itself alone, `/a/*` everything below it. */
function isBelow(path: string, pattern: string): boolean {
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}
