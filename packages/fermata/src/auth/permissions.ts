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

/** Whether one of the scopes covers the need for at least one thing. */
export function allowsSome(scopes: readonly string[], need: Need): boolean {
  return scopes.some((scope) => {
    const parsed = parse(scope);
    return parsed !== undefined && covers(scope, { ...need, ids: parsed.id === undefined ? undefined : [parsed.id] });
  });
}

/** Whether whoever has the scopes has this one too, in other words perhaps. What reaches everybody's things must be among them by name. */
export function grants(scopes: readonly string[], wanted: string): boolean {
  if (scopes.includes(wanted)) return true;
  const parsed = parse(wanted);
  if (!parsed || wanted === "resources:*") return false;
  const { resource, action, id } = parsed;
  return allows(scopes, { resource, action, ids: id === undefined ? undefined : [id] });
}

function covers(scope: string, { resource, action, ids }: Need): boolean {
  const parsed = parse(scope);
  if (!parsed) return false;
  const { id } = parsed;
  return (
    (parsed.resource === "*" || parsed.resource === resource) &&
    (parsed.action === "*" || parsed.action === action) &&
    (id === undefined || id === "*" || (ids?.includes(id) ?? false))
  );
}

interface Scope {
  readonly resource: string;
  readonly action: string;
  readonly id?: string;
}

function parse(scope: string): Scope | undefined {
  if (scope === "*") return { resource: "*", action: "*" };
  const [resource = "", second, ...rest] = scope.split(":");
  if (second === undefined) return undefined;
  if (rest.length === 0) return { resource, action: second };
  const last = rest[rest.length - 1] ?? "";
  // The reference's order when only its verb is a verb, ours otherwise.
  if (isAction(second) && !isAction(last)) return { resource, action: second, id: rest.join(":") };
  return { resource, action: last, id: [second, ...rest.slice(0, -1)].join(":") };
}

function isAction(word: string): boolean {
  return (ACTIONS as readonly string[]).includes(word);
}

/** `agents:execute` as what it needs. The last part is the verb. */
export function toNeed(permission: string): Need {
  const at = permission.indexOf(":");
  return at === -1 ? { resource: permission, action: "*" } : { resource: permission.slice(0, at), action: permission.slice(at + 1) };
}
