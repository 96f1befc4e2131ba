import type { agents } from "../../../contract/routes/agents.ts";
import { projectResult } from "../../wire/projection.ts";
import type { Handler } from "../../route-table.ts";
import { runOptions, toMessages } from "./run-options.ts";
import { toReply } from "./reply.ts";

export const generate: Handler<typeof agents.generate> = async ({ params, body }, call) => {
  const agent = call.mastra.getAgentById(params.agentId);
  return toReply(projectResult(await agent.generate(toMessages(body.messages), runOptions(agent, body, call)), call.audience));
};
