import type { OpenRun } from "../../../agents/delegation.ts";
import type { responses } from "../../../contract/routes/responses.ts";
import type { Agent } from "../../../agents/agent.ts";
import { FermataError } from "../../../errors.ts";
import { refused } from "../../../protocols/openai/refusal.ts";
import { readInput } from "../../../protocols/openai/responses/input.ts";
import { responseOptions, type ResponseRequest } from "../../../protocols/openai/responses/options.ts";
import { ResponseRun } from "../../../protocols/openai/responses/response-run.ts";
import type { Call } from "../../call.ts";
import type { Handler } from "../../route-table.ts";
import { EncodedRun } from "../../wire/encoded-run.ts";
import { callerOptions } from "../chat/caller-options.ts";
import { collectRun } from "../chat/collect-run.ts";
import { ownToolNames } from "../chat/named-agent.ts";
import { backgroundStream, backgroundValue, findBackground } from "./background.ts";
import { conversationOf } from "./conversation-of.ts";
import { openRun } from "./open-run.ts";
import { describeOwnTools } from "./own-tools.ts";
import { beginBackground } from "./run-background.ts";
import { modelName, requestedAgent } from "./requested-agent.ts";
import { keepResponse, storedResponse, toldBefore, type Keeping } from "./stored.ts";

export const create: Handler<typeof responses.create> = async ({ body }, call) => {
  const previous =
    typeof body.previous_response_id === "string"
      ? await storedResponse(body.previous_response_id, call, "previous_response_id")
      : undefined;
  const { agent, model } = requestedAgent(body, previous, call);
  await call.mayUse(agent);
  const isOwnTool = typeof body.tool_choice === "object" && body.tool_choice !== null ? await ownToolNames(agent, call) : () => false;
  const options = { ...responseOptions(body, isOwnTool), ...(model !== undefined && { model }) };
  const given = body.input ?? [];
  const told = await toldBefore(typeof given === "string" ? [] : given, previous, call);
  const input = readInput(given, told);
  if (input.approvals.length === 0 && input.messages.every(({ role }) => role === "system"))
    throw refused("input", "input must hold something to answer: a text, or at least one message that is not a system message.");
  const conversation = await conversationOf(body, agent, previous, input.approvals.length > 0, call);
  const streams = body.stream === true;
  const runId = call.runId ?? crypto.randomUUID();
  const id = `resp_${runId}`;
  const isBackground = body.background === true;
  if (isBackground) assertBackground(body, agent, input.approvals.length > 0, call);
  const earlier = isBackground && call.earlier ? await findBackground(id, call) : undefined;
  if (earlier) return streams ? backgroundStream(earlier, 0, call) : backgroundValue(earlier, call);
  const kept = conversation && { memory: conversation.memory, ...(conversation.keeping && { messageId: id }) };
  const byName = body.agent_id === undefined;
  const facts = {
    id,
    model: model ?? (byName ? agent.id : await modelName(agent, call)),
    request: body,
    ownTools: byName ? [] : await describeOwnTools(agent, call),
    conversationId: conversation?.threadId ?? null,
    store: isBackground || conversation?.keeping !== undefined,
    agentId: agent.id,
    callerTools: Object.keys(options.clientTools ?? {}),
    ownCalls: byName ? ("mcp_call" as const) : ("function_call" as const),
    createdAt: Date.now(),
  };
  const response = new ResponseRun({ ...facts, callerTools: new Set(facts.callerTools), streams });
  if (isBackground) {
    const beginning = {
      told: { items: [...told.items], calls: [...told.calls] },
      model,
      memory: conversation?.memory,
      keeps: conversation?.keeping !== undefined,
      requestContext: call.requestContext.toSaved(),
      principal: call.principal,
    };
    await beginBackground(agent, { ...facts, beginning }, conversation?.keeping, call);
    if (!streams) return response.current("queued");
    const begun = await findBackground(id, call);
    if (!begun) throw new FermataError("UNAVAILABLE", "The response could not be kept, so it cannot run in the background.");
    return backgroundStream(begun, 0, call);
  }
  const run = await openRun(agent, input, { ...options, ...kept, ...callerOptions(call) }, streams ? "stream" : "generate");
  const keeping = conversation?.keeping ? keepingRun(run, response, conversation.keeping) : run;
  if (streams) return new EncodedRun(keeping, response);
  return response.result(await collectRun(keeping, response));
};

/** @throws FermataError for what cannot run without a connection. */
function assertBackground({ store }: ResponseRequest, agent: Agent, answers: boolean, call: Call): void {
  if (!call.mastra.runsFor || agent.durability === "memory")
    throw refused("background", "Responses in the background need an app with a storage, and an agent whose turns are kept there.");
  if (store === false) throw refused("store", "A response in the background is stored: store cannot be false.");
  if (answers) throw refused("background", "An approval is answered in the foreground.");
}

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
