import type { AgentChunk } from "../../agents/chunks.ts";

export type WaitingChunk = Extract<AgentChunk, { type: "tool-call-approval" | "tool-call-suspended" }>;

/** What a caller can do about a run that waits, where the protocol has no word for it. */
export function waitingMessage(agentId: string, { type, runId, payload }: WaitingChunk): string {
  const verb = type === "tool-call-approval" ? "approve-tool-call" : "resume-stream";
  return `The tool "${payload.toolName}" of this agent waits for an answer. Give it with POST /agents/${agentId}/${verb}, runId "${runId}" and toolCallId "${payload.toolCallId}".`;
}
