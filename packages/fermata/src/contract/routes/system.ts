import { z } from "zod";
import { route } from "../route.ts";

export const system = {
  packages: route({
    method: "GET",
    path: "/system/packages",
    summary: "Tell what the server is made of.",
    access: "system:read",
    response: z
      .object({
        packages: z.array(z.object({ name: z.string(), version: z.string() })),
        isDev: z.boolean(),
        cmsEnabled: z.boolean(),
        liveKitConnectionRouteEnabled: z.boolean(),
        observabilityEnabled: z.boolean(),
        storageType: z.string().optional(),
        observabilityStorageType: z.string().optional(),
      })
      .meta({ id: "SystemPackages" }),
  }),
  apiSchema: route({
    method: "GET",
    path: "/system/api-schema",
    summary: "List all routes with the JSON Schemas of what they take.",
    access: "system:read",
    response: z.object({
      version: z.literal(1),
      routes: z.array(z.looseObject({ method: z.string(), path: z.string(), responseType: z.enum(["json", "stream"]) })),
    }),
  }),
  routes: route({
    method: "GET",
    path: "/system/routes",
    summary: "List who may call what, for those who run the server.",
    access: "system:operate",
    response: z.object({
      routes: z.array(
        z
          .object({
            id: z.string(),
            method: z.string(),
            path: z.string(),
            access: z.enum(["open", "public", "required"]),
            permission: z.string().nullable(),
            owner: z.string(),
            limits: z.string(),
          })
          .meta({ id: "RouteAccess" }),
      ),
    }),
  }),
};
