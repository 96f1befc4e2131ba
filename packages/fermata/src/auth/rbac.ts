/** Roles: what the app's own directory says of a user, in the reference's form. */
import { allows, DEFAULT_ROLES, toNeed } from "./permissions.ts";

/** Where a user's roles and permissions come from. */
export interface IRBACProvider<TUser = unknown> {
  getRoles(user: TUser): Promise<string[]> | string[];
  getPermissions(user: TUser): Promise<string[]> | string[];
  hasRole?(user: TUser, role: string): Promise<boolean> | boolean;
  hasPermission?(user: TUser, permission: string): Promise<boolean> | boolean;
  getPermissionsForRole?(roleId: string): Promise<string[]> | string[];
  getAvailableRoles?(): Promise<{ id: string; name: string }[]> | { id: string; name: string }[];
}

export interface RoleDefinition {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly permissions: readonly string[];
  /** Roles whose permissions belong to this one too. */
  readonly inherits?: readonly string[];
}

/** Permissions by role. `_default` is for roles without a line of their own. */
export type RoleMapping = Readonly<Record<string, readonly string[]>>;

export interface StaticRBACProviderOptions<TUser> {
  /** Default: owner, admin, member and viewer. */
  readonly roles?: readonly RoleDefinition[];
  /** In place of `roles`: what another system's roles may do here. */
  readonly roleMapping?: RoleMapping;
  getUserRoles(user: TUser): string[] | Promise<string[]>;
}

/**
 * Roles that are written down in the configuration.
 * @example
 * const rbac = new StaticRBACProvider({ roleMapping: { staff: ["agents:execute", "memory:*"] }, getUserRoles: (user) => user.roles });
 */
export class StaticRBACProvider<TUser = unknown> implements IRBACProvider<TUser> {
  readonly #options: StaticRBACProviderOptions<TUser>;
  readonly #permissions: (role: string) => readonly string[];

  constructor(options: StaticRBACProviderOptions<TUser>) {
    this.#options = options;
    const { roles, roleMapping } = options;
    this.#permissions = roleMapping ? (role) => mapped(roleMapping, role) : roles ? (role) => inherited(roles, role) : rolePermissions;
  }

  async getRoles(user: TUser): Promise<string[]> {
    return this.#options.getUserRoles(user);
  }

  async getPermissions(user: TUser): Promise<string[]> {
    return [...new Set((await this.getRoles(user)).flatMap((role) => this.#permissions(role)))];
  }

  async hasRole(user: TUser, role: string): Promise<boolean> {
    return (await this.getRoles(user)).includes(role);
  }

  async hasPermission(user: TUser, permission: string): Promise<boolean> {
    return allows(await this.getPermissions(user), toNeed(permission));
  }

  async hasAllPermissions(user: TUser, permissions: readonly string[]): Promise<boolean> {
    const own = await this.getPermissions(user);
    return permissions.every((permission) => allows(own, toNeed(permission)));
  }

  async hasAnyPermission(user: TUser, permissions: readonly string[]): Promise<boolean> {
    const own = await this.getPermissions(user);
    return permissions.some((permission) => allows(own, toNeed(permission)));
  }

  async getPermissionsForRole(roleId: string): Promise<string[]> {
    return [...this.#permissions(roleId)];
  }

  async getAvailableRoles(): Promise<{ id: string; name: string }[]> {
    const { roles, roleMapping } = this.#options;
    if (roles) return roles.map(({ id, name }) => ({ id, name }));
    return Object.keys(roleMapping ?? DEFAULT_ROLES).flatMap((id) => (id === "_default" ? [] : [{ id, name: id }]));
  }
}

/** What a default role may do; nothing for any other. */
export function rolePermissions(role: string): readonly string[] {
  return Object.hasOwn(DEFAULT_ROLES, role) ? DEFAULT_ROLES[role as keyof typeof DEFAULT_ROLES] : [];
}

function mapped(mapping: RoleMapping, role: string): readonly string[] {
  if (role !== "_default" && Object.hasOwn(mapping, role)) return mapping[role] ?? [];
  return Object.hasOwn(mapping, "_default") ? (mapping._default ?? []) : [];
}

function inherited(roles: readonly RoleDefinition[], id: string, seen = new Set<string>()): readonly string[] {
  const role = roles.find((candidate) => candidate.id === id);
  if (!role || seen.has(id)) return [];
  seen.add(id);
  return [...role.permissions, ...(role.inherits ?? []).flatMap((parent) => inherited(roles, parent, seen))];
}
