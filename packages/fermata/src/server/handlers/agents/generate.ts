import type { agents } from "../../../contract/routes/agents.ts";
import { projectResult } from "../../wire/projection.ts";
import type { Handler } from "../../route-table.ts";
import type { GenerateResult } from "../../../agents/generate-result.ts";
import { earlierAnswer } from "../runs/earlier.ts";
import { isKept } from "./connection.ts";
import { runOptions, toMessages } from "./run-options.ts";
import { whileUnderWay } from "./unkept.ts";
import { toReply } from "./reply.ts";

export const generate: Handler<typeof agents.generate> = async ({ params, body }, call) => {
  const agent = call.mastra.getAgentById(params.agentId);
  if (call.earlier) return toReply(projectResult(await earlierAnswer(call.earlier, call), call.audience));
  const work = (): Promise<GenerateResult> => agent.generate(toMessages(body.messages), runOptions(agent, body, call));
  return toReply(projectResult(await whileUnderWay(isKept(agent, call) ? undefined : body.runId, call, work), call.audience));
};
