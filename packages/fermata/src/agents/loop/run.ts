import type { Principal } from "../../context/principal.ts";
import type { RequestContext } from "../../context/request-context.ts";
import { addUsage } from "../../models/normalize.ts";
import type { ModelCandidate, ModelMessage, ModelUsage } from "../../models/types.ts";
import type { SuspensionStore } from "../../storage/suspension-store.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { JsonSchema } from "../../schema/schema.ts";
import type { ToolOutcome } from "../../tools/execute.ts";
import type { ToolOutputSink } from "../../tools/tool-writer.ts";
import type { AnyTool, ProviderTool } from "../../tools/tool.ts";
import type { AgentChunk, ChunkSink, ToolCallPayload } from "../chunks.ts";
import type { ClientTool, AgentOptions, StructuredOutput } from "../options.ts";
import type { Mail, MailMessage } from "../mail/mail.ts";
import type { Mailbox } from "../mail/mailbox.ts";
import type { StoredMessage, StoredPart } from "../messages/stored.ts";
import { abortFor, type Processor } from "../processors.ts";
import { tell } from "./callbacks.ts";
import type {
  AssistantPart,
  ConversationView,
  Heard,
  NestedSuspension,
  PendingCall,
  RunStatus,
  SettledCall,
  StepRecord,
  TripwireInfo,
} from "./state.ts";

/** Everything that is fixed before the first model call. */
export interface RunSetup {
  readonly runId: string;
  readonly agentId: string;
  readonly agentName: string;
  readonly mode: "generate" | "stream";
  readonly mastra: unknown;
  readonly logger: Logger;
  readonly suspensions: SuspensionStore;
  readonly requestContext: RequestContext;
  readonly principal: Principal;
  readonly options: AgentOptions;
  readonly maxSteps: number;
  readonly candidates: readonly ModelCandidate[];
  /** The agent's system messages, with those of the call. */
  readonly system: readonly ModelMessage[];
  readonly tools: ReadonlyMap<string, RunTool>;
  readonly structured: StructuredOutput | undefined;
  readonly inputProcessors: readonly Processor[];
  readonly outputProcessors: readonly Processor[];
  readonly maxProcessorRetries: number;
  /** How many agents have delegated down to this run. */
  readonly depth: number;
  readonly threadId: string | undefined;
  readonly resourceId: string | undefined;
  /** Absent when nothing is remembered. */
  readonly conversation: Conversation | undefined;
  /** What woke the run. */
  readonly mail?: Mail | undefined;
  /** What it is to hear between its steps. Absent where nobody could send anything. */
  readonly mailbox?: Mailbox | undefined;
}

/** A tool as a run sees it: the server's own, another agent, the provider's, or the caller's. */
export type RunTool =
  | { readonly kind: "own"; readonly tool: AnyTool }
  | { readonly kind: "agent"; readonly tool: DelegateTool }
  | { readonly kind: "provider"; readonly tool: ProviderTool }
  | { readonly kind: "client"; readonly tool: ClientTool };

/** Another agent as a tool of this one. */
export interface DelegateTool {
  readonly description: string;
  readonly inputSchema: JsonSchema;
  toModelOutput(value: unknown): unknown;
  /** Never rejects. `resumeData` is a `NestedAnswer` when the call goes on after a wait. */
  run(parent: Run, call: ToolCallPayload, output: ToolOutputSink, resumeData: unknown): Promise<ToolOutcome | NestedWait>;
}

/** Another agent's run waits behind a call of this one. */
export interface NestedWait {
  readonly kind: "waiting";
  readonly pending: PendingCall;
  readonly agentKey: string;
  readonly runId: string;
}

/** What somebody has said to a waiting call. */
export type Answer =
  | { readonly kind: "approve" }
  | { readonly kind: "decline"; readonly reason?: string }
  | { readonly kind: "resume"; readonly data: unknown };

/** An answer for a run that waits behind a call. */
export interface NestedAnswer {
  readonly nested: NestedSuspension;
  readonly answer: Answer;
}

/** How an answer ended, or `running` while it grows. */
export type AnswerStatus = "running" | "completed" | "aborted" | "failed" | "suspended";

/** What a run is part of when it is remembered. The loop says what happens; a run without one pays nothing. */
export interface Conversation {
  /** What the model is told beside the agent's instructions. Known once the conversation has begun. */
  readonly system: readonly ModelMessage[];
  /** Tools that the memory brings, by name. */
  readonly tools: Readonly<Record<string, AnyTool>>;
  /** What was said before. */
  readonly remembered: readonly StoredMessage[];
  /** What the run was given and the conversation did not have. */
  readonly told: readonly StoredMessage[];
  /** Waits for the run's turn and reads what is remembered into the run. */
  begin(run: Run): Promise<void>;
  /** Input processors have changed what the model is to be told. */
  replace(run: Run, messages: readonly StoredMessage[]): void;
  /** Stores what the run was given. Called before the first model call. */
  keep(run: Run): Promise<void>;
  /** The conversation as it fits into a model call. */
  fit(messages: readonly ModelMessage[]): readonly ModelMessage[];
  /** Whether the call that failed so is worth another try with less of the conversation. */
  mayShrink(error: unknown): boolean;
  /** Something was said to the run while it was under way. */
  hear(run: Run, messages: readonly MailMessage[]): void;
  /** A step has ended and another one follows. */
  step(run: Run): void;
  /** Stores the answer as it is. */
  end(run: Run, status: Exclude<AnswerStatus, "running">): Promise<void>;
  /** Lets the next turn begin. Called once, whatever happened. */
  close(): void;
}

