/** Agents that are tools of other agents. */
import { FermataError, messageOf } from "../errors.ts";
import type { RequestContext } from "../context/request-context.ts";
import type { ToolOutcome } from "../tools/execute.ts";
import type { ToolOutputSink } from "../tools/tool-writer.ts";
import type { Answer, DelegateTool, NestedAnswer, NestedWait, Run } from "./loop/run.ts";
import type { AgentChunk, ChunkSink } from "./chunks.ts";
import { runText } from "./loop/finish.ts";

/** What delegation needs of an agent. */
export interface Delegate {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Prepares a run; nothing happens before `start`. */
  open(messages: string, options: DelegateOptions, mode: "generate" | "stream"): Promise<OpenRun>;
  /** Prepares to go on with a run that waits. */
  reopen(runId: string, toolCallId: string | undefined, answer: Answer, options: DelegateOptions, mode: "generate" | "stream"): Promise<OpenRun>;
}

export interface DelegateOptions {
  readonly abortSignal: AbortSignal;
  readonly requestContext: RequestContext;
}

/** A run that is ready to go. */
export interface OpenRun {
  readonly runId: string;
  /** Runs to the end; never rejects. */
  start(sink: ChunkSink): Promise<Run>;
}

const INPUT_SCHEMA = {
  type: "object",
  properties: { prompt: { type: "string", description: "What the agent is asked to do" } },
  required: ["prompt"],
} as const;

/** `agent` as a tool; the key is the name under which the app knows it. */
export function delegateTool(key: string, agent: Delegate): DelegateTool {
  return {
    description: agent.description || `Agent: ${agent.name}`,
    inputSchema: INPUT_SCHEMA,
    toModelOutput: (value) => (isAnswer(value) ? value.text : value),
    run: async (parent, call, output, resumeData) => {
      try {
        const opened = await openFor(agent, parent, call.args, resumeData);
        return outcomeOf(key, await opened.start(forwardTo(output)));
      } catch (error) {
        return { kind: "error", error };
      }
    },
  };
}

function openFor(agent: Delegate, parent: Run, args: unknown, resumeData: unknown): Promise<OpenRun> {
  const options: DelegateOptions = { abortSignal: parent.signal, requestContext: parent.setup.requestContext };
  const { mode } = parent.setup;
  if (isNestedAnswer(resumeData)) return agent.reopen(resumeData.nested.runId, resumeData.nested.toolCallId, resumeData.answer, options, mode);
  if (typeof args !== "object" || args === null || !("prompt" in args) || typeof args.prompt !== "string") {
    throw new FermataError("VALIDATION_FAILED", `A call of agent "${agent.name}" needs a "prompt": the text that the agent is asked.`);
  }
  return agent.open(args.prompt, options, mode);
}

/** The nested run's chunks are the output of the tool. */
function forwardTo(output: ToolOutputSink): ChunkSink {
  return { push: (chunk: AgentChunk) => output.output(chunk) };
}

function outcomeOf(key: string, run: Run): ToolOutcome | NestedWait {
  const [pending] = run.pending;
  if (run.status === "suspended" && pending) return { kind: "waiting", pending, agentKey: key, runId: run.id };
  if (run.status === "finished") {
    const subAgentToolResults = run.steps.flatMap((step) => step.toolResults.map(({ toolName, toolCallId, result, args }) => ({ toolName, toolCallId, result, args })));
    const ids = { subAgentThreadId: run.setup.threadId ?? run.id, subAgentResourceId: run.setup.resourceId ?? run.setup.agentId };
    return { kind: "result", value: { text: runText(run), ...ids, subAgentToolResults } };
  }
  if (run.tripwire) return { kind: "error", error: new FermataError("TRIPWIRE", run.tripwire.reason) };
  return { kind: "error", error: run.error ?? new Error(messageOf(run.status)) };
}

function isAnswer(value: unknown): value is { readonly text: string } {
  return typeof value === "object" && value !== null && "text" in value && typeof value.text === "string";
}

function isNestedAnswer(value: unknown): value is NestedAnswer {
  return typeof value === "object" && value !== null && "nested" in value && "answer" in value;
}
