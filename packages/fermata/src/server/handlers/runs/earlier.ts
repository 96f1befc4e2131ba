/** What a repeat of a call gets whose first attempt broke off after it had begun a run. */
import type { AgentChunk } from "../../../agents/chunks.ts";
import type { GenerateResult } from "../../../agents/generate-result.ts";
import { fromKept } from "../../../agents/keeping/kept-chunk.ts";
import { FermataError } from "../../../errors.ts";
import type { RunRecord } from "../../../storage/runs.ts";
import type { Call } from "../../call.ts";
import { runsOf } from "./find-run.ts";

/** The call has happened, and its reply is lost. */
export function earlierCollides({ id }: RunRecord): FermataError {
  return new FermataError(
    "CONFLICT",
    `This call was interrupted when it had begun run ${id}. Its log says how far it came; a call with another key does the work again.`,
  );
}

/** The answer of a turn that was begun before, as its log has it. @throws FermataError `CONFLICT` when it has not come to its end */
export async function earlierAnswer(earlier: RunRecord, call: Call): Promise<GenerateResult> {
  const runs = runsOf(call);
  const run = await runs.settled(earlier, call.signal);
  const chunks = (await runs.events(run)).flatMap(({ type, data }) => (type === "chunk" ? [fromKept(data as AgentChunk)] : [])); // written by `KeptTurn`
  const finish = chunks.findLast((chunk) => chunk.type === "finish");
  if (run.status !== "done" || !finish || !("payload" in finish)) throw earlierCollides(run);
  const { output, stepResult, messages, metadata } = finish.payload;
  const told = <T extends string>(type: T) => chunks.filter((chunk): chunk is Extract<AgentChunk, { type: T }> => chunk.type === type);
  const answer = {
    text: output.text,
    usage: output.usage,
    totalUsage: output.usage,
    steps: output.steps,
    finishReason: stepResult.reason,
    warnings: stepResult.warnings ?? [],
    request: {},
    reasoning: [],
    reasoningText: told("reasoning-delta")
      .map(({ payload }) => payload.text)
      .join(""),
    toolCalls: told("tool-call"),
    toolResults: told("tool-result"),
    sources: told("source"),
    files: told("file"),
    response: { ...metadata, messages: messages.nonUser, dbMessages: [] },
    ...(output.object !== undefined && { object: output.object }),
    usedFallbackValue: false,
    runId: run.id,
    messages: messages.all,
    rememberedMessages: [],
  };
  return answer as unknown as GenerateResult; // what the log keeps of the same members
}
