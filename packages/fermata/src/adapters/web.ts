/** What the frameworks of route files have in common: one exported function per method. */
import { createHandler, type HandlerOptions } from "./handler.ts";

export type RouteFileOptions = Omit<HandlerOptions, "openaiAtRoot">;

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"] as const;

/** One function per method. */
export type PerMethod<H> = Readonly<Record<(typeof METHODS)[number], H>>;

/** The handler once per method, as `wrap` gives it the request. */
export function perMethod<H>(options: RouteFileOptions, wrap: (handle: (request: Request) => Promise<Response>) => H): PerMethod<H> {
  const handler = createHandler(options);
  const wrapped = wrap((request) => handler(request));
  return Object.fromEntries(METHODS.map((method) => [method, wrapped])) as PerMethod<H>; // one for each of METHODS
}
