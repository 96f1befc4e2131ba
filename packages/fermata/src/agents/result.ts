/** Builds the answer of `generate` from a run that has ended. */
import type { StepMetadata } from "./chunks.ts";
import type { Chunk, GenerateResult, ReasoningChunk, StepSummary } from "./generate-result.ts";
import { messagesUpTo, runText, stepContent } from "./loop/finish.ts";
import type { Run } from "./loop/run.ts";
import type { PendingCall, StepRecord } from "./loop/state.ts";
import { assistantParts, storedContent, toolResults, toStoredMessages } from "./messages/to-stored.ts";
import type { StoredMessage, StoredPart, ToolInvocation } from "./messages/stored.ts";
import { toUiMessage } from "./messages/to-ui.ts";

export function toGenerateResult<T>(run: Run): GenerateResult<T> {
  const { steps } = run;
  const last = steps.at(-1);
  const suspended = run.status === "suspended";
  const answer = assistantMessage(run);
  const toolCalls = suspended ? run.pending.map(({ call }) => chunk(run, "tool-call", call)) : chunks(run, "tool-call", (step) => step.toolCalls);
  const { providerMetadata, request: _request, ...metadata } = last?.metadata ?? ({} as Partial<StepMetadata>);
  return {
    text: runText(run),
    usage: run.usage,
    steps: steps.map((step, index) => toSummary(run, step, index)),
    finishReason: suspended ? "suspended" : run.tripwire ? "tripwire" : (last?.finishReason ?? "other"),
    warnings: last?.warnings ?? [],
    ...(providerMetadata !== undefined && { providerMetadata }),
    request: last?.request ?? {},
    reasoning: steps.flatMap((step) => reasoningOf(run, step)),
    reasoningText: steps.map((step) => step.reasoningText).join(""),
    toolCalls,
    toolResults: chunks(run, "tool-result", (step) => step.toolResults),
    sources: chunks(run, "source", (step) => step.sources),
    files: chunks(run, "file", (step) => step.files),
    response: {
      ...metadata,
      ...(!suspended && { messages: run.produced, uiMessages: [toUiMessage(answer)] }),
      dbMessages: [answer],
    },
    totalUsage: suspended ? { totalTokens: 0, ...run.usage } : run.usage,
    // `T` is what the schema of the caller's own structured output gives.
    ...(run.hasObject && { object: run.object as T }),
    usedFallbackValue: run.usedFallbackValue,
    runId: run.id,
    ...(suspended && suspension(run.pending[0])),
    ...(run.tripwire && { tripwire: run.tripwire }),
    messages: [...toStoredMessages(run.history, run), answer],
    rememberedMessages: [],
  };
}

function suspension(pending: PendingCall | undefined): Pick<GenerateResult, "suspendPayload" | "resumeSchema"> {
  if (!pending) return {};
  const { resumeSchema, suspendPayload, nested } = pending;
  const { toolCallId } = pending.call;
  const { toolName, args } = nested ?? pending.call;
  return { suspendPayload: { toolCallId, toolName, args, resumeSchema, ...(suspendPayload !== undefined && { suspendPayload }) }, resumeSchema };
}

function toSummary(run: Run, step: StepRecord, index: number): StepSummary {
  const { providerMetadata, request: _request, ...metadata } = step.metadata;
  return {
    stepType: index === 0 ? "initial" : "tool-result",
    sources: step.sources.map((payload) => chunk(run, "source", payload)),
    files: step.files.map((payload) => chunk(run, "file", payload)),
    toolCalls: step.toolCalls.map((payload) => chunk(run, "tool-call", payload)),
    toolResults: step.toolResults.map((payload) => chunk(run, "tool-result", payload)),
    content: stepContent(step),
    text: step.text,
    reasoningText: step.reasoningText,
    reasoning: reasoningOf(run, step),
    staticToolCalls: [],
    dynamicToolCalls: [],
    staticToolResults: [],
    dynamicToolResults: [],
    finishReason: step.finishReason,
    usage: step.usage,
    warnings: step.warnings,
    request: step.request,
    response: { ...metadata, messages: messagesUpTo(run, index) },
    ...(providerMetadata !== undefined && { providerMetadata }),
  };
}

function chunk<T extends string, P>(run: Run, type: T, payload: P): Chunk<T, P> {
  return { type, runId: run.id, from: "AGENT", payload };
}

function chunks<T extends string, P>(run: Run, type: T, of: (step: StepRecord) => readonly P[]): Chunk<T, P>[] {
  return run.steps.flatMap((step) => of(step).map((payload) => chunk(run, type, payload)));
}

function reasoningOf(run: Run, step: StepRecord): ReasoningChunk[] {
  return step.reasoningText === "" ? [] : [chunk(run, "reasoning", { text: step.reasoningText })];
}

/** What the run has said, as one stored message. */
export function assistantMessage(run: Run): StoredMessage {
  const { threadId, resourceId } = run.setup;
  const parts = answerParts(run);
  const model = run.steps.at(-1)?.metadata.modelMetadata ?? run.setup.candidates[0]?.model;
  const metadata = {
    modelId: model?.modelId,
    provider: model && "modelProvider" in model ? model.modelProvider : model?.provider,
    ...(run.pending.length > 0 && { pendingToolApprovals: pendingApprovals(run) }),
    ...(run.hasObject && { structuredOutput: run.object }),
  };
  return {
    id: run.messageId,
    role: "assistant",
    content: storedContent(parts, metadata),
    createdAt: new Date(run.createdAt).toISOString(),
    ...(threadId !== undefined && { threadId }),
    ...(resourceId !== undefined && { resourceId }),
  };
}

function answerParts(run: Run): StoredPart[] {
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
  for (const message of run.produced) {
    if (message.role !== "assistant") continue;
    const { modelProvider, modelId } = run.steps.at(-1)?.metadata.modelMetadata ?? { modelProvider: "", modelId: "" };
    if (parts.length > 0) parts.push({ type: "step-start", createdAt: run.createdAt, model: `${modelProvider}/${modelId}` });
    parts.push(...assistantParts(message.content, results, run));
  }
  for (const { call } of run.pending) {
    const { toolCallId, toolName, args } = call;
    parts.push({ type: "tool-invocation", toolInvocation: { state: "call", toolCallId, toolName, args }, createdAt: run.createdAt });
  }
  return parts;
}

function pendingApprovals(run: Run): Record<string, unknown> {
  const list = run.pending.map((pending) => {
    const { toolCallId, toolName, args } = pending.call;
    return [toolCallId, { toolCallId, toolName, args, type: pending.kind === "approval" ? "approval" : "suspension", runId: run.id, resumeSchema: pending.resumeSchema }];
  });
  return Object.fromEntries(list) as Record<string, unknown>;
}
