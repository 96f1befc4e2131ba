import type { agents } from "../../../contract/routes/agents.ts";
import type { Handler } from "../../route-table.ts";
import { runOptions, toMessages } from "./run-options.ts";

export const stream: Handler<typeof agents.stream> = ({ params, body }, call) => {
  const agent = call.mastra.getAgentById(params.agentId);
  return agent.open(toMessages(body.messages), runOptions(agent, body, call), "stream");
};
