/** The ends of steps and runs, as chunks and as data. */
import type { ModelMessage, ModelUsage } from "../../models/types.ts";
import type { FinishPayload, StepMetadata } from "../chunks.ts";
import { assistantMessage } from "../stored-answer.ts";
import { toUiMessage } from "../messages/to-ui.ts";
import type { Run } from "./run.ts";
import type { AssistantPart, SettledCall, StepRecord, ToolResultPart } from "./state.ts";

/** What a step adds to the conversation, from the model's content and the settled calls. */
export function stepMessages(run: Run, step: StepRecord, content: AssistantPart[]): ModelMessage[] {
  const messages: ModelMessage[] = [];
  // Some providers refuse a text without any.
  const said = content.some(isEmptyText) ? content.filter((part) => !isEmptyText(part)) : content;
  if (said.length > 0) messages.push({ role: "assistant", content: said });
  if (step.toolCalls.length === 0) return messages;
  const results: ToolResultPart[] = [];
  for (const { call, output, modelOutput } of settledInOrder(run, step)) {
    const forModel = modelOutput && { providerOptions: { mastra: { modelOutput: toJsonObject(modelOutput) } } };
    if (forModel) markCall(content, call.toolCallId, forModel.providerOptions.mastra.modelOutput);
    // `input` is not part of the provider interface; clients read it beside the result.
    const part = {
      type: "tool-result" as const,
      toolCallId: call.toolCallId,
      toolName: call.toolName,
      output,
      input: call.args,
      ...forModel,
    };
    results.push(part);
  }
  if (results.length > 0) messages.push({ role: "tool", content: results });
  return messages;
}

/** The settled calls of the step, in the order in which the model made them. */
function settledInOrder(run: Run, step: StepRecord): readonly SettledCall[] {
  const { toolCalls, stepNumber } = step;
  const place = ({ call }: SettledCall): number => toolCalls.findIndex(({ toolCallId }) => toolCallId === call.toolCallId);
  const settled = run.settled.filter((known) => known.stepNumber === stepNumber && place(known) >= 0);
  return settled.length < 2 ? settled : settled.sort((a, b) => place(a) - place(b));
}

/** An empty text about which the provider has nothing to say either. */
function isEmptyText(part: AssistantPart): boolean {
  return part.type === "text" && part.text === "" && Object.keys(part.providerOptions ?? {}).every((key) => key === "mastra");
}

type JsonObject = NonNullable<NonNullable<AssistantPart["providerOptions"]>[string]>;

/** A tool output holds JSON only; the provider interface types its values more loosely than its options. */
function toJsonObject(output: ToolResultPart["output"]): JsonObject {
  return output as unknown as JsonObject;
}

/** A call says what its model is told of the result, as its result does. */
function markCall(content: readonly AssistantPart[], toolCallId: string, modelOutput: JsonObject): void {
  const part = content.find((other) => other.type === "tool-call" && other.toolCallId === toolCallId);
  if (part) part.providerOptions = { ...part.providerOptions, mastra: { ...part.providerOptions?.mastra, modelOutput } };
}

/** The parts of a step's messages in one list. */
export function stepContent(step: StepRecord): unknown[] {
  const parts: unknown[] = [];
  for (const { content } of step.messages) if (typeof content !== "string") for (const part of content) parts.push(part);
  return parts;
}

/** The last chunk of a step: what this step brought, and nothing that was told before. */
export function stepFinishPayload(run: Run, step: StepRecord): FinishPayload {
  const first = step.stepNumber === 0;
  const user = first ? run.history.filter((message) => message.role === "user") : [];
  return {
    messageId: run.messageId,
    stepResult: { ...stepResult(step), ...(step.stepNumber === run.resumedStep && { messageId: run.messageId }) },
    metadata: metadataWithRequest(step),
    output: output(step, step.text, step.usage, [wireStep(step, step.messages)]),
    messages: { all: [...(first ? run.history : []), ...step.messages], user, nonUser: step.messages },
    processorRetryCount: run.processorRetries,
  };
}

/** The last chunk of a run: the totals and the whole conversation, once. */
export function finishPayload(run: Run): FinishPayload {
  const last = run.steps.at(-1);
  if (!last) throw new Error("A run without a step has no finish.");
  const user = run.history.filter((message) => message.role === "user");
  const steps = run.steps.map((step, index) => wireStep(step, messagesUpTo(run, index)));
  const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0, ...run.usage };
  return {
    messageId: run.messageId,
    stepResult: { ...stepResult(last), isContinued: false },
    metadata: metadataWithRequest(last),
    output: { ...output(last, runText(run), usage, steps), ...(run.hasObject && { object: run.object }) },
    messages: { all: [...run.history, ...run.produced], user, nonUser: run.produced },
    processorRetryCount: run.processorRetries,
    response: finishResponse(run, last),
  };
}

function finishResponse(run: Run, { metadata }: StepRecord): unknown {
  return { ...describeAnswer(metadata), messages: run.produced, uiMessages: [toUiMessage(assistantMessage(run))] };
}

/** Everything that the run has said: what a reader of its stream has seen. */
export function runText(run: Run): string {
  return run.steps.length === 1 ? (run.steps[0]?.text ?? "") : run.steps.map((step) => step.text).join("");
}

/** What the run had added to the conversation when its step number `index` ended. */
export function messagesUpTo(run: Run, index: number): ModelMessage[] {
  return index === run.steps.length - 1 ? run.produced : run.steps.slice(0, index + 1).flatMap((step) => step.messages);
}

function stepResult(step: StepRecord): FinishPayload["stepResult"] {
  return {
    reason: step.finishReason,
    isContinued: step.isContinued,
    ...(step.rawFinishReason !== undefined && { rawReason: step.rawFinishReason }),
    ...(step.finishReason === "error" && { warnings: step.warnings }),
  };
}

function metadataWithRequest(step: StepRecord): StepMetadata {
  // A failed call has no answer to describe: the model stands in the metadata itself, where clients of failures look for it.
  const failed = step.finishReason === "error" ? step.metadata.modelMetadata : undefined;
  return { ...step.metadata, ...failed, request: step.request };
}

function output(step: StepRecord, text: string, usage: ModelUsage, steps: readonly unknown[]): FinishPayload["output"] {
  return { text, toolCalls: step.toolCalls, usage, steps, ...(step.object !== undefined && { object: step.object }) };
}

/** A model's answer without what stands elsewhere. Members are named: leaving some out of a copy costs several times as much. */
export function describeAnswer({
  id,
  timestamp,
  modelId,
  headers,
  modelMetadata,
}: StepMetadata): Omit<StepMetadata, "providerMetadata" | "request"> {
  return { id, timestamp, modelId, headers, modelMetadata };
}

function wireStep(step: StepRecord, messages: readonly ModelMessage[]): Record<string, unknown> {
  const { providerMetadata, modelMetadata } = step.metadata;
  return {
    content: stepContent(step),
    finishReason: step.finishReason,
    usage: step.usage,
    warnings: step.warnings,
    request: step.request,
    response: { ...describeAnswer(step.metadata), ...(step.finishReason === "error" && modelMetadata), messages },
    ...(providerMetadata !== undefined && { providerMetadata }),
  };
}
