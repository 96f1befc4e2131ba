/** Approvals: a tool call that waits is an approval request, whose id names the run and the call. */

export interface ApprovalTarget {
  readonly runId: string;
  readonly toolCallId: string;
}

export interface ApprovalAnswer extends ApprovalTarget {
  readonly approve: boolean;
  readonly reason?: string;
}

const PREFIX = "mcpr_";
/** Runs of responses have ids that the server makes. */
const RUN_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const RUN_ID_LENGTH = 36;

export function approvalId({ runId, toolCallId }: ApprovalTarget): string {
  return `${PREFIX}${runId}_${toolCallId}`;
}

/** What an approval request was about; `undefined` for an id that is none of ours. */
export function approvalTarget(id: string): ApprovalTarget | undefined {
  const runId = id.slice(PREFIX.length, PREFIX.length + RUN_ID_LENGTH);
  const toolCallId = id.slice(PREFIX.length + RUN_ID_LENGTH + 1);
  return id.startsWith(PREFIX) && RUN_ID.test(runId) && toolCallId !== "" ? { runId, toolCallId } : undefined;
}
