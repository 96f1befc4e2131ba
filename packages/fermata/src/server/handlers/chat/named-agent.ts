import type { Agent } from "../../../agents/agent.ts";
import { FermataError } from "../../../errors.ts";
import { refused } from "../../../protocols/openai/refusal.ts";
import type { Call } from "../../call.ts";

/** The agent that `model` names. @throws FermataError `NOT_FOUND` in the words that OpenAI's clients know. */
export function agentForModel(model: string, call: Call): Agent {
  const agent = findAgent(model, call);
  if (!agent)
    throw refused("model", `The model "${model}" does not exist: no agent of this server has that id.`, "model_not_found", "NOT_FOUND");
  return agent;
}

export function findAgent(id: string, call: Call): Agent | undefined {
  try {
    return call.mastra.getAgentById(id);
  } catch (error) {
    if (FermataError.is(error) && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

/** Whether the agent itself brings a tool of this name. */
export async function ownToolNames(agent: Agent, call: Call): Promise<(name: string) => boolean> {
  const context = { requestContext: call.requestContext };
  const [tools, agents] = await Promise.all([agent.listTools(context), agent.listAgents(context)]);
  return (name) => Object.hasOwn(tools, name) || (name.startsWith("agent-") && Object.hasOwn(agents, name.slice("agent-".length)));
}
