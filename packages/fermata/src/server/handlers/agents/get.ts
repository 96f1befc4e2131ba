import type { agents } from "../../../contract/routes/agents.ts";
import { describeAgent } from "../../describe/agent.ts";
import type { Handler } from "../../route-table.ts";

export const get: Handler<typeof agents.get> = ({ params }, call) => describeAgent(call.mastra.getAgentById(params.agentId), call);
