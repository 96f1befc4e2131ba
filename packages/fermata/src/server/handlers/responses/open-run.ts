import type { Agent } from "../../../agents/agent.ts";
import type { OpenRun, RunLogging } from "../../../agents/delegation.ts";
import type { AgentOptions } from "../../../agents/options.ts";
import { FermataError } from "../../../errors.ts";
import type { Answer } from "../../../agents/loop/run.ts";
import type { ApprovalAnswer } from "../../../protocols/openai/responses/approvals.ts";
import type { ReadInput } from "../../../protocols/openai/responses/input.ts";
import { refused } from "../../../protocols/openai/refusal.ts";

type Options = AgentOptions & RunLogging;

/** The run that the input asks for: a new one, or one that waits and is answered here. */
export async function openRun(
  agent: Agent,
  { messages, approvals }: ReadInput,
  options: Options,
  mode: "generate" | "stream",
): Promise<OpenRun> {
  const [first, ...rest] = approvals;
  if (!first) return agent.open(messages, options, mode).catch((error: unknown) => Promise.reject(withModel(error, options)));
  if (rest.some(({ runId }) => runId !== first.runId))
    throw refused("input", "The approvals in the input are for different runs: answer them one by one.");
  const { logger, principal, requestContext, abortSignal } = options;
  const again = { logger, principal, requestContext, abortSignal } as Options;
  const reopen = ({ runId, toolCallId, approve, reason }: ApprovalAnswer): Promise<OpenRun> =>
    agent.reopen(runId, toolCallId, verdict(approve, reason), again, mode);
  const opened = await reopen(first);
  if (rest.length === 0) return opened;
  return {
    runId: opened.runId,
    async start(sink) {
      let run = await opened.start(sink);
      for (const approval of rest) {
        if (run.status !== "suspended") break;
        run = await (await reopen(approval)).start(sink);
      }
      return run;
    },
  };
}

function verdict(approve: boolean, reason: string | undefined): Answer {
  if (approve) return { kind: "approve" };
  return { kind: "decline", ...(reason !== undefined && { reason }) };
}

/** A model that the request has named, and that is not to be had, is the request's fault. */
function withModel(error: unknown, { model }: Options): unknown {
  const isModels = typeof model === "string" && FermataError.is(error) && error.code === "MISCONFIGURED";
  return isModels ? refused("model", error.message, "model_not_available", error.code) : error;
}