/** For a run of which only the result is wanted. */
export const NO_SINK: ChunkSink = { push: () => undefined };

const NO_MESSAGES: readonly ModelMessage[] = [];
export const NO_PARTS: readonly AssistantPart[] = [];

/** One execution of an agent: what it was given, what it has done so far, and how it ended. Lives as long as the execution. */
export class Run {
  readonly setup: RunSetup;
  readonly id: string;
  readonly messageId: string;
  readonly signal: AbortSignal;
  /** What was said before the run, where that is remembered. */
  remembered: readonly ModelMessage[] = NO_MESSAGES;
  /** The conversation that the run was given, without system messages. */
  history: ModelMessage[];
  /** What the model has said in the step that is not closed yet. */
  open: readonly AssistantPart[] = NO_PARTS;
  /** What the run has added to it. */
  readonly produced: ModelMessage[] = [];
  readonly steps: StepRecord[] = [];
  readonly settled: SettledCall[] = [];
  pending: PendingCall[] = [];
  /** Calls that waited and have been answered. */
  readonly answered: PendingCall[] = [];
  /** The number of the step in which a resumed run goes on. */
  resumedStep: number | undefined;
  usage: ModelUsage = {};
  status: RunStatus = "running";
  error: unknown;
  tripwire: TripwireInfo | undefined;
  object: unknown;
  hasObject = false;
  usedFallbackValue = false;
  processorRetries = 0;
  /** The conversation as input processors have changed it, and how much of `produced` is in it. */
  view: ConversationView | undefined;
  /** What was said to the run while it was under way, in its order. */
  heard: readonly Heard[] | undefined;
  /** Why the last answer was sent back; told to the model until it gives one that is not. */
  feedback: readonly ModelMessage[] = [];
  /** The answer as output processors have changed it. */
  answerParts: readonly StoredPart[] | undefined;
  /** The tools that the model was told of in the current step. Default: all. */
  activeTools: readonly string[] | undefined;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly #sink: ChunkSink;
  readonly #intercepted: boolean;
  /** Whether processors look at every chunk. */
  readonly filters: boolean;
  readonly #processorState: Record<string, unknown> = {};

  constructor(
    setup: RunSetup,
    history: ModelMessage[],
    sink: ChunkSink,
    signal: AbortSignal,
    ids: { messageId: string; createdAt: number },
  ) {
    this.setup = setup;
    this.id = setup.runId;
    this.history = history;
    this.signal = signal;
    this.messageId = ids.messageId;
    this.createdAt = ids.createdAt;
    this.#sink = sink;
    this.filters = setup.outputProcessors.some((processor) => processor.processOutputStream);
    this.#intercepted = this.filters || setup.options.onChunk !== undefined;
  }

  /** Whether anybody sees the chunks. Where nobody does, the long ones need not be made. */
  get isObserved(): boolean {
    return this.#intercepted || this.#sink !== NO_SINK;
  }

  /** Shows a chunk to whoever reads the run. A promise means: wait for it before making the next one. */
  emit(chunk: AgentChunk): void | Promise<void> {
    return this.#intercepted ? this.#emitIntercepted(chunk) : this.#sink.push(chunk);
  }

  addUsage(usage: ModelUsage): void {
    this.usage = addUsage(this.usage, usage);
  }

  async #emitIntercepted(chunk: AgentChunk): Promise<void> {
    const filtered = this.filters ? await this.filter(chunk) : chunk;
    if (filtered) await this.show(filtered);
  }

  /** What the processors make of a chunk; nothing when one of them drops it. Rejects when one ends the run. */
  async filter(chunk: AgentChunk): Promise<AgentChunk | undefined> {
    let current: AgentChunk = chunk;
    for (const processor of this.setup.outputProcessors) {
      if (!processor.processOutputStream) continue;
      const { requestContext } = this.setup;
      const next = await processor.processOutputStream({
        part: current,
        state: this.#processorState,
        abort: abortFor(processor),
        requestContext,
      });
      if (!next) return undefined;
      current = next;
    }
    return current;
  }

  /** Shows a chunk past the processors. */
  async show(chunk: AgentChunk): Promise<void> {
    const { options, logger } = this.setup;
    await tell(logger, "onChunk", options.onChunk, chunk);
    await this.#sink.push(chunk);
  }
}
