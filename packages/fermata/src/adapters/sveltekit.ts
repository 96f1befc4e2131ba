import { perMethod, type PerMethod, type RouteFileOptions } from "./web.ts";

/**
 * The server as the endpoints of SvelteKit, in `src/routes/api/[...path]/+server.ts` when the prefix is `/api`. Nothing is made before the first request.
 * @throws FermataError `MISCONFIGURED` for an unusable prefix.
 * @example
 * export const { GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD } = createSvelteKitHandler({ mastra });
 */
export function createSvelteKitHandler(options: RouteFileOptions): PerMethod<(event: { readonly request: Request }) => Promise<Response>> {
  return perMethod(options, (handle) => (event) => handle(event.request));
}
