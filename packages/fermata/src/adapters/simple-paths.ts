import type { MountedRoute } from "../server/server.ts";
import type { MountedPath } from "./places.ts";

interface SimplePath {
  readonly method: string;
  path: string;
  /** What answers all that fits, where the path says everything. */
  readonly route?: MountedRoute | undefined;
}

/**
 * Hono's paths in the words that every router has: fixed segments, `:name`, and `*` as the last one.
 * What has patterns, options or wildcards in its middle becomes all that begins like it; the handler's `find` says the rest.
 */
export function toSimplePaths({ method, path, route }: MountedPath): SimplePath[] {
  const segments = path.split("/");
  const special = segments.findIndex((segment) => !/^(:\w+|[^:*{}?]*)$/.test(segment));
  if (special === -1) return [{ method, path, route }];
  const head = segments.slice(0, special).join("/");
  return [
    { method, path: head },
    { method, path: `${head}/*` },
  ];
}
