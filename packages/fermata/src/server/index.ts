export { CompositeAuth } from "../auth/composite-auth.ts";
export { isCredentialsProvider, isSessionProvider, isSSOProvider, isUserProvider } from "../auth/capabilities.ts";
export type {
  CredentialsResult,
  ICredentialsProvider,
  ISessionProvider,
  ISSOProvider,
  IUserProvider,
  Session,
  SSOCallbackResult,
  SSOLoginConfig,
  User,
} from "../auth/capabilities.ts";
export { DEFAULT_ROLES } from "../auth/permissions.ts";
export type { Policy, PolicyResource } from "../auth/policy.ts";
export { StaticRBACProvider } from "../auth/rbac.ts";
export type { IRBACProvider, RoleDefinition, RoleMapping, StaticRBACProviderOptions } from "../auth/rbac.ts";
export { getAuthenticatedUser } from "./auth/authenticated-user.ts";
export { exposureWarning } from "./auth/exposure.ts";
export { listRouteAccess } from "./auth/route-access.ts";
export type { RouteAccess, RouteAccessOptions } from "./auth/route-access.ts";
export { defineAuth, MastraAuthProvider } from "../auth/provider.ts";
export type {
  AuthRequest,
  AuthRule,
  IMastraAuthProvider,
  MastraAuthConfig,
  MastraAuthProviderOptions,
  PathPattern,
  UserClaims,
} from "../auth/provider.ts";
export { SimpleAuth } from "../auth/simple-auth.ts";
export type { SimpleAuthOptions } from "../auth/simple-auth.ts";
export { registerApiRoute } from "./custom-routes.ts";
export { createPublicRoute, createRoute } from "./custom/create-route.ts";
export type { RouteConfig, RouteServices } from "./custom/create-route.ts";
export { createOpenApiDocument } from "./openapi.ts";
export type { OpenApiOptions } from "./openapi.ts";
export { createRoutes } from "./server.ts";
export type { IncomingRequest, MountedRoute, ServerOptions } from "./server.ts";
export { createHandler } from "../adapters/handler.ts";
export type { HandlerOptions, ServerHandler } from "../adapters/handler.ts";
export type { FoundRoute, MountedPath } from "../adapters/places.ts";
export { MastraServer } from "../adapters/mastra-server.ts";
export type { AdapterOptions } from "../adapters/mastra-server.ts";
