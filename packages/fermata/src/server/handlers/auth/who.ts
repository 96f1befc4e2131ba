/** Who the caller is, and how one becomes somebody. */
import { capable, isCredentialsProvider, isSessionProvider, isSSOProvider, isUserProvider } from "../../../auth/capabilities.ts";
import { DEFAULT_ROLES } from "../../../auth/permissions.ts";
import { rolePermissions } from "../../../auth/rbac.ts";
import type { auth } from "../../../contract/routes/auth.ts";
import { routeTable, type Handler } from "../../route-table.ts";
import { publicUser } from "./public-user.ts";

export const capabilities: Handler<typeof auth.capabilities> = async (_input, { gate, identity, principal }) => {
  if (!gate) return { enabled: false, login: null };
  const { authentication, rbac } = gate.authenticator;
  const sso = capable(authentication, isSSOProvider);
  const credentials = capable(authentication, isCredentialsProvider);
  const button = sso?.getLoginButtonConfig();
  const login =
    sso || credentials
      ? {
          type: sso && credentials ? ("both" as const) : sso ? ("sso" as const) : ("credentials" as const),
          ...(credentials && { signUpEnabled: credentials.isSignUpEnabled?.() ?? true }),
          ...(button?.description !== undefined && { description: button.description }),
          ...(button && { sso: { ...button, url: `${gate.prefix}/auth/sso/login` } }),
        }
      : null;
  if (!identity) return { enabled: true, login };
  const has = (can: (value: unknown) => boolean): boolean => capable(authentication, (value): value is object => can(value)) !== undefined;
  const availableRoles = await rbac?.getAvailableRoles?.();
  return {
    enabled: true,
    login,
    user: publicUser(identity.user),
    capabilities: {
      user: has(isUserProvider),
      session: has(isSessionProvider),
      sso: sso !== undefined,
      rbac: rbac !== undefined,
      acl: false,
      fga: false,
    },
    access: { roles: [...(principal.roles ?? [])], permissions: [...principal.scopes] },
    ...(availableRoles && { availableRoles }),
  };
};

export const me: Handler<typeof auth.me> = (_input, { identity, principal }) =>
  identity ? { ...publicUser(identity.user), roles: [...(principal.roles ?? [])], permissions: [...principal.scopes] } : null;

export const rolePermissionList: Handler<typeof auth.rolePermissions> = async ({ params: { roleId } }, { gate }) => {
  const ofDirectory = await gate?.authenticator.rbac?.getPermissionsForRole?.(roleId);
  return { roleId, permissions: [...(ofDirectory ?? rolePermissions(roleId))] };
};

export const permissionPatterns: Handler<typeof auth.permissionPatterns> = () => {
  const asked = routeTable().flatMap(({ spec }) => (spec.access === "public" ? [] : [spec.access as string]));
  const resources = asked.map((permission) => `${permission.split(":", 1)[0]}:*`);
  return { patterns: [...new Set([...Object.values(DEFAULT_ROLES).flat(), "resources:*", ...resources, ...asked])].toSorted() };
};
