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
import { describeOwnTools } from "./own-tools.ts";
import { openRun } from "./open-run.ts";
import { modelName, requestedAgent } from "./requested-agent.ts";

export const create: Handler<typeof responses.create> = async ({ body }, call) => {
  for (const name of ["store", "background"] as const) if (body[name] === true) throw unsupported(name);
  for (const name of ["previous_response_id", "conversation", "conversation_id"] as const)
    if (typeof body[name] === "string") throw unsupported(name);
  const { agent, model } = requestedAgent(body, call);
  const isOwnTool = typeof body.tool_choice === "object" && body.tool_choice !== null ? await ownToolNames(agent, call) : () => false;
  const options = { ...responseOptions(body, isOwnTool), ...(model !== undefined && { model }) };
  const input = readInput(body.input ?? []);
  const streams = body.stream === true;
  const id = `resp_${crypto.randomUUID()}`;
  const run = await openRun(agent, input, { ...options, ...callerOptions(call) }, streams ? "stream" : "generate");
  const response = new ResponseRun({
    id,
    model: body.agent_id === undefined && body.model !== undefined ? body.model : (model ?? (await modelName(agent, call))),
    request: body,
    ownTools: body.agent_id === undefined ? [] : await describeOwnTools(agent, call),
    conversationId: null,
    store: false,
    agentId: agent.id,
    callerTools: new Set(Object.keys(options.clientTools ?? {})),
    ownCalls: body.agent_id === undefined ? "mcp_call" : "function_call",
    streams,
  });
  if (streams) return new EncodedRun(run, response);
  return response.result(await collectRun(run, response));
};
