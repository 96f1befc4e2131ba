/** Cross-origin requests (the Fetch standard's CORS protocol): what a page of another origin may send and read. */
import { FermataError } from "../errors.ts";
import type { CorsOptions } from "../mastra/edge-config.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const ALLOWED = ["Content-Type", "Authorization", "A2A-Version", "x-mastra-client-type", "x-mastra-dev-playground"];
/** Beside the reference's: what this API's own clients send. */
const ALLOWED_HERE = ["Idempotency-Key", "Last-Event-ID", "x-fermata-stream", "x-request-id", "traceparent", "tracestate"];
const EXPOSED = ["Content-Length", "X-Requested-With"];
const EXPOSED_HERE = ["x-request-id", "traceparent", "RateLimit", "RateLimit-Policy", "Retry-After"];

/** A CORS configuration, ready to answer. */
export interface Cors {
  /** The reply to a preflight request. */
  preflight(request: Request): Promise<Response>;
  /** Adds to the head of a reply what its reader's browser asks for. */
  apply(request: Request, headers: Headers): void | Promise<void>;
}

export const isPreflight = (request: Request): boolean =>
  request.method === "OPTIONS" && request.headers.has("origin") && request.headers.has("access-control-request-method");

/** @throws FermataError `MISCONFIGURED` for credentials with any origin: every page a user visits could act as the user. */
export function createCors(options: CorsOptions, name = "server.cors"): Cors {
  const { origin = "*", credentials = false, allowMethods = METHODS, maxAge = 3_600 } = options;
  if (credentials && (origin === "*" || (Array.isArray(origin) && origin.includes("*")))) {
    throw new FermataError(
      "MISCONFIGURED",
      `${name}: credentials need named origins: origin: ["https://app.example"], or a function. With "*" every page that a user visits could act as the user.`,
    );
  }
  const allow = originRule(origin);
  const isSame = origin === "*";
  const expose = [...EXPOSED, ...EXPOSED_HERE, ...(options.exposeHeaders ?? [])].join(",");
  const preflightHead: Readonly<Record<string, string>> = {
    "access-control-allow-methods": allowMethods.join(","),
    "access-control-allow-headers": [...ALLOWED, ...ALLOWED_HERE, ...(options.allowHeaders ?? [])].join(","),
    "access-control-max-age": String(maxAge),
  };

  /** What the page is told in both kinds of reply; `undefined` when it is not let in. */
  const admit = (allowed: string | undefined | null, headers: Headers): boolean => {
    // A cache must not give one origin the reply that names another.
    if (!isSame) headers.append("vary", "Origin");
    if (!allowed) return false;
    headers.set("access-control-allow-origin", allowed);
    if (credentials && allowed !== "*") headers.set("access-control-allow-credentials", "true");
    return true;
  };

  return {
    async preflight(request) {
      const headers = new Headers();
      if (admit(await allow(request.headers.get("origin") ?? ""), headers)) {
        for (const [key, value] of Object.entries(preflightHead)) headers.set(key, value);
      }
      return new Response(null, { status: 204, headers });
    },
    apply(request, headers) {
      const from = request.headers.get("origin");
      if (from === null) {
        if (!isSame) headers.append("vary", "Origin");
        return undefined;
      }
      const show = (allowed: string | undefined | null): void => {
        if (admit(allowed, headers)) headers.set("access-control-expose-headers", expose);
      };
      const allowed = allow(from);
      return allowed instanceof Promise ? allowed.then(show) : show(allowed);
    },
  };
}

/** Replies of routes with rules of their own. */
const decided = new WeakSet<Response>();

/** Says that no other rules hold for the reply. */
export function decide(response: Response): void {
  decided.add(response);
}

/** What `reply` comes to under the rules, unless it has been given others on its way. */
export async function withCors(cors: Cors, request: Request, reply: Response | Promise<Response>): Promise<Response> {
  const response = await reply;
  if (decided.has(response) || response.headers.has("access-control-allow-origin")) return response;
  if (isPreflight(request) && response.status === 404) return await cors.preflight(request);
  return await withHeaders(response, (headers) => cors.apply(request, headers));
}

/** Changes the head of a reply, also of one whose head is sealed, as those of `fetch` are. */
export async function withHeaders(response: Response, change: (headers: Headers) => void | Promise<void>): Promise<Response> {
  try {
    await change(response.headers);
    return response;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const { body, status, statusText } = response;
    const copy = new Response(body, { status, statusText, headers: new Headers(response.headers) });
    await change(copy.headers);
    return copy;
  }
}

type Allowed = string | undefined | null;

/** The origin that a page of the origin `from` is told to be let in, if it is. */
export function originRule(origin: NonNullable<CorsOptions["origin"]>): (from: string) => Allowed | Promise<Allowed> {
  if (typeof origin === "function") return origin;
  if (origin === "*") return () => "*";
  const known = new Set(typeof origin === "string" ? [origin] : origin);
  if (known.has("*")) return () => "*";
  return (from) => (known.has(from) ? from : undefined);
}

/**
 * What holds in development where the app says nothing: a page of this machine, on whatever port, gets in with its cookies. Pages
 * from elsewhere do not: a server on a developer's machine is in reach of every page that the developer visits.
 */
export const DEVELOPMENT_CORS: CorsOptions = { origin: (from) => (isLocal(from) ? from : undefined), credentials: true };

const LOCAL_HOST = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

function isLocal(origin: string): boolean {
  try {
    return LOCAL_HOST.test(new URL(origin).hostname);
  } catch {
    return false;
  }
}
