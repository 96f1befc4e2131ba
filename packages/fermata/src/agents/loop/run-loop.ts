/**
 * The agent loop: ask the model, run the tools it calls, tell it what they gave, until it has nothing more to call.
 * There is one loop: `stream` shows its chunks, `generate` collects them, a resumed run enters it in the middle of a step.
 */
import { FermataError } from "../../errors.ts";
import { callModel } from "../../models/call.ts";
import { resolveModels } from "../../models/resolve.ts";
import { toJsonSchema } from "../../schema/schema.ts";
import type { AgentChunk } from "../chunks.ts";
import type { GenerateResult } from "../generate-result.ts";
import { toModelMessages } from "../messages/to-model.ts";
import { mailChunk, type Mail } from "../mail/mail.ts";
import { toStoredMessages } from "../messages/to-stored.ts";
import { abortFor, Tripwire } from "../processors.ts";
import { toGenerateResult } from "../result.ts";
import { toChunkError } from "./errors.ts";
import { finishPayload, stepFinishPayload, stepMessages } from "./finish.ts";
import { tell } from "./callbacks.ts";
import { hear } from "./hear.ts";
import { askMetered, askModel, newStep, type ModelStep } from "./model-step.ts";
import { processResult } from "./output-result.ts";
import { NO_PARTS, type Answer, type Run } from "./run.ts";
import type { PendingCall, StepRecord } from "./state.ts";
import { readObject, schemaPrompt } from "./structured.ts";
import { saveSuspended } from "./suspend.ts";
import { answerCall, settleCalls } from "./tool-calls.ts";

/** Where a resumed run goes on. */
export interface Reentry {
  readonly modelStep: ModelStep;
  readonly pending: PendingCall;
  readonly answer: Answer;
}

/** Runs to the end. Never rejects: how it ended is in `run.status` and `run.error`. */
export async function runLoop(run: Run, reentry?: Reentry): Promise<void> {
  let current = reentry?.modelStep;
  try {
    if (reentry) await run.setup.conversation?.begin(run);
    else await begin(run);
    for (let resuming = reentry; ; resuming = undefined) {
      run.signal.throwIfAborted();
      if (resuming) await answerCall(run, resuming.modelStep.step, resuming.pending, resuming.answer);
      else {
        current = newStep(run);
        run.open = current.consumer.content;
        if (!(await ask(run, current))) continue;
        // A model that failed in the middle may not have meant what it had said so far.
        if (current.step.finishReason !== "error") await settleCalls(run, current.step);
      }
      if (!current) return;
      if (run.pending.length > 0) return await suspend(run, current);
      if (!(await endStep(run, current))) break;
    }
    await finish(run);
  } catch (error) {
    await endEarly(run, current, error);
  } finally {
    run.setup.conversation?.close();
  }
}

async function begin(run: Run): Promise<void> {
  const { setup } = run;
  const { conversation } = setup;
  await run.emit({ type: "start", runId: run.id, from: "AGENT", payload: { id: setup.agentId, messageId: run.messageId } });
  if (setup.mail) await run.emit(mailChunk(setup.mail, run.id));
  if (conversation) await conversation.begin(run);
  for (const processor of setup.inputProcessors) {
    if (!processor.processInput) continue;
    const messages = conversation ? [...conversation.remembered, ...conversation.told] : toStoredMessages(run.history, run);
    const changed = await processor.processInput({ messages, requestContext: setup.requestContext, abort: abortFor(processor) });
    if (conversation) conversation.replace(run, changed);
    else run.history = toModelMessages(changed, run.createdAt);
  }
  if (conversation) await conversation.keep(run);
}

/** Has the model answer; resolves to whether the answer stands. One that a processor sends back does not: the model is to be asked again. */
async function ask(run: Run, current: ModelStep): Promise<boolean> {
  const { step } = current;
  try {
    const { requestContext, outputProcessors } = run.setup;
    await (requestContext.meter ? askMetered(run, current, requestContext.meter) : askModel(run, current));
    for (const processor of outputProcessors) {
      const { text, stepNumber, toolCalls, finishReason } = step;
      const retryCount = run.processorRetries;
      await processor.processOutputStep?.({
        text,
        stepNumber,
        toolCalls,
        finishReason,
        requestContext,
        retryCount,
        abort: abortFor(processor),
      });
    }
    run.feedback = [];
    return true;
  } catch (error) {
    if (!mayRetry(run, error)) throw error;
    await sendBack(run, current, error);
    return false;
  }
}

