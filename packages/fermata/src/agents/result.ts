/** Builds the answer of `generate` from a run that has ended. */
import type { Chunk, GenerateResult, ReasoningChunk, StepSummary } from "./generate-result.ts";
import { describeAnswer, messagesUpTo, runText, stepContent } from "./loop/finish.ts";
import type { Run } from "./loop/run.ts";
import type { PendingCall, StepRecord } from "./loop/state.ts";
import { toStoredMessages } from "./messages/to-stored.ts";
import { assistantMessage } from "./stored-answer.ts";
import { toUiMessage } from "./messages/to-ui.ts";

export function toGenerateResult<T>(run: Run): GenerateResult<T> {
  const { steps } = run;
  const { conversation } = run.setup;
  const last = steps.at(-1);
  const suspended = run.status === "suspended";
  const answer = assistantMessage(run);
  const summaries = steps.map((step, index) => toSummary(run, step, index));
  const toolCalls = suspended ? run.pending.map(({ call }) => chunk(run, "tool-call", call)) : joined(summaries, (step) => step.toolCalls);
  const providerMetadata = last?.metadata.providerMetadata;
  return {
    text: runText(run),
    usage: run.usage,
    steps: summaries,
    finishReason: suspended ? "suspended" : run.tripwire ? "tripwire" : (last?.finishReason ?? "other"),
    warnings: last?.warnings ?? [],
    ...(providerMetadata !== undefined && { providerMetadata }),
    request: last?.request ?? {},
    reasoning: joined(summaries, (step) => step.reasoning),
    reasoningText: steps.map((step) => step.reasoningText).join(""),
    toolCalls,
    toolResults: joined(summaries, (step) => step.toolResults),
    sources: joined(summaries, (step) => step.sources),
    files: joined(summaries, (step) => step.files),
    response: {
      ...(last && describeAnswer(last.metadata)),
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
    messages: [...(conversation ? [...conversation.remembered, ...conversation.told] : toStoredMessages(run.history, run)), answer],
    rememberedMessages: conversation?.remembered ?? [],
  };
}

function suspension(pending: PendingCall | undefined): Pick<GenerateResult, "suspendPayload" | "resumeSchema"> {
  if (!pending) return {};
  const { resumeSchema, suspendPayload, nested } = pending;
  const { toolCallId } = pending.call;
  const { toolName, args } = nested ?? pending.call;
  return {
    suspendPayload: { toolCallId, toolName, args, resumeSchema, ...(suspendPayload !== undefined && { suspendPayload }) },
    resumeSchema,
  };
}

function toSummary(run: Run, step: StepRecord, index: number): StepSummary {
  const { providerMetadata } = step.metadata;
  return {
    stepType: index === 0 ? "initial" : "tool-result",
    sources: step.sources.map((payload) => chunk(run, "source", payload)),
    files: step.files.map((payload) => chunk(run, "file", payload)),
    toolCalls: step.toolCalls.map((payload) => chunk(run, "tool-call", payload)),
    toolResults: step.toolResults.map((payload) => chunk(run, "tool-result", payload)),
    // After a wait the reference repeats the answered call in what follows, and its clients have learned to read it there.
    content:
      run.resumedStep !== undefined && index > run.resumedStep
        ? [...contentOf(run, run.resumedStep), ...stepContent(step)]
        : stepContent(step),
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
    response: { ...describeAnswer(step.metadata), messages: messagesUpTo(run, index) },
    ...(providerMetadata !== undefined && { providerMetadata }),
  };
}

function contentOf(run: Run, index: number): unknown[] {
  const step = run.steps[index];
  return step ? stepContent(step) : [];
}

function chunk<T extends string, P>(run: Run, type: T, payload: P): Chunk<T, P> {
  return { type, runId: run.id, from: "AGENT", payload };
}

/** The lists of all steps in one; of a single step, its own. */
function joined<V>(steps: readonly StepSummary[], of: (step: StepSummary) => readonly V[]): readonly V[] {
  const [only] = steps;
  if (only && steps.length === 1) return of(only);
  const all: V[] = [];
  for (const step of steps) for (const value of of(step)) all.push(value);
  return all;
}

function reasoningOf(run: Run, step: StepRecord): ReasoningChunk[] {
  return step.reasoningText === "" ? [] : [chunk(run, "reasoning", { text: step.reasoningText })];
}
