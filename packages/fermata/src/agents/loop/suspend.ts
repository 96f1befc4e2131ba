/** A run that waits is put away as text and taken up again from it, by this process or another one. */
import { FermataError } from "../../errors.ts";
import type { ModelMessage, ModelUsage } from "../../models/types.ts";
import { toJsonSchema } from "../../schema/schema.ts";
import type { Suspension } from "../../storage/suspension-store.ts";
import type { SavedContext } from "../../context/request-context.ts";
import { toBase64 } from "../messages/base64.ts";
import { toJsonValue } from "../messages/json-value.ts";
import type { AgentOptions } from "../options.ts";
import type { Run } from "./run.ts";
import type { AssistantPart, ConversationView, Heard, PendingCall, SettledCall, StepRecord } from "./state.ts";

/** The state of a waiting run. */
export interface SavedRun {
  readonly version: 1;
  readonly messageId: string;
  readonly createdAt: number;
  readonly history: ModelMessage[];
  /** What was said before; absent where nothing is remembered. */
  readonly remembered?: readonly ModelMessage[];
  readonly produced: ModelMessage[];
  readonly steps: StepRecord[];
  readonly usage: ModelUsage;
  readonly settled: SettledCall[];
  readonly pending: PendingCall[];
  /** The step in whose middle the run stopped, and the assistant's message so far. */
  readonly step: StepRecord;
  readonly content: AssistantPart[];
  readonly options: AgentOptions;
  readonly requestContext: SavedContext;
  readonly answered: PendingCall[];
  readonly view?: ConversationView;
  readonly processorRetries: number;
  readonly heard?: readonly Heard[];
}

export async function saveSuspended(run: Run, step: StepRecord, content: AssistantPart[]): Promise<void> {
  const { setup } = run;
  const saved: SavedRun = {
    version: 1,
    messageId: run.messageId,
    createdAt: run.createdAt,
    history: run.history,
    ...(run.remembered.length > 0 && { remembered: run.remembered }),
    produced: run.produced,
    steps: run.steps.map(toSavedStep),
    usage: run.usage,
    settled: run.settled.map((call) => ({ ...call, ...(call.result !== undefined && { result: toJsonValue(call.result) }) })),
    pending: run.pending.map((call) => ({
      ...call,
      ...(call.suspendPayload !== undefined && { suspendPayload: toJsonValue(call.suspendPayload) }),
    })),
    answered: run.answered,
    step: toSavedStep(step),
    content,
    options: savedOptions(setup.options),
    requestContext: setup.requestContext.toSaved(),
    ...(run.view && { view: run.view }),
    processorRetries: run.processorRetries,
    ...(run.heard && { heard: run.heard }),
  };
  const suspension: Suspension = {
    runId: run.id,
    agentId: setup.agentId,
    ...(setup.threadId !== undefined && { threadId: setup.threadId }),
    ...(setup.resourceId !== undefined && { resourceId: setup.resourceId }),
    suspendedAt: Date.now(),
    calls: run.pending.map(({ call, kind, nested }) => ({
      toolCallId: call.toolCallId,
      toolName: nested?.toolName ?? call.toolName,
      args: nested?.args ?? call.args,
      requiresApproval: kind === "approval",
    })),
    state: JSON.stringify(saved, replace),
  };
  await setup.suspensions.put(suspension);
}

/** The provider's request is long and secret, and nothing goes on from it. */
function toSavedStep(step: StepRecord): StepRecord {
  const toolResults = step.toolResults.map((payload) => ({ ...payload, result: toJsonValue(payload.result) }));
  return { ...step, toolResults, request: {}, metadata: { ...step.metadata, headers: undefined } };
}

/** The options that are data. Functions cannot be put away: whoever goes on with the run gives them again. */
function savedOptions(options: AgentOptions): AgentOptions {
  const {
    instructions,
    system,
    maxSteps,
    modelSettings,
    providerOptions,
    toolChoice,
    activeTools,
    clientTools,
    toolCallConcurrency,
    maxProcessorRetries,
  } = options;
  const { requireToolApproval, structuredOutput, memory, model, includeRawChunks } = options;
  return {
    ...(instructions !== undefined && { instructions }),
    ...(system !== undefined && { system }),
    ...(maxSteps !== undefined && { maxSteps }),
    ...(modelSettings !== undefined && { modelSettings }),
    ...(providerOptions !== undefined && { providerOptions }),
    ...(toolChoice !== undefined && { toolChoice }),
    ...(activeTools !== undefined && { activeTools }),
    ...(clientTools !== undefined && { clientTools }),
    ...(toolCallConcurrency !== undefined && { toolCallConcurrency }),
    ...(maxProcessorRetries !== undefined && { maxProcessorRetries }),
    // A function decided for this run; while it waits, the safe answer for later calls is to ask.
    ...(requireToolApproval !== undefined && { requireToolApproval: requireToolApproval !== false }),
    ...(structuredOutput !== undefined && { structuredOutput: savedStructured(structuredOutput) }),
    ...(memory !== undefined && { memory }),
    ...(typeof model === "string" && { model }),
    ...(includeRawChunks !== undefined && { includeRawChunks }),
  };
}

function savedStructured(output: NonNullable<AgentOptions["structuredOutput"]>): NonNullable<AgentOptions["structuredOutput"]> {
  const { model, ...rest } = output;
  return { ...rest, schema: toJsonSchema(output.schema, "draft-07"), ...(typeof model === "string" && { model }) };
}

function replace(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  // A `Buffer` turns itself into an object before it gets here: what it was is still in its holder.
  const given: unknown = (this as Readonly<Record<string, unknown>>)[key];
  return given instanceof Uint8Array ? toBase64(given) : value;
}

/** @throws FermataError `CONFLICT` when the state was written by another version of the loop. */
export function readSaved(suspension: Suspension): SavedRun {
  const saved = JSON.parse(suspension.state) as SavedRun; // written by `saveSuspended`
  if (saved.version !== 1)
    throw new FermataError("CONFLICT", `Run ${suspension.runId} was suspended by another version and cannot be resumed.`);
  const heard = (saved.heard ?? []).flatMap(({ messages }) => messages);
  for (const message of [...(saved.remembered ?? []), ...saved.history, ...saved.produced, ...(saved.view?.messages ?? []), ...heard])
    reviveFiles(message);
  return saved;
}

function reviveFiles(message: ModelMessage): void {
  if (message.role === "system" || message.role === "tool") return;
  for (const part of message.content) {
    if (part.type === "file" && part.data.type === "url" && typeof part.data.url === "string")
      part.data = { type: "url", url: new URL(part.data.url) };
  }
}

/** @param isKnown whether the log has such a run. */
export function notSuspended(agentName: string, runId: string, isKnown: boolean): FermataError {
  if (isKnown) return new FermataError("CONFLICT", `Run ${runId} does not wait for an answer: it has been answered already, or has ended.`);
  return new FermataError(
    "NOT_FOUND",
    `Agent "${agentName}" could not find a suspended run for runId "${runId}". It may have finished, may have been answered already, or may never have been suspended.`,
  );
}
