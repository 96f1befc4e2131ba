import type { agents } from "../../../contract/routes/agents.ts";
import { describeAgent } from "../../describe/agent.ts";
import type { Handler } from "../../route-table.ts";

export const list: Handler<typeof agents.list> = async ({ query }, call) => {
  const partial = query.partial === "true";
  const entries = Object.entries(await call.usable(call.mastra.listAgents())).map(
    async ([key, agent]) => [key, { id: agent.id, ...(await describeAgent(agent, call, partial)), hasDraft: false }] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
};
