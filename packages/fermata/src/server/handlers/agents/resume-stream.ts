import type { agents } from "../../../contract/routes/agents.ts";
import type { Handler } from "../../route-table.ts";
import { runOptions } from "./run-options.ts";

export const resumeStream: Handler<typeof agents.resumeStream> = ({ params, body }, call) => {
  const agent = call.mastra.getAgentById(params.agentId);
  const { runId: _runId, ...options } = runOptions(agent, body, call);
  const answer = { kind: "resume", data: body.resumeData } as const;
  return agent.reopen(body.runId, body.toolCallId, answer, options, "stream");
};
