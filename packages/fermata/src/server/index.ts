export { registerApiRoute } from "./custom-routes.ts";
export { createOpenApiDocument } from "./openapi.ts";
export type { OpenApiOptions } from "./openapi.ts";
export { createRoutes } from "./server.ts";
export type { IncomingRequest, MountedRoute, ServerOptions } from "./server.ts";
