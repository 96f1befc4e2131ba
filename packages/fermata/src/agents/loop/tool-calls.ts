/** The tool calls of one step: who runs them, who has to approve them, and what the model is told. */
import { messageOf } from "../../errors.ts";
import { toJsonSchema, validate } from "../../schema/schema.ts";
import { executeTool, type ToolOutcome } from "../../tools/execute.ts";
import type { AnyTool } from "../../tools/tool.ts";
import type { ToolOutputSink } from "../../tools/tool-writer.ts";
import type { ChunkError, ToolCallPayload } from "../chunks.ts";
import { toResultOutput, toToolOutput } from "../messages/assistant-parts.ts";
import { Tripwire } from "../processors.ts";
import { toToolError, toolNotFound } from "./errors.ts";
import { UnreadableArguments } from "./read-parts.ts";
import type { Answer, NestedAnswer, NestedWait, Run, RunTool } from "./run.ts";
import type { PendingCall, SettledCall, StepRecord, ToolOutput } from "./state.ts";
import { forEachLimited, untilAborted } from "./until-aborted.ts";

export const DENIED = "Tool call was not approved by the user";

/** JSON text of what an approval is answered with. */
const APPROVAL_SCHEMA = JSON.stringify({
  $schema: "http://json-schema.org/draft-07/schema#",
  type: "object",
  properties: {
    approved: { type: "boolean", description: "Whether the tool call may run" },
    reason: { type: "string", description: "Why not; the model is told" },
  },
  required: ["approved"],
  additionalProperties: false,
});

const DEFAULT_CONCURRENCY = 10;

/** A tool that runs here. */
type LocalTool = Extract<RunTool, { kind: "own" | "agent" }>;

/** Runs what may run. Afterwards every call of the step is in `run.settled`, in `run.pending`, or is for the caller to run. */
export async function settleCalls(run: Run, step: StepRecord): Promise<void> {
  const calls = step.toolCalls.filter((call) => !call.providerExecuted);
  if (calls.length === 0) return;
  const ready: { readonly call: ToolCallPayload; readonly tool: LocalTool }[] = [];
  const asked: ToolCallPayload[] = [];
  for (const call of calls) {
    const tool = toolFor(run, call);
    if (!tool) await settleFailed(run, step, call, toolNotFound(call.toolName), `There is no tool called "${call.toolName}".`);
    else if (tool.kind === "client" || tool.kind === "provider") continue;
    else if (call.args instanceof UnreadableArguments) await settleUnreadable(run, step, call, call.args);
    else if (mayNeedApproval(run, tool) && (await needsApproval(run, tool, call))) asked.push(call);
    else ready.push({ call, tool });
  }
  const mayWait = asked.length > 0 || run.setup.options.requireToolApproval !== undefined;
  const limit = run.setup.options.toolCallConcurrency ?? (mayWait ? 1 : DEFAULT_CONCURRENCY);
  if (ready.length > 0)
    await untilAborted(
      run.signal,
      forEachLimited(ready, limit, ({ call, tool }) => runCall(run, step, call, tool, undefined)),
    );
  const waiting = [...run.pending, ...asked.map((call): PendingCall => ({ call, kind: "approval", resumeSchema: APPROVAL_SCHEMA }))];
  run.pending = waiting.length < 2 ? waiting : waiting.toSorted((a, b) => step.toolCalls.indexOf(a.call) - step.toolCalls.indexOf(b.call));
}

/** The tool of a call, when it is one that the model was told of. */
function toolFor(run: Run, { toolName }: ToolCallPayload): RunTool | undefined {
  return run.activeTools?.includes(toolName) === false ? undefined : run.setup.tools.get(toolName);
}

/** Goes on with a call that waited. */
export async function answerCall(run: Run, step: StepRecord, pending: PendingCall, answer: Answer): Promise<void> {
  run.pending = run.pending.filter((other) => other !== pending);
  run.answered.push(pending);
  const { call } = pending;
  const tool = run.setup.tools.get(call.toolName);
  if (!tool || tool.kind === "client" || tool.kind === "provider") {
    return settleFailed(run, step, call, toolNotFound(call.toolName), `There is no tool called "${call.toolName}" any more.`);
  }
  if (pending.nested) {
    const data: NestedAnswer = { nested: pending.nested, answer };
    return untilAborted(run.signal, runCall(run, step, call, tool, data));
  }
  if (pending.kind === "approval") {
    const verdict = toVerdict(answer);
    if (!verdict.approved) return settleDenied(run, step, call, verdict.reason);
    return untilAborted(run.signal, runCall(run, step, call, tool, undefined, { id: call.toolCallId, approved: true }));
  }
  const data = answer.kind === "resume" ? answer.data : { approved: answer.kind === "approve" };
  return untilAborted(run.signal, runCall(run, step, call, tool, data));
}

