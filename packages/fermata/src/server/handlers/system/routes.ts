import type { system } from "../../../contract/routes/system.ts";
import { listRouteAccess } from "../../auth/route-access.ts";
import type { Handler } from "../../route-table.ts";

export const routes: Handler<typeof system.routes> = (_input, { mastra, gate }) => ({
  routes: listRouteAccess(mastra, gate ? { prefix: gate.prefix, customRoutes: gate.customRoutes } : {}),
});
