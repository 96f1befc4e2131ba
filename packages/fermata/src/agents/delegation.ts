/** Agents that are tools of other agents. */
import { FermataError, messageOf } from "../errors.ts";
import type { Principal } from "../context/principal.ts";
import type { RequestContext } from "../context/request-context.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { ToolOutcome } from "../tools/execute.ts";
import type { ToolOutputSink } from "../tools/tool-writer.ts";
import type { Answer, DelegateTool, NestedAnswer, NestedWait, Run } from "./loop/run.ts";
import type { AgentChunk, ChunkSink } from "./chunks.ts";
import type { Attending } from "./attending.ts";
import type { Orphan } from "./keeping/orphan.ts";
import { runText } from "./loop/finish.ts";
import type { Mail } from "./mail/mail.ts";
import type { Mailbox } from "./mail/mailbox.ts";

/** What delegation needs of an agent. */
export interface Delegate {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Prepares a run; nothing happens before `start`. */
  open(messages: string, options: DelegateOptions, mode: "generate" | "stream"): Promise<OpenRun>;
  /** Prepares to go on with a run that waits. */
  reopen(
    runId: string,
    toolCallId: string | undefined,
    answer: Answer,
    options: DelegateOptions,
    mode: "generate" | "stream",
  ): Promise<OpenRun>;
}

/** Who hears of a run. Default: the logger of the instance. A server gives one that names the request. */
export interface RunLogging {
  readonly logger?: Logger;
  /** Whom the run acts for. Default: the local user. */
  readonly principal?: Principal;
  /** The id of the answer's message. Default: a new one. */
  readonly messageId?: string;
  /** Who waits for the run. */
  readonly attending?: Attending;
  /** What its record in the log holds, as data. */
  readonly facts?: unknown;
  /** Whether it can begin again when its process is gone: what it does must be in the log before it happens. */
  readonly isRepeatable?: boolean;
  /** The run whose place in the log it takes. */
  readonly orphan?: Orphan;
  /** The call that asked for it, where a repeat of the call has to find the run: then it begins in the log first, and never a second time. */
  readonly call?: string;
  /** Nothing makes room for its id: where there is a run with it, this one does not begin. */
  readonly isUnique?: boolean;
  /** Called when the run is in the log, before anything else happens. With `call`. */
  readonly onBegun?: () => void;
  /** What woke the run. */
  readonly mail?: Mail;
  /** What it is to hear between its steps. */
  readonly mailbox?: Mailbox;
  /** Keep the turn at least in the process, where those who follow its thread find it. */
  readonly isFollowed?: boolean;
}

export interface DelegateOptions extends RunLogging {
  readonly abortSignal: AbortSignal;
  readonly requestContext: RequestContext;
  /** How many agents have delegated down to this one. */
  readonly depth: number;
}

/** Agents may stand in each other's lists, or in their own: somewhere it has to end. */
const MAX_DEPTH = 5;

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
        if (parent.setup.depth >= MAX_DEPTH)
          throw new FermataError(
            "UNPROCESSABLE",
            `Agents have delegated ${MAX_DEPTH} levels deep, which is the limit. Answer without agent "${agent.name}".`,
          );
        const opened = await openFor(agent, parent, call.args, resumeData);
        const sink = new Forward(output);
        const run = await opened.start(sink);
        return sink.broken ? { kind: "error", error: sink.broken.error } : outcomeOf(key, run);
      } catch (error) {
        return { kind: "error", error };
      }
    },
  };
}

function openFor(agent: Delegate, parent: Run, args: unknown, resumeData: unknown): Promise<OpenRun> {
  const options: DelegateOptions = {
    abortSignal: parent.signal,
    requestContext: parent.setup.requestContext,
    depth: parent.setup.depth + 1,
    logger: parent.setup.logger,
    principal: parent.setup.principal,
  };
  const { mode } = parent.setup;
  if (isNestedAnswer(resumeData))
    return agent.reopen(resumeData.nested.runId, resumeData.nested.toolCallId, resumeData.answer, options, mode);
  if (typeof args !== "object" || args === null || !("prompt" in args) || typeof args.prompt !== "string") {
    throw new FermataError("VALIDATION_FAILED", `A call of agent "${agent.name}" needs a "prompt": the text that the agent is asked.`);
  }
  return agent.open(args.prompt, options, mode);
}

/** The nested run's chunks are the output of the tool. */
class Forward implements ChunkSink {
  /** What the outer run threw at a chunk: a processor of its that ends it, for example. */
  broken: { readonly error: unknown } | undefined;
  readonly #output: ToolOutputSink;

  constructor(output: ToolOutputSink) {
    this.#output = output;
  }

  push(chunk: AgentChunk): void | Promise<void> {
    if (this.broken) return undefined;
    return this.#output.output(chunk)?.catch((error: unknown) => {
      this.broken = { error };
      throw error;
    });
  }
}

function outcomeOf(key: string, run: Run): ToolOutcome | NestedWait {
  const [pending] = run.pending;
  if (run.status === "suspended" && pending) return { kind: "waiting", pending, agentKey: key, runId: run.id };
  if (run.status === "finished") {
    const subAgentToolResults = run.steps.flatMap((step) =>
      step.toolResults.map(({ toolName, toolCallId, result, args }) => ({ toolName, toolCallId, result, args })),
    );
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