/** Closes a step; resolves to whether another one follows. */
async function endStep(run: Run, current: ModelStep): Promise<boolean> {
  const { step, consumer } = current;
  step.messages.push(...stepMessages(run, step, consumer.content));
  step.isContinued = mayGoOn(run, step) && !(run.setup.options.stopWhen && (await isStopped(run, step)));
  run.steps.push(step);
  run.produced.push(...step.messages);
  run.open = NO_PARTS;
  run.addUsage(step.usage);
  const heard = run.setup.mailbox ? listen(run, step) : undefined;
  if (!step.isContinued && step.finishReason !== "error") {
    try {
      if (run.setup.outputProcessors.length > 0) await processResult(run);
    } catch (error) {
      if (!mayRetry(run, error)) throw error;
      run.steps.pop();
      run.produced.length -= step.messages.length;
      await sendBack(run, current, error);
      return true;
    }
    if (run.setup.structured) await endStructured(run, step);
  }
  if (run.isObserved) await run.emit({ type: "step-finish", runId: run.id, from: "AGENT", payload: stepFinishPayload(run, step) });
  for (const mail of heard ?? []) await run.emit(mailChunk(mail, run.id));
  const { onStepFinish } = run.setup.options;
  if (onStepFinish) await tell(run.setup.logger, "onStepFinish", onStepFinish, step);
  if (step.isContinued) run.setup.conversation?.step(run);
  return step.isContinued;
}

function mayRetry(run: Run, error: unknown): error is Tripwire {
  return error instanceof Tripwire && error.retry && run.processorRetries < run.setup.maxProcessorRetries && !run.signal.aborted;
}

/** The answer is void, and the model is told why. */
async function sendBack(run: Run, current: ModelStep, tripwire: Tripwire): Promise<void> {
  const { step } = current;
  const { message: reason, retry, metadata, processorId } = tripwire;
  run.processorRetries++;
  if (step.messages.length === 0) run.addUsage(step.usage); // else it has been counted when the step was closed
  const text = step.text === "" ? "(an answer without text)" : step.text;
  run.feedback = [
    { role: "assistant", content: [{ type: "text", text }] },
    { role: "user", content: [{ type: "text", text: `That answer was not accepted: ${reason}\nAnswer again, with this in mind.` }] },
  ];
  voidStep(current);
  step.finishReason = "tripwire";
  step.isContinued = true;
  await run.emit({ type: "tripwire", runId: run.id, from: "AGENT", payload: { reason, retry, metadata, processorId } });
  if (run.isObserved) await run.emit({ type: "step-finish", runId: run.id, from: "AGENT", payload: stepFinishPayload(run, step) });
}

/** Takes back what the step has said and called. */
function voidStep({ step, consumer }: ModelStep): void {
  step.text = "";
  step.reasoningText = "";
  for (const list of [step.toolCalls, step.toolResults, step.sources, step.files, step.messages, consumer.content]) list.length = 0;
}

/** What has been sent to the run meanwhile. With it the run goes on where it would have ended; without it nothing more is taken then. */
function listen(run: Run, step: StepRecord): readonly Mail[] | undefined {
  const mail = settledCalls(run, step) === undefined ? [] : hear(run);
  if (mail.length > 0) step.isContinued = true;
  else if (!step.isContinued) run.setup.mailbox?.close();
  return mail;
}

/** Whether the model has something new to hear: every call of the step was settled here, and it may be asked again. */
function mayGoOn(run: Run, step: StepRecord): boolean {
  return (settledCalls(run, step) ?? 0) > 0;
}

/** The number of calls that were settled here; `undefined` when the model may not be asked again, or somebody else has to run a call. */
function settledCalls(run: Run, step: StepRecord): number | undefined {
  if (step.finishReason === "error" || step.stepNumber + 1 >= run.setup.maxSteps) return undefined;
  let calls = 0;
  for (const call of step.toolCalls) {
    if (call.providerExecuted) continue;
    calls++;
    if (!isSettled(run, step, call.toolCallId)) return undefined; // the caller runs it
  }
  return calls;
}

function isSettled(run: Run, step: StepRecord, toolCallId: string): boolean {
  // The newest are of this step. A step has a handful of calls: a set of them would cost more than it saves.
  for (let index = run.settled.length - 1; index >= 0; index--) {
    const known = run.settled[index];
    if (known?.call.toolCallId === toolCallId && known.stepNumber === step.stepNumber) return true;
  }
  return false;
}

async function isStopped(run: Run, step: StepRecord): Promise<boolean> {
  const { stopWhen } = run.setup.options;
  const conditions = stopWhen === undefined ? [] : typeof stopWhen === "function" ? [stopWhen] : stopWhen;
  for (const condition of conditions) {
    if (await condition({ steps: [...run.steps, step] })) return true;
  }
  return false;
}

