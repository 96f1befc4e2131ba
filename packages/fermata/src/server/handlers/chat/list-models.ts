import type { Agent } from "../../../agents/agent.ts";
import type { chat } from "../../../contract/routes/chat.ts";
import type { Handler } from "../../route-table.ts";

export const listModels: Handler<typeof chat.listModels> = async (_input, call) => ({
  object: "list",
  data: Object.values(await call.usable(call.mastra.listAgents())).map(toModel),
});

/** Agents come with the process: there is no other time to name. */
const STARTED_AT = Math.floor(Date.now() / 1000);

export function toModel({ id, name, description }: Agent) {
  return { id, object: "model" as const, created: STARTED_AT, owned_by: "fermata", name, ...(description !== "" && { description }) };
}
