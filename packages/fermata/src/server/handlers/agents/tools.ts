import type { Agent } from "../../../agents/agent.ts";
import type { agents } from "../../../contract/routes/agents.ts";
import { FermataError } from "../../../errors.ts";
import type { AnyTool } from "../../../tools/tool.ts";
import { isProviderTool } from "../../../tools/tool.ts";
import type { Call } from "../../call.ts";
import { describeTool } from "../../describe/tool.ts";
import type { Handler } from "../../route-table.ts";
import { runTool } from "../tools/run-tool.ts";

export const getTool: Handler<typeof agents.getTool> = async ({ params }, call) =>
  describeTool(await toolOf(call.mastra.getAgentById(params.agentId), params.toolId, call));

export const executeTool: Handler<typeof agents.executeTool> = async ({ params, body }, call) =>
  runTool(await toolOf(call.mastra.getAgentById(params.agentId), params.toolId, call), body.data, call);

/** An agent's tool by its name there, or by its own id. */
async function toolOf(agent: Agent, id: string, call: Call): Promise<AnyTool> {
  const tools = await agent.listTools({ requestContext: call.requestContext });
  const named = Object.hasOwn(tools, id) ? tools[id] : undefined;
  const tool = named ?? Object.values(tools).find((other) => other.id === id);
  if (!tool || isProviderTool(tool)) throw new FermataError("NOT_FOUND", "Tool not found");
  return tool;
}
