import { z } from "zod";

const Sso = z.object({
  provider: z.string(),
  text: z.string(),
  icon: z.string().optional(),
  description: z.string().optional(),
  url: z.string(),
});

const User = z.object({ id: z.string(), email: z.string().optional(), name: z.string().optional(), avatarUrl: z.string().optional() });

export const AuthCapabilities = z
  .object({
    enabled: z.boolean(),
    login: z
      .object({
        type: z.enum(["sso", "credentials", "both"]),
        signUpEnabled: z.boolean().optional(),
        description: z.string().optional(),
        sso: Sso.optional(),
      })
      .nullable(),
    /** From here on: when the caller is known. */
    user: User.optional(),
    capabilities: z
      .object({ user: z.boolean(), session: z.boolean(), sso: z.boolean(), rbac: z.boolean(), acl: z.boolean(), fga: z.boolean() })
      .optional(),
    access: z
      .object({ roles: z.array(z.string()), permissions: z.array(z.string()) })
      .nullable()
      .optional(),
    availableRoles: z.array(z.object({ id: z.string(), name: z.string() })).optional(),
  })
  .meta({ id: "AuthCapabilities" });

export const CurrentUser = User.extend({ roles: z.array(z.string()).optional(), permissions: z.array(z.string()).optional() }).meta({
  id: "CurrentUser",
});

export const SsoLoginQuery = z.object({ redirect_uri: z.string().max(2_048).optional() });

export const SsoCallbackQuery = z.object({
  code: z.string().max(8_192).optional(),
  state: z.string().max(8_192).optional(),
  error: z.string().max(1_024).optional(),
});

export const SignInBody = z.object({ email: z.string().max(320), password: z.string().max(1_024) }).meta({ id: "SignIn" });

export const SignUpBody = SignInBody.extend({ name: z.string().max(320).optional() }).meta({ id: "SignUp" });

export const RoleParams = z.object({ roleId: z.string() });
