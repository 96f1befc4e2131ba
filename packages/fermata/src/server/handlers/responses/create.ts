import type { OpenRun } from "../../../agents/delegation.ts";
import type { responses } from "../../../contract/routes/responses.ts";
import { unsupported } from "../../../protocols/openai/refusal.ts";
import { readInput } from "../../../protocols/openai/responses/input.ts";
import { responseOptions } from "../../../protocols/openai/responses/options.ts";
import { ResponseRun } from "../../../protocols/openai/responses/response-run.ts";
import type { Handler } from "../../route-table.ts";
import { EncodedRun } from "../../wire/encoded-run.ts";
import { callerOptions } from "../chat/caller-options.ts";
import { collectRun } from "../chat/collect-run.ts";
import { ownToolNames } from "../chat/named-agent.ts";
import { conversationOf } from "./conversation-of.ts";
import { openRun } from "./open-run.ts";
import { describeOwnTools } from "./own-tools.ts";
import { modelName, requestedAgent } from "./requested-agent.ts";
import { keepResponse, storedResponse, toldBefore, type Keeping } from "./stored.ts";

export const create: Handler<typeof responses.create> = async ({ body }, call) => {
  if (body.background === true) throw unsupported("background", "cannot be true: responses do not run in the background yet.");
  const previous =
    typeof body.previous_response_id === "string"
      ? await storedResponse(body.previous_response_id, call, "previous_response_id")
      : undefined;
  const { agent, model } = requestedAgent(body, previous, call);
  const isOwnTool = typeof body.tool_choice === "object" && body.tool_choice !== null ? await ownToolNames(agent, call) : () => false;
  const options = { ...responseOptions(body, isOwnTool), ...(model !== undefined && { model }) };
  const given = body.input ?? [];
  const input = readInput(given, typeof given === "string" ? undefined : await toldBefore(given, previous, call));
  const conversation = await conversationOf(body, agent, previous, input.approvals.length > 0, call);
  const streams = body.stream === true;
  const id = `resp_${crypto.randomUUID()}`;
  const kept = conversation && { memory: conversation.memory, ...(conversation.keeping && { messageId: id }) };
  const run = await openRun(agent, input, { ...options, ...kept, ...callerOptions(call) }, streams ? "stream" : "generate");
  const byName = body.agent_id === undefined;
  const response = new ResponseRun({
    id,
    model: model ?? (byName ? agent.id : await modelName(agent, call)),
    request: body,
    ownTools: byName ? [] : await describeOwnTools(agent, call),
    conversationId: conversation?.threadId ?? null,
    store: conversation?.keeping !== undefined,
    agentId: agent.id,
    callerTools: new Set(Object.keys(options.clientTools ?? {})),
    ownCalls: byName ? "mcp_call" : "function_call",
    streams,
  });
  const keeping = conversation?.keeping ? keepingRun(run, response, conversation.keeping) : run;
  if (streams) return new EncodedRun(keeping, response);
  return response.result(await collectRun(keeping, response));
};

/** The run, which has ended when its response is kept. */
function keepingRun(run: OpenRun, response: ResponseRun, keeping: Keeping): OpenRun {
  return {
    runId: run.runId,
    async start(sink) {
      const ended = await run.start(sink);
      await keepResponse(keeping, response.result(ended), ended);
      return ended;
    },
  };
}
