import { FermataError } from "../../../errors.ts";
import { isProviderTool, type AnyTool, type ProviderTool } from "../../../tools/tool.ts";
import type { Call } from "../../call.ts";
import { known } from "../../describe/agent.ts";

/** The tools of all agents, by the name that each agent knows them under. */
export async function agentTools(call: Call): Promise<readonly (readonly [string, AnyTool | ProviderTool])[]> {
  const agents = Object.values(call.mastra.listAgents());
  const lists = await Promise.all(
    agents.map((agent) => known(agent, "tools", call, () => agent.listTools({ requestContext: call.requestContext }), {})),
  );
  return lists.flatMap((tools) => Object.entries(tools));
}

/** A registered tool by name or id, or one that an agent brings. @throws FermataError `NOT_FOUND` */
export async function findTool(id: string, call: Call): Promise<AnyTool> {
  const registered = call.mastra.findTool(id);
  if (registered) return registered;
  for (const [name, tool] of await agentTools(call)) {
    if ((name === id || tool.id === id) && !isProviderTool(tool)) return tool;
  }
  throw new FermataError("NOT_FOUND", "Tool not found");
}