async function endStructured(run: Run, step: StepRecord): Promise<void> {
  const output = run.setup.structured;
  if (!output || step.finishReason === "tool-calls") return;
  try {
    const text = output.model ? await structure(run, step.text) : step.text;
    run.object = step.object = await readObject(output, text);
  } catch (error) {
    if (output.errorStrategy === "warn")
      return run.setup.logger.warn("Structured output does not fit its schema", { runId: run.id, error });
    if (output.errorStrategy !== "fallback") {
      step.finishReason = "error";
      run.status = "failed";
      run.error = error;
      await run.emit({ type: "error", runId: run.id, from: "AGENT", payload: { type: "error", error: toChunkError(error) } });
      return;
    }
    run.object = step.object = output.fallbackValue;
    run.usedFallbackValue = true;
  }
  run.hasObject = true;
  await run.emit({ type: "object-result", runId: run.id, from: "AGENT", object: run.object });
}

/** A second model writes the data from the first one's text. */
async function structure(run: Run, text: string): Promise<string> {
  const output = run.setup.structured;
  if (!output?.model) return text;
  const candidates = await resolveModels(output.model);
  const system = output.instructions ?? "Take the data that is asked for from the user's text. Invent nothing.";
  const reply = await callModel(candidates, {
    mode: "generate",
    options: {
      prompt: [
        { role: "system", content: `${system}\n${schemaPrompt(output)}` },
        { role: "user", content: [{ type: "text", text }] },
      ],
      abortSignal: run.signal,
      responseFormat: { type: "json", schema: toJsonSchema(output.schema, "draft-07") },
    },
  });
  let answer = "";
  for (let part = await reply.parts.read(); part; part = await reply.parts.read()) {
    if (part.type === "text-delta") answer += part.delta;
    if (part.type === "finish") run.addUsage(part.usage);
  }
  return answer;
}

async function suspend(run: Run, { step, consumer }: ModelStep): Promise<void> {
  run.signal.throwIfAborted();
  const chunks: AgentChunk[] = [];
  for (const pending of run.pending) {
    const chunk = waitingChunk(run, pending);
    const filtered = run.filters ? await run.filter(chunk) : chunk;
    if (filtered) chunks.push(filtered);
  }
  // Put away first: whoever sees what the run waits for may answer at once.
  await run.setup.conversation?.end(run, "suspended");
  await saveSuspended(run, step, consumer.content);
  run.status = "suspended";
  for (const chunk of chunks) await run.show(chunk);
}

/** What another agent's run waits for is shown as this run's own, under the id of the call that started it. */
function waitingChunk({ id: runId }: Run, { call, kind, nested, resumeSchema, suspendPayload }: PendingCall): AgentChunk {
  const { toolName, args } = nested ?? call;
  const payload = { toolCallId: call.toolCallId, toolName, args, resumeSchema };
  if (kind === "approval") return { type: "tool-call-approval", runId, from: "AGENT", payload };
  return { type: "tool-call-suspended", runId, from: "AGENT", payload: { ...payload, suspendPayload } };
}

async function finish(run: Run): Promise<void> {
  if (run.status === "running") run.status = run.steps.at(-1)?.finishReason === "error" ? "failed" : "finished";
  const { conversation } = run.setup;
  if (conversation) await conversation.end(run, run.status === "failed" ? "failed" : "completed");
  if (run.isObserved) await run.emit({ type: "finish", runId: run.id, from: "AGENT", payload: finishPayload(run) });
  const { options, logger } = run.setup;
  if (run.status === "failed") await tell(logger, "onError", options.onError, { error: run.error });
  else if (options.onFinish) await tell(logger, "onFinish", (result: GenerateResult) => options.onFinish?.(result), toGenerateResult(run));
}

/** A run that did not come to its end by itself: cancelled, stopped by a processor, or failed. */
async function endEarly(run: Run, current: ModelStep | undefined, error: unknown): Promise<void> {
  const { logger, options } = run.setup;
  // It has been put away and can be resumed; only its reader is gone.
  if (run.status === "suspended") return logger.error("What a run waits for could not be shown", { runId: run.id, error });
  try {
    if (run.signal.aborted && !FermataError.is(run.signal.reason)) {
      run.status = "aborted";
      run.error = run.signal.reason;
      await remember(run, "aborted");
      await emitEnd(run, { type: "abort", runId: run.id, from: "AGENT", payload: {} });
      await tell(logger, "onAbort", options.onAbort, { reason: run.signal.reason });
    } else if (error instanceof Tripwire) await endByTripwire(run, current, error);
    else await endByFailure(run, current, run.signal.aborted ? run.signal.reason : error);
  } catch (late) {
    // The end itself failed, because the reader is gone. The run is over all the same.
    logger.error("A run could not be ended properly", { runId: run.id, error: late });
    if (run.status === "running") run.status = "failed";
    run.error ??= late;
  }
}

