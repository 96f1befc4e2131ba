/** Older names of routes. They lead to the modern handlers; nothing else knows them. */
import { route, runErrors } from "../route.ts";
import { AgentParams, GenerateReply, RunBody } from "../shapes/agent.ts";
import { AgentStreamEvent } from "../shapes/stream-event.ts";

export const compat = {
  generateVnext: route({
    method: "POST",
    path: "/agents/:agentId/generate/vnext",
    summary: "An older name of generate.",
    access: "agents:execute",
    params: AgentParams,
    body: RunBody,
    response: GenerateReply,
    errors: runErrors,
    deprecated: true,
  }),
  streamVnext: route({
    method: "POST",
    path: "/agents/:agentId/stream/vnext",
    summary: "An older name of stream, with record separators.",
    access: "agents:execute",
    params: AgentParams,
    body: RunBody,
    response: AgentStreamEvent,
    stream: "records",
    errors: runErrors,
    deprecated: true,
  }),
};
