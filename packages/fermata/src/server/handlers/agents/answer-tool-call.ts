import type { z } from "zod";
import type { agents } from "../../../contract/routes/agents.ts";
import type { ApproveBody } from "../../../contract/shapes/agent.ts";
import type { Agent } from "../../../agents/agent.ts";
import type { Answer } from "../../../agents/loop/run.ts";
import type { Call } from "../../call.ts";
import type { Handler } from "../../route-table.ts";
import { projectResult } from "../../wire/projection.ts";
import { connection } from "./connection.ts";
import { toReply } from "./reply.ts";

export const approveToolCall: Handler<typeof agents.approveToolCall> = ({ params, body }, call) =>
  reopen(params.agentId, body, { kind: "approve" }, call);

export const declineToolCall: Handler<typeof agents.declineToolCall> = ({ params, body }, call) =>
  reopen(params.agentId, body, refusal(body.reason), call);

export const approveToolCallGenerate: Handler<typeof agents.approveToolCallGenerate> = async ({ params, body }, call) => {
  const agent = call.mastra.getAgentById(params.agentId);
  const result = await agent.approveToolCallGenerate({ ...options(agent, body, call), ...target(body) });
  return toReply(projectResult(result, call.audience));
};

export const declineToolCallGenerate: Handler<typeof agents.declineToolCallGenerate> = async ({ params, body }, call) => {
  const { reason } = body;
  const agent = call.mastra.getAgentById(params.agentId);
  const result = await agent.declineToolCallGenerate({
    ...options(agent, body, call),
    ...target(body),
    ...(reason !== undefined && { reason }),
  });
  return toReply(projectResult(result, call.audience));
};

type Body = z.output<typeof ApproveBody>;

function reopen(agentId: string, body: Body, answer: Answer, call: Call) {
  const agent = call.mastra.getAgentById(agentId);
  return agent.reopen(body.runId, body.toolCallId, answer, options(agent, body, call), "stream");
}

function target({ runId, toolCallId }: Body): { runId: string; toolCallId?: string } {
  return { runId, ...(toolCallId !== undefined && { toolCallId }) };
}

function options(agent: Agent, { onDisconnect }: Body, call: Call) {
  const { requestContext, logger, principal } = call;
  return { requestContext, logger, principal, ...connection(agent, onDisconnect, call) };
}

function refusal(reason: string | undefined): Answer {
  return { kind: "decline", ...(reason !== undefined && { reason }) };
}
