import type { Agent } from "../../../agents/agent.ts";
import type { ResponseRequest } from "../../../protocols/openai/responses/options.ts";
import type { Call } from "../../call.ts";
import { InvalidRequest } from "../../body.ts";
import { refused } from "../../../protocols/openai/refusal.ts";
import type { StoredResponse } from "./stored.ts";
import { agentForModel, findAgent } from "../chat/named-agent.ts";

export interface Requested {
  readonly agent: Agent;
  /** Takes the place of the agent's own model. */
  readonly model?: string;
}

/** The agent of `agent_id`, or the one that `model` names. @throws FermataError `NOT_FOUND`, or `VALIDATION_FAILED` when nothing names one. */
export function requestedAgent({ agent_id, model }: ResponseRequest, previous: StoredResponse | undefined, call: Call): Requested {
  if (agent_id !== undefined) {
    const agent = findAgent(agent_id, call);
    if (!agent) throw refused("agent_id", `Agent with id ${agent_id} not found`, "agent_not_found", "NOT_FOUND");
    assertSame(agent, previous, "agent_id");
    return { agent, ...(model !== undefined && model !== agent_id && model !== agent.id && { model }) };
  }
  const named = model === undefined ? undefined : findAgent(model, call);
  if (named) {
    assertSame(named, previous, "model");
    return { agent: named };
  }
  if (previous) return { agent: call.mastra.getAgentById(previous.agentId), ...(model !== undefined && { model }) };
  if (model !== undefined) return { agent: agentForModel(model, call) };
  throw new InvalidRequest("body", [{ field: "root", message: "agent_id is required unless previous_response_id is provided" }]);
}

function assertSame(agent: Agent, previous: StoredResponse | undefined, param: string): void {
  if (previous && previous.agentId !== agent.id)
    throw refused(param, `Stored response ${previous.value.id} belongs to agent ${previous.agentId}, not ${agent.id}`);
}

/** The agent's model as `provider/model`. */
export async function modelName(agent: Agent, call: Call): Promise<string> {
  const [first] = await agent.getModels({ requestContext: call.requestContext });
  return first ? `${first.model.provider.split(".", 1)[0] ?? ""}/${first.model.modelId}` : agent.id;
}
