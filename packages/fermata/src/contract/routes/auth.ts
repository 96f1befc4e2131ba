import { z } from "zod";
import { route } from "../route.ts";

export const auth = {
  capabilities: route({
    method: "GET",
    path: "/auth/capabilities",
    summary: "Tell whether and how callers sign in.",
    access: "public",
    response: z.object({ enabled: z.boolean(), login: z.unknown().nullable() }).meta({ id: "AuthCapabilities" }),
  }),
  me: route({
    method: "GET",
    path: "/auth/me",
    summary: "Tell who the caller is; null for nobody.",
    access: "public",
    response: z.record(z.string(), z.unknown()).nullable(),
  }),
};
