import type { Context, Next } from "hono";
import { FermataError } from "../errors.ts";
import type { ApiRoute, AppEnv, Mastra } from "../mastra.ts";

/** A handler that knows the parameters of its path. */
type ApiHandler<Path extends string> = (context: Context<AppEnv, Path>, next: Next) => unknown;

export interface ApiRouteOptions<Path extends string = string> extends Omit<ApiRoute, "path" | "handler" | "createHandler"> {
  /** Gets the web framework's context. */
  readonly handler?: ApiHandler<Path>;
  /** Makes the handler once, when the server starts. */
  readonly createHandler?: (args: { readonly mastra: Mastra }) => ApiHandler<Path> | Promise<ApiHandler<Path>>;
}

/**
 * Declares a route of the app's own, served outside the prefix.
 * @throws FermataError `MISCONFIGURED` without exactly one of `handler` and `createHandler`.
 */
export function registerApiRoute<const Path extends string>(path: Path, options: ApiRouteOptions<Path>): ApiRoute {
  if (!path.startsWith("/")) throw new FermataError("MISCONFIGURED", `Custom API route "${path}" must start with "/".`);
  if ((options.handler === undefined) === (options.createHandler === undefined)) {
    throw new FermataError("MISCONFIGURED", `Custom API route "${path}" needs either a handler or a createHandler.`);
  }
  return { path, ...options };
}

/** @throws FermataError `MISCONFIGURED` for a route below the prefix, which belongs to the server. */
export function checkCustomRoutes(routes: readonly ApiRoute[], prefix: string): void {
  for (const { path } of routes) {
    if (prefix !== "" && (path === prefix || path.startsWith(`${prefix}/`))) {
      throw new FermataError(
        "MISCONFIGURED",
        `Custom API route "${path}" must not start with "${prefix}": everything below it belongs to the server.`,
      );
    }
  }
}

/**
 * `/api`, however it was written: spaces, double and trailing slashes do not matter; `""` is the root.
 * @throws FermataError `MISCONFIGURED` for `..`, `?`, `#`, and what a router reads as a pattern.
 */
export function normalizePrefix(prefix: string): string {
  const trimmed = prefix.trim();
  if (/\.\.|[?#:*{}\s]/.test(trimmed))
    throw new FermataError("MISCONFIGURED", `Unusable prefix "${prefix}": it must not contain "..", white space or any of ? # : * { }.`);
  const path = `/${trimmed}`.replace(/\/{2,}/g, "/").replace(/\/$/, "");
  return path;
}