/** An approval can be answered by its own verbs, or by resuming with `{ approved, reason? }`. */
function toVerdict(answer: Answer): { approved: boolean; reason?: string } {
  if (answer.kind === "approve") return { approved: true };
  if (answer.kind === "decline") return { approved: false, ...(answer.reason !== undefined && { reason: answer.reason }) };
  const data = answer.data;
  const approved = typeof data === "object" && data !== null && "approved" in data && data.approved === true;
  const reason = typeof data === "object" && data !== null && "reason" in data && typeof data.reason === "string" ? data.reason : undefined;
  return { approved, ...(reason !== undefined && { reason }) };
}

/** Whether anything speaks for asking; for most calls nothing does. */
function mayNeedApproval(run: Run, tool: RunTool): boolean {
  const required = run.setup.options.requireToolApproval;
  return (
    (required !== undefined && required !== false) ||
    (tool.kind === "own" && tool.tool.requireApproval !== undefined && tool.tool.requireApproval !== false)
  );
}

/** A check that throws has not let the call through: somebody is asked. */
async function needsApproval(run: Run, tool: RunTool, call: ToolCallPayload): Promise<boolean> {
  try {
    return await isGated(run, tool, call);
  } catch (error) {
    run.setup.logger.error("The check whether a call needs approval failed", { runId: run.id, tool: call.toolName, error });
    return true;
  }
}

async function isGated(run: Run, tool: RunTool, call: ToolCallPayload): Promise<boolean> {
  const required = run.setup.options.requireToolApproval;
  const byRun = typeof required === "function" ? await required({ toolName: call.toolName, args: call.args }) : required === true;
  if (tool.kind !== "own") return byRun;
  const own = tool.tool.requireApproval;
  if (!byRun && !own) return false;
  // Nobody is asked about a call that cannot run: the model is told what is wrong with it instead.
  const checked = tool.tool.inputSchema ? await validate(tool.tool.inputSchema, call.args) : { ok: true as const, value: call.args };
  if (!checked.ok) return false;
  if (byRun || own === true) return true;
  // `own` takes the tool's own input, which has just been checked.
  return typeof own === "function" ? own(checked.value as never, { requestContext: run.setup.requestContext }) : false;
}

function wait(run: Run, pending: PendingCall): void {
  run.pending = [...run.pending, pending];
}

async function runCall(
  run: Run,
  step: StepRecord,
  call: ToolCallPayload,
  tool: LocalTool,
  resumeData: unknown,
  approval?: SettledCall["approval"],
): Promise<void> {
  const output = outputOf(run, call);
  const outcome =
    tool.kind === "agent" ? await tool.tool.run(run, call, output, resumeData) : await runOwn(run, call, tool.tool, output, resumeData);
  if (run.signal.aborted || run.status !== "running") return; // the run is over; nobody may hear of it any more
  switch (outcome.kind) {
    case "result":
      return settleValue(run, step, call, tool, outcome.value, approval);
    case "invalid":
      return settleResult(run, step, call, outcome.value, undefined, approval);
    case "error":
      // What a processor threw at something that the tool wrote is about the run, not about the tool.
      if (outcome.error instanceof Tripwire) throw outcome.error;
      return settleThrown(run, step, call, outcome.error);
    case "suspended":
      return wait(run, { call, kind: "suspended", suspendPayload: outcome.payload, resumeSchema: resumeSchemaOf(tool) });
    case "waiting":
      return wait(run, nestedWait(call, outcome));
  }
}

async function settleValue(
  run: Run,
  step: StepRecord,
  call: ToolCallPayload,
  tool: LocalTool,
  value: unknown,
  approval: SettledCall["approval"],
): Promise<void> {
  let modelOutput: ToolOutput | undefined;
  try {
    modelOutput = tool.kind === "own" && !tool.tool.toModelOutput ? undefined : await toModelOutput(tool, value);
  } catch (error) {
    return settleThrown(run, step, call, error);
  }
  return settleResult(run, step, call, value, modelOutput, approval);
}

