/** What the options of an adapter say, before anything is made of them. */
import { FermataError } from "../errors.ts";
import type { ApiRoute } from "../mastra.ts";

/** Whether the caller must be known, by `METHOD:/path`. The method may be `ALL`, and `*` in a path stands for anything. */
export type CustomRouteAuthConfig = ReadonlyMap<string, boolean>;

/** The routes with what the map says of them: their own method first, then `ALL`, then the first pattern that fits. */
export function withAuthConfig(routes: readonly ApiRoute[], config: CustomRouteAuthConfig | undefined): readonly ApiRoute[] {
  if (!config) return routes;
  return routes.map((route) => {
    const requiresAuth = config.get(`${route.method}:${route.path}`) ?? config.get(`ALL:${route.path}`) ?? byPattern(route, config);
    return requiresAuth === undefined ? route : { ...route, requiresAuth };
  });
}

function byPattern({ method, path }: ApiRoute, config: CustomRouteAuthConfig): boolean | undefined {
  for (const [key, requiresAuth] of config) {
    const [, verb, pattern = ""] = /^([A-Z]+):(.*)$/.exec(key) ?? [];
    if ((verb === method || verb === "ALL") && pattern.includes("*") && fits(path, pattern)) return requiresAuth;
  }
  return undefined;
}

/** No regular expression: parts that follow one another. */
function fits(path: string, pattern: string): boolean {
  const [head = "", ...parts] = pattern.split("*");
  const tail = parts.pop() ?? "";
  if (!path.startsWith(head) || !path.endsWith(tail) || path.length < head.length + tail.length) return false;
  let at = head.length;
  for (const part of parts) {
    const found = path.indexOf(part, at);
    if (found < 0 || found + part.length > path.length - tail.length) return false;
    at = found + part.length;
  }
  return true;
}

/** Options of the reference's adapters that stand for what is not here, or have another place. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  taskStore: "there is no A2A yet",
  mcpOptions: "there is no MCP yet",
  rateLimitOptions: "use server.limits",
  shutdownOptions: "use server.drainTimeout, or mastra.shutdown({ graceMs })",
  contextOptions: "a context is always checked",
  tracingOptions: "there are no traces yet",
  auth: "use server.auth",
};

/** @throws FermataError `MISCONFIGURED`: to take an option without doing what it says would be worse. */
export function refuseElsewhere(options: object): void {
  for (const [name, where] of Object.entries(ELSEWHERE)) {
    if (options[name as keyof typeof options] === undefined) continue;
    throw new FermataError("MISCONFIGURED", `MastraServer does not take ${name}: ${where}.`);
  }
}
