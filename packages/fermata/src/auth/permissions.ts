/**
 * Permissions are `resource:action`. What somebody may do is a list of scopes: `agents:execute`, `agents:*`, `*:read`, `*`,
 * `agents:weather:execute` for one agent alone, or in the reference's order `agents:execute:weather`.
 */

/** The verbs of the server's own permissions. `operate` is for those who run the server. */
export const ACTIONS = ["read", "write", "execute", "create", "delete", "publish", "share", "operate"] as const;

export type Action = (typeof ACTIONS)[number];

/** What a call needs. */
export interface Need {
  readonly resource: string;
  readonly action: string;
  /** The names of the one thing that it is about. Absent when it is about all of the kind, or none. */
  readonly ids?: readonly string[] | undefined;
}

/** What a user may do whose roles nobody told: everything, but nothing that is for those who run the server. */
export const USER_SCOPES: readonly string[] = ACTIONS.filter((action) => action !== "operate").map((action) => `*:${action}`);

/** The roles that are there without being configured; the reference's. */
export const DEFAULT_ROLES = {
  owner: ["*"],
  admin: ["*:read", "*:write", "*:execute", "*:publish", "*:share"],
  member: ["*:read", "*:execute"],
  viewer: ["*:read"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Whether one of the scopes covers the need. */
export function allows(scopes: readonly string[], need: Need): boolean {
  return scopes.some((scope) => covers(scope, need));
}

function covers(scope: string, { resource, action, ids }: Need): boolean {
  if (scope === "*") return true;
  const [first = "", second, ...rest] = scope.split(":");
  if (second === undefined || (first !== "*" && first !== resource)) return false;
  if (rest.length === 0) return second === "*" || second === action;
  const last = rest[rest.length - 1] ?? "";
  // The reference's order when only its verb is a verb, ours otherwise.
  const isReferences = isAction(second) && !isAction(last);
  const verb = isReferences ? second : last;
  const id = isReferences ? rest.join(":") : [second, ...rest.slice(0, -1)].join(":");
  return (verb === "*" || verb === action) && (id === "*" || (ids?.includes(id) ?? false));
}

function isAction(word: string): boolean {
  return (ACTIONS as readonly string[]).includes(word);
}

/** `agents:execute` as what it needs. The last part is the verb. */
export function toNeed(permission: string): Need {
  const at = permission.indexOf(":");
  return at === -1 ? { resource: permission, action: "*" } : { resource: permission.slice(0, at), action: permission.slice(at + 1) };
}
