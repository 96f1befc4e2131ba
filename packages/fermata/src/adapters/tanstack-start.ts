import { perMethod, type PerMethod, type RouteFileOptions } from "./web.ts";

/**
 * The server as the handlers of a TanStack Start route, in `routes/api/$.ts` when the prefix is `/api`. Nothing is made before the first request.
 * @throws FermataError `MISCONFIGURED` for an unusable prefix.
 * @example
 * export const Route = createFileRoute("/api/$")({ server: { handlers: createStartRouteHandler({ mastra }) } });
 */
export function createStartRouteHandler(options: RouteFileOptions): PerMethod<(event: { readonly request: Request }) => Promise<Response>> {
  return perMethod(options, (handle) => (event) => handle(event.request));
}
