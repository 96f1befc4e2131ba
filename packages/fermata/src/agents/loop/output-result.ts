/** What output processors make of the finished answer. */
import type { ModelMessage } from "../../models/types.ts";
import { toJsonValue } from "../messages/json-value.ts";
import { toModelMessages } from "../messages/to-model.ts";
import type { StoredMessage } from "../messages/stored.ts";
import { abortFor } from "../processors.ts";
import { assistantMessage } from "../stored-answer.ts";
import type { Run } from "./run.ts";
import type { StepRecord } from "./state.ts";

/** Shows the whole answer to the processors; what they hand back is the answer from then on. */
export async function processResult(run: Run): Promise<void> {
  const { outputProcessors, requestContext } = run.setup;
  for (const processor of outputProcessors) {
    if (!processor.processOutputResult) continue;
    const messages = [assistantMessage(run)];
    const changed = await processor.processOutputResult({
      messages,
      requestContext,
      retryCount: run.processorRetries,
      abort: abortFor(processor),
    });
    // Compared with a fresh copy: a processor may also change the message that it was given.
    const answer = changed ?? messages;
    if (toText(answer) !== toText([assistantMessage(run)])) replaceAnswer(run, answer);
  }
}

function toText(messages: readonly StoredMessage[]): string {
  return JSON.stringify(toJsonValue(messages));
}

function replaceAnswer(run: Run, messages: readonly StoredMessage[]): void {
  const answers = messages.filter(({ role }) => role === "assistant");
  const produced = toModelMessages(answers, run.createdAt);
  run.answerParts = answers.flatMap(({ content }) => content.parts);
  run.produced.splice(0, run.produced.length, ...produced);
  const groups = byStep(produced);
  const speaking = run.steps.filter(({ messages: said }) => said.length > 0);
  // One answer for several steps that cannot be told apart any more is the last one's.
  const fits = groups.length === speaking.length;
  for (const [index, step] of speaking.entries())
    replaceStep(step, fits ? (groups[index] ?? []) : index === speaking.length - 1 ? produced : []);
}

/** Each assistant message with the tool results that follow it. */
function byStep(messages: readonly ModelMessage[]): ModelMessage[][] {
  const groups: ModelMessage[][] = [];
  for (const message of messages) {
    if (message.role === "assistant") groups.push([message]);
    else groups.at(-1)?.push(message);
  }
  return groups;
}

function replaceStep(step: StepRecord, messages: readonly ModelMessage[]): void {
  step.messages.splice(0, step.messages.length, ...messages);
  step.text = saidIn(messages, "text");
  step.reasoningText = saidIn(messages, "reasoning");
}

function saidIn(messages: readonly ModelMessage[], type: "text" | "reasoning"): string {
  const parts = messages.flatMap((message) => (message.role === "assistant" ? message.content : []));
  return parts.map((part) => (part.type === type ? part.text : "")).join("");
}
