import type { Handlers } from "../../route-table.ts";
import { logout, refresh, signIn, signUp } from "./session.ts";
import { ssoCallback, ssoLogin } from "./sso.ts";
import { capabilities, me, permissionPatterns, rolePermissionList } from "./who.ts";

export const authHandlers: Handlers["auth"] = {
  capabilities,
  me,
  ssoLogin,
  ssoCallback,
  logout,
  refresh,
  signIn,
  signUp,
  rolePermissions: rolePermissionList,
  permissionPatterns,
};
