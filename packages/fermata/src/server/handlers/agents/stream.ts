import type { agents } from "../../../contract/routes/agents.ts";
import type { Handler } from "../../route-table.ts";
import { runSource } from "../runs/run-source.ts";
import { isKept } from "./connection.ts";
import { runOptions, toMessages } from "./run-options.ts";
import { whileUnderWay } from "./unkept.ts";

export const stream: Handler<typeof agents.stream> = async ({ params, body }, call) => {
  const agent = call.mastra.getAgentById(params.agentId);
  if (call.earlier) return runSource(call.earlier, call, { after: 0 });
  const run = await agent.open(toMessages(body.messages), runOptions(agent, body, call), "stream");
  if (body.runId === undefined || isKept(agent, call)) return run;
  return { ...run, start: (sink) => whileUnderWay(body.runId, call, () => run.start(sink)) };
};
