/** Answers to runs that wait. */
import { FermataError } from "../errors.ts";
import { toLines } from "../schema/messages.ts";
import { validate, type JsonSchema } from "../schema/schema.ts";
import type { Answer } from "./loop/run.ts";
import type { PendingCall } from "./loop/state.ts";
import type { SavedRun } from "./loop/suspend.ts";

/** The call that an answer is for. @throws FermataError `NOT_FOUND`, or `VALIDATION_FAILED` when it could be for several. */
export function waitingCall({ pending }: SavedRun, runId: string, toolCallId: string | undefined): PendingCall {
  if (toolCallId === undefined && pending.length > 1) {
    const ids = pending.map(({ call }) => `"${call.toolCallId}"`).join(", ");
    throw new FermataError(
      "VALIDATION_FAILED",
      `Run "${runId}" waits for several tool calls: say with toolCallId which one is meant (${ids}).`,
    );
  }
  const found = pending.find(({ call }) => toolCallId === undefined || call.toolCallId === toolCallId);
  if (!found) throw new FermataError("NOT_FOUND", `Run "${runId}" does not wait for the tool call "${toolCallId}".`);
  return found;
}

/** Data that does not fit is its sender's fault: the run goes on waiting. @throws FermataError `VALIDATION_FAILED` */
export async function checkAnswer({ kind, resumeSchema }: PendingCall, answer: Answer): Promise<void> {
  if (answer.kind === "decline" || (answer.kind === "approve" && kind === "approval")) return;
  const data = answer.kind === "resume" ? answer.data : { approved: true };
  const checked = await validate(JSON.parse(resumeSchema) as JsonSchema, data); // written by the loop
  if (!checked.ok)
    throw new FermataError("VALIDATION_FAILED", `The answer does not fit what the run waits for:\n${toLines(checked.issues)}`);
}
