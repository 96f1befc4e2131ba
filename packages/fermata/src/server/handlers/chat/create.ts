import type { chat } from "../../../contract/routes/chat.ts";
import { Completion } from "../../../protocols/openai/chat/completion.ts";
import { chatMessages } from "../../../protocols/openai/chat/messages.ts";
import { chatOptions } from "../../../protocols/openai/chat/options.ts";
import type { Handler } from "../../route-table.ts";
import { EncodedRun } from "../../wire/encoded-run.ts";
import { callerOptions } from "./caller-options.ts";
import { collectRun } from "./collect-run.ts";
import { agentForModel, ownToolNames } from "./named-agent.ts";

export const create: Handler<typeof chat.create> = async ({ body }, call) => {
  const agent = agentForModel(body.model, call);
  await call.mayUse(agent);
  const isOwnTool = typeof body.tool_choice === "object" && body.tool_choice !== null ? await ownToolNames(agent, call) : () => false;
  const options = chatOptions(body, isOwnTool);
  const streams = body.stream === true;
  const run = await agent.open(chatMessages(body.messages), { ...options, ...callerOptions(call) }, streams ? "stream" : "generate");
  const completion = new Completion({
    model: body.model,
    agentId: agent.id,
    runId: run.runId,
    callerTools: new Set(Object.keys(options.clientTools ?? {})),
    includeUsage: body.stream_options?.include_usage === true,
  });
  if (streams) return new EncodedRun(run, completion);
  return completion.result(await collectRun(run, completion));
};
