import type { MountedPath } from "./handler.ts";

interface SimplePath {
  readonly method: string;
  path: string;
  /** Whether all that fits it is the server's. */
  readonly isExact: boolean;
}

/**
 * Hono's paths in the words that every router has: fixed segments, `:name`, and `*` as the last one.
 * What has patterns, options or wildcards in its middle becomes all that begins like it; the handler's `owns` says the rest.
 */
export function toSimplePaths({ method, path }: MountedPath): SimplePath[] {
  const segments = path.split("/");
  const special = segments.findIndex((segment) => !/^(:\w+|[^:*{}?]*)$/.test(segment));
  if (special === -1) return [{ method, path, isExact: true }];
  const head = segments.slice(0, special).join("/");
  return [
    { method, path: head, isExact: false },
    { method, path: `${head}/*`, isExact: false },
  ];
}
