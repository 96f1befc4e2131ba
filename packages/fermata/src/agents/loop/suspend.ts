/** A run that waits is put away as text and taken up again from it, by this process or another one. */
import { FermataError } from "../../errors.ts";
import type { ModelMessage, ModelUsage } from "../../models/types.ts";
import { toJsonSchema } from "../../schema/schema.ts";
import type { Suspension } from "../../storage/suspension-store.ts";
import { toBase64 } from "../messages/base64.ts";
import type { AgentOptions } from "../options.ts";
import type { Run } from "./run.ts";
import type { AssistantPart, PendingCall, SettledCall, StepRecord } from "./state.ts";

/** The state of a waiting run. */
export interface SavedRun {
  readonly version: 1;
  readonly messageId: string;
  readonly createdAt: number;
  readonly history: ModelMessage[];
  readonly produced: ModelMessage[];
  readonly steps: StepRecord[];
  readonly usage: ModelUsage;
  readonly settled: SettledCall[];
  readonly pending: PendingCall[];
  /** The step in whose middle the run stopped, and the assistant's message so far. */
  readonly step: StepRecord;
  readonly content: AssistantPart[];
  readonly options: AgentOptions;
  readonly requestContext: Readonly<Record<string, unknown>>;
}

export async function saveSuspended(run: Run, step: StepRecord, content: AssistantPart[]): Promise<void> {
  const { setup } = run;
  const saved: SavedRun = {
    version: 1,
    messageId: run.messageId,
    createdAt: run.createdAt,
    history: run.history,
    produced: run.produced,
    steps: run.steps.map(withoutRequest),
    usage: run.usage,
    settled: run.settled,
    pending: run.pending,
    step: withoutRequest(step),
    content,
    options: savedOptions(setup.options),
    requestContext: setup.requestContext.toJSON(),
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
function withoutRequest(step: StepRecord): StepRecord {
  return { ...step, request: {}, metadata: { ...step.metadata, headers: undefined } };
}

/** The options that are data. Functions cannot be put away: whoever goes on with the run gives them again. */
function savedOptions(options: AgentOptions): AgentOptions {
  const { instructions, system, maxSteps, modelSettings, providerOptions, toolChoice, activeTools, clientTools, toolCallConcurrency } = options;
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

function replace(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Uint8Array ? toBase64(value) : value;
}

/** @throws FermataError `CONFLICT` when the state was written by another version of the loop. */
export function readSaved(suspension: Suspension): SavedRun {
  const saved = JSON.parse(suspension.state) as SavedRun; // written by `saveSuspended`
  if (saved.version !== 1) throw new FermataError("CONFLICT", `Run ${suspension.runId} was suspended by another version and cannot be resumed.`);
  for (const message of [...saved.history, ...saved.produced]) reviveFiles(message);
  return saved;
}

function reviveFiles(message: ModelMessage): void {
  if (message.role === "system" || message.role === "tool") return;
  for (const part of message.content) {
    if (part.type === "file" && part.data.type === "url" && typeof part.data.url === "string") part.data = { type: "url", url: new URL(part.data.url) };
  }
}

export function notSuspended(agentName: string, runId: string): FermataError {
  return new FermataError("NOT_FOUND", `Agent "${agentName}" could not find a suspended run for runId "${runId}". It may have finished, may have been answered already, or may never have been suspended.`);
}
