/** Who may call what: the table that `fermata routes` prints and `GET /system/routes` gives. */
import type { Contract } from "../../contract/index.ts";
import type { ApiRoute, Mastra } from "../../mastra.ts";
import { DEFAULT_BODY_BYTES } from "../body.ts";
import { customRouteName } from "../limits/applicant.ts";
import { limitsOf } from "../limits/describe.ts";
import { routeTable } from "../route-table.ts";
import { Gate } from "./gate.ts";

/** One line of the table. */
export interface RouteAccess {
  /** `<group>.<name>`, or the method and path of a route of the app's own. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** `open`: the server has no authentication. `public`: everybody may call it. `required`: the caller must be known. */
  readonly access: "open" | "public" | "required";
  /** What the caller needs; null for nothing. */
  readonly permission: string | null;
  /** What of the stored data the caller reaches. */
  readonly owner: string;
  /** Of the body and of time, and each policy that a call is counted by. */
  readonly limits: string;
}

export interface RouteAccessOptions {
  /** Default: `server.apiPrefix`, then `/api`. */
  readonly prefix?: string;
  /** Default: `server.apiRoutes`. */
  readonly customRoutes?: readonly ApiRoute[];
}

/** What of the stored data a caller reaches by the routes of a group. A new group does not compile without a line here. */
const OWNERS: Readonly<Record<keyof Contract, string>> = {
  agents: "threads and runs of the caller's resource",
  compat: "threads and runs of the caller's resource",
  chat: "threads and runs of the caller's resource",
  responses: "threads and runs of the caller's resource",
  conversations: "threads of the caller's resource",
  memory: "threads of the caller's resource",
  memoryCompat: "threads of the caller's resource",
  workflows: "runs of the caller's resource",
  runs: "runs of the caller's resource",
  schedules: "schedules of the caller's resource",
  vectors: "indexes of the caller's tenant, for callers who reach every resource",
  apiKeys: "keys of the caller's tenant",
  tools: "-",
  system: "-",
  auth: "-",
};

/** Every route of the server and of the app, in the order of their registration. */
export function listRouteAccess(mastra: Mastra, options: RouteAccessOptions = {}): RouteAccess[] {
  const config = mastra.getServer();
  const prefix = options.prefix ?? config.apiPrefix ?? "/api";
  const customRoutes = options.customRoutes ?? config.apiRoutes ?? [];
  const gate = Gate.of({ mastra, prefix, customRoutes });
  const limits = limitsOf(config);
  const bodyBytes = config.bodySizeLimit ?? DEFAULT_BODY_BYTES;
  const own = routeTable().map(({ id, group, spec }) => ({
    id,
    method: spec.method,
    path: `${prefix}${spec.path}`,
    access: gate ? gate.accessOf({ id, group, spec }) : ("open" as const),
    permission: spec.access === "public" ? null : spec.access,
    owner: OWNERS[group as keyof Contract], // the table's groups are the contract's
    limits: limits({ id, access: spec.access }, spec.body ? bodyBytes : undefined, spec.stream !== undefined || spec.events !== undefined),
  }));
  const custom = customRoutes.map((route) => ({
    id: `${route.method} ${route.path}`,
    method: route.method,
    path: route.path,
    access: gate ? gate.customAccessOf(route) : ("open" as const),
    permission: route.requiresPermission === undefined ? null : [route.requiresPermission].flat().join(" or "),
    owner: "the app's own affair",
    limits: limits(customRouteName(route), route.maxBodySize ?? bodyBytes, false),
  }));
  return [...own, ...custom];
}
