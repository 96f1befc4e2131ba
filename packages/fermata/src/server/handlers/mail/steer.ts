/** Turns of a thread that nobody's connection holds: stopped, and answered. */
import type { Agent } from "../../../agents/agent.ts";
import type { Answer } from "../../../agents/loop/run.ts";
import type { agents } from "../../../contract/routes/agents.ts";
import { FermataError } from "../../../errors.ts";
import type { ThreadOwner } from "../../../runs/scoped-runs.ts";
import type { Call } from "../../call.ts";
import type { Handler } from "../../route-table.ts";
import { turnOptions } from "../agents/run-options.ts";
import { runsOf } from "../runs/find-run.ts";
import { chunkOf } from "../runs/run-source.ts";
import { startAlone } from "./send.ts";
import { threadOf, turnsOf, underWay } from "./thread.ts";

/** The newest turns of a thread, among which an answered call is looked for. */
const RECENT = 20;

export const abortThread: Handler<typeof agents.abortThread> = async ({ params, body }, call) => {
  const agent = call.mastra.getAgentById(params.agentId);
  const turns = await underWay(agent, threadOf(body, call), call);
  const { expectedRunId } = body;
  const turn = expectedRunId === undefined ? turns[0] : turns.find(({ id }) => id === expectedRunId);
  return { aborted: turn !== undefined && (await runsOf(call).cancel(turn)) };
};

export const sendToolApproval: Handler<typeof agents.sendToolApproval> = async ({ params, body }, call) => {
  const agent = call.mastra.getAgentById(params.agentId);
  const { toolCallId, streamOptions = {} } = body;
  const thread = threadOf(body, call);
  const runId = await waitingRun(agent, thread, toolCallId, call);
  if (runId === undefined) throw await notWaiting(agent, thread, toolCallId, call);
  call.requestContext.addFromClient(streamOptions.requestContext);
  const { runId: _runId, memory: _memory, ...options } = turnOptions(streamOptions, call);
  const given = { ...options, logger: call.mastra.getLogger(), isFollowed: true };
  const open = await agent.reopen(runId, toolCallId, answerOf(body), given, "stream");
  // The tool may take long; whoever wants to know follows the thread.
  void startAlone(open, call);
  return { accepted: true, runId, toolCallId };
};

interface Answered {
  readonly approved: boolean;
  readonly reason?: string | undefined;
  readonly resumeData?: unknown;
}

function answerOf({ approved, reason, resumeData }: Answered): Answer {
  if (!approved) return { kind: "decline", ...(reason !== undefined && { reason }) };
  return resumeData === undefined ? { kind: "approve" } : { kind: "resume", data: resumeData };
}

async function waitingRun(
  agent: Agent,
  { threadId, resourceId }: ThreadOwner,
  toolCallId: string,
  call: Call,
): Promise<string | undefined> {
  const { runs } = await agent.listSuspendedRuns({ principal: call.principal, threadId, ...(resourceId !== undefined && { resourceId }) });
  return runs.find(({ calls }) => calls.some((waiting) => waiting.toolCallId === toolCallId))?.runId;
}

async function notWaiting(agent: Agent, thread: ThreadOwner, toolCallId: string, call: Call): Promise<FermataError> {
  const runs = runsOf(call);
  const { items } = await runs.store.list({ ...turnsOf(agent, thread), perPage: RECENT });
  for (const run of items) {
    const waited = (await runs.events(run)).some(({ type, data }) => {
      const chunk = chunkOf(type, data);
      const asks = chunk?.type === "tool-call-approval" || chunk?.type === "tool-call-suspended";
      return asks && "payload" in chunk && (chunk.payload as { readonly toolCallId: string }).toolCallId === toolCallId;
    });
    if (waited) return new FermataError("CONFLICT", `Call ${toolCallId} does not wait for an answer any more.`);
  }
  return new FermataError("NOT_FOUND", `No call ${toolCallId} of this thread waits for an answer.`);
}