async function endByTripwire(run: Run, current: ModelStep | undefined, tripwire: Tripwire): Promise<void> {
  const { message: reason, retry, metadata, processorId } = tripwire;
  run.status = "tripwire";
  run.tripwire = { reason, retry, metadata, processorId };
  await emitEnd(run, { type: "tripwire", runId: run.id, from: "AGENT", payload: { reason, retry, metadata, processorId } });
  if (current && run.steps.at(-1) === current.step) {
    // The answer as a whole was refused: nothing of the run is said.
    for (const step of run.steps) voidStep({ step, consumer: current.consumer });
    run.produced.length = 0;
    run.answerParts = undefined;
    run.hasObject = false;
  } else if (current) voidStep(current);
  closeStep(run, current, "tripwire");
  await remember(run, "failed");
  await emitEnd(run, { type: "finish", runId: run.id, from: "AGENT", payload: finishPayload(run) });
  const { options, logger } = run.setup;
  if (options.onFinish) await tell(logger, "onFinish", (result: GenerateResult) => options.onFinish?.(result), toGenerateResult(run));
}

async function endByFailure(run: Run, current: ModelStep | undefined, error: unknown): Promise<void> {
  run.status = "failed";
  run.error = error;
  run.setup.logger.warn("Run failed", { runId: run.id, agent: run.setup.agentId, error });
  // A resumed step has been shown to begin by the run that suspended.
  if (current && current.step.stepNumber !== run.resumedStep) await beginAnyway(run, current);
  await emitEnd(run, { type: "error", runId: run.id, from: "AGENT", payload: { type: "error", error: toChunkError(error) } });
  const wasOpen = current !== undefined && !run.steps.includes(current.step);
  const step = closeStep(run, current, "error");
  await remember(run, "failed");
  if (wasOpen) await emitEnd(run, { type: "step-finish", runId: run.id, from: "AGENT", payload: stepFinishPayload(run, step) });
  await emitEnd(run, { type: "finish", runId: run.id, from: "AGENT", payload: finishPayload(run) });
  await tell(run.setup.logger, "onError", run.setup.options.onError, { error });
}

/** What there is of the answer is stored; a run that has failed already does not fail a second time. */
async function remember(run: Run, status: "aborted" | "failed"): Promise<void> {
  try {
    await run.setup.conversation?.end(run, status);
  } catch (error) {
    run.setup.logger.error("What a run had said could not be stored", { runId: run.id, error });
  }
}

async function beginAnyway(run: Run, { consumer }: ModelStep): Promise<void> {
  try {
    await consumer.begin([]);
  } catch (error) {
    run.setup.logger.debug("The beginning of a failed step could not be shown", { runId: run.id, error });
  }
}

/** An end is shown also when a processor fails at it: then past the processors, and without anything that they have not let through. */
async function emitEnd(run: Run, chunk: AgentChunk): Promise<void> {
  if (!run.filters) return run.emit(chunk);
  const filtered = await run.filter(chunk).catch(() => withoutContent(chunk));
  if (filtered) await run.show(filtered);
  else if (chunk.type === "finish" || chunk.type === "abort") await run.show(withoutContent(chunk));
}

function withoutContent(chunk: AgentChunk): AgentChunk {
  if ((chunk.type !== "finish" && chunk.type !== "step-finish") || !("payload" in chunk)) return chunk;
  const { output, response: _response, ...payload } = chunk.payload;
  const bare = { text: "", toolCalls: [], steps: [], usage: output.usage };
  return { ...chunk, payload: { ...payload, output: bare, messages: { all: [], user: [], nonUser: [] } } };
}

/** Puts the step that was under way to the others, with what there is of it. */
function closeStep(run: Run, current: ModelStep | undefined, reason: "error" | "tripwire"): StepRecord {
  const { step, consumer } = current ?? newStep(run);
  step.finishReason = reason;
  step.isContinued = false;
  if (run.steps.includes(step)) return step;
  step.messages.length = 0;
  step.messages.push(...stepMessages(run, step, consumer.content));
  run.steps.push(step);
  run.produced.push(...step.messages);
  run.open = NO_PARTS;
  run.addUsage(step.usage);
  return step;
}
