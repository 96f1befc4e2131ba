import { NO_PARTS, type Run } from "./loop/run.ts";
import type { AssistantPart, PendingCall } from "./loop/state.ts";
import { isoTime } from "./messages/iso-time.ts";
import type { StoredMessage, StoredPart, ToolInvocation } from "./messages/stored.ts";
import { assistantParts, storedContent, toolResults } from "./messages/to-stored.ts";

/** What the run has said, as one stored message. `withOpen` adds the step that is not closed yet. */
export function assistantMessage(run: Run, withOpen = false): StoredMessage {
  const { threadId, resourceId } = run.setup;
  const parts = run.answerParts ?? answerParts(run, withOpen ? run.open : NO_PARTS);
  const model = run.steps.at(-1)?.metadata.modelMetadata ?? run.setup.candidates[0]?.model;
  const metadata = {
    modelId: model?.modelId,
    provider: model && "modelProvider" in model ? model.modelProvider : model?.provider,
    ...((run.pending.length > 0 || run.answered.length > 0) && { pendingToolApprovals: pendingApprovals(run) }),
    ...(run.resumedStep !== undefined && { mastra: { responseBoundary: true } }),
    ...(run.hasObject && { structuredOutput: run.object }),
  };
  return {
    id: run.messageId,
    role: "assistant",
    content: storedContent(parts, metadata),
    createdAt: isoTime(run.createdAt),
    ...(threadId !== undefined && { threadId }),
    ...(resourceId !== undefined && { resourceId }),
  };
}

function answerParts(run: Run, open: readonly AssistantPart[]): StoredPart[] {
  const results = new Map(toolResults(run.produced));
  for (const { call, state, result, errorText, approval } of run.settled) {
    const known: Pick<ToolInvocation, "state" | "result" | "errorText" | "approval"> = {
      state,
      ...(result !== undefined && { result }),
      ...(errorText !== undefined && { errorText }),
      ...(approval && { approval }),
    };
    results.set(call.toolCallId, known);
  }
  const parts: StoredPart[] = [];
  const said = run.produced.flatMap((message) => (message.role === "assistant" ? [message.content] : []));
  if (open.length > 0) said.push([...open]);
  for (const content of said) {
    const { modelProvider, modelId } = run.steps.at(-1)?.metadata.modelMetadata ?? { modelProvider: "", modelId: "" };
    if (parts.length > 0) parts.push({ type: "step-start", createdAt: run.createdAt, model: `${modelProvider}/${modelId}` });
    parts.push(...assistantParts(content, results, run));
  }
  for (const { call } of run.pending) {
    if (open.some((part) => part.type === "tool-call" && part.toolCallId === call.toolCallId)) continue;
    const { toolCallId, toolName, args } = call;
    parts.push({ type: "tool-invocation", toolInvocation: { state: "call", toolCallId, toolName, args }, createdAt: run.createdAt });
  }
  return parts;
}

function pendingApprovals(run: Run): Record<string, unknown> {
  const describe = ({ call, kind, resumeSchema }: PendingCall, answered: boolean): [string, unknown] => {
    const { toolCallId, toolName, args } = call;
    const type = kind === "approval" ? "approval" : "suspension";
    return [toolCallId, { toolCallId, toolName, args, type, runId: run.id, resumeSchema, ...(answered && { answered }) }];
  };
  return Object.fromEntries([...run.answered.map((call) => describe(call, true)), ...run.pending.map((call) => describe(call, false))]);
}