function settleThrown(run: Run, step: StepRecord, call: ToolCallPayload, error: unknown): Promise<void> {
  run.setup.logger.warn("Tool failed", { runId: run.id, tool: call.toolName, error });
  return settleFailed(run, step, call, toToolError(call.toolName, error), messageOf(error));
}

function runOwn(run: Run, call: ToolCallPayload, tool: AnyTool, output: ToolOutputSink, resumeData: unknown): Promise<ToolOutcome> {
  const { setup } = run;
  return executeTool({
    tool,
    name: call.toolName,
    input: call.args,
    requestContext: setup.requestContext,
    abortSignal: run.signal,
    mastra: setup.mastra,
    output,
    agent: {
      agentId: setup.agentId,
      runId: run.id,
      toolCallId: call.toolCallId,
      threadId: setup.threadId,
      resourceId: setup.resourceId,
      resumeData,
    },
  });
}

function outputOf(run: Run, call: ToolCallPayload): ToolOutputSink {
  const { toolCallId, toolName } = call;
  return {
    output: (value) =>
      run.status === "running"
        ? run.emit({ type: "tool-output", runId: run.id, from: "USER", payload: { output: value, toolCallId, toolName } })
        : undefined,
    data: (chunk) => (run.status === "running" ? run.emit(chunk) : undefined),
  };
}

async function toModelOutput(tool: LocalTool, value: unknown): Promise<ToolOutput | undefined> {
  // The value is what the tool itself gave.
  const made: unknown = tool.kind === "agent" ? tool.tool.toModelOutput(value) : await tool.tool.toModelOutput?.(value as never);
  return made === undefined ? undefined : toToolOutput(made);
}

async function settleResult(
  run: Run,
  step: StepRecord,
  call: ToolCallPayload,
  result: unknown,
  modelOutput: ToolOutput | undefined,
  approval: SettledCall["approval"],
): Promise<void> {
  const { toolCallId, toolName, args } = call;
  const payload = { args, toolCallId, toolName, result, ...(modelOutput && { providerMetadata: { mastra: { modelOutput } } }) };
  step.toolResults.push(payload);
  run.settled.push({
    call,
    stepNumber: step.stepNumber,
    output: toResultOutput(result),
    state: "result",
    result,
    ...(modelOutput && { modelOutput }),
    ...(approval && { approval }),
  });
  await run.emit({ type: "tool-result", runId: run.id, from: "AGENT", payload });
}

async function settleUnreadable(run: Run, step: StepRecord, call: ToolCallPayload, args: UnreadableArguments): Promise<void> {
  const message = `The arguments for ${call.toolName} are not valid JSON: ${args.reason}. Please try again.`;
  await settleResult(run, step, call, { error: true, message, validationErrors: { errors: [message], fields: {} } }, undefined, undefined);
}

async function settleFailed(
  run: Run,
  { stepNumber }: StepRecord,
  call: ToolCallPayload,
  error: ChunkError,
  toModel: string,
): Promise<void> {
  const { toolCallId, toolName, args } = call;
  run.settled.push({ call, stepNumber, output: { type: "error-text", value: toModel }, state: "output-error", errorText: toModel });
  await run.emit({ type: "tool-error", runId: run.id, from: "AGENT", payload: { error, args, toolCallId, toolName } });
}

async function settleDenied(run: Run, { stepNumber }: StepRecord, call: ToolCallPayload, reason: string | undefined): Promise<void> {
  const { toolCallId, toolName, args } = call;
  const approval = { id: toolCallId, approved: false as const, ...(reason !== undefined && { reason }) };
  run.settled.push({ call, stepNumber, output: { type: "text", value: reason ?? DENIED }, state: "output-denied", approval });
  await run.emit({ type: "tool-output-denied", runId: run.id, from: "AGENT", payload: { toolCallId, toolName, args, approval } });
}

/** JSON text of what the tool is answered with; anything, where its schema cannot be written as JSON. */
function resumeSchemaOf(tool: LocalTool): string {
  const schema = tool.kind === "own" ? tool.tool.resumeSchema : undefined;
  try {
    return JSON.stringify(schema ? toJsonSchema(schema, "draft-07") : {});
  } catch {
    return "{}";
  }
}

function nestedWait(call: ToolCallPayload, { pending, agentKey, runId }: NestedWait): PendingCall {
  const { toolName, args, toolCallId } = pending.call;
  return { ...pending, call, nested: { agentKey, runId, toolCallId, toolName, args } };
}
