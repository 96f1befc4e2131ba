import type { system } from "../../../contract/routes/system.ts";
import type { Handler } from "../../route-table.ts";

export const packages: Handler<typeof system.packages> = (_input, { mastra }) => ({
  packages: [],
  isDev: process.env.MASTRA_DEV === "true",
  cmsEnabled: false,
  liveKitConnectionRouteEnabled: false,
  observabilityEnabled: false,
  storageType: (mastra.storage ?? mastra.suspensions).constructor.name,
  observabilityStorageType: "none",
});
