import { perMethod, type PerMethod, type RouteFileOptions } from "./web.ts";

/**
 * The server as a route handler of Next.js, in `app/api/[...path]/route.ts` when the prefix is `/api`. Nothing is made before the first request.
 * @throws FermataError `MISCONFIGURED` for an unusable prefix.
 * @example
 * export const { GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD } = createNextRouteHandler({ mastra });
 */
export function createNextRouteHandler(options: RouteFileOptions): PerMethod<(request: Request) => Promise<Response>> {
  return perMethod(options, (handle) => handle);
}
