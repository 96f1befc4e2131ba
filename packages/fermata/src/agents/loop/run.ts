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
import { abortFor, type Processor } from "../processors.ts";
import type { NestedSuspension, PendingCall, RunStatus, SettledCall, StepRecord, TripwireInfo } from "./state.ts";

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
  readonly options: AgentOptions;
  readonly maxSteps: number;
  readonly candidates: readonly ModelCandidate[];
  /** The agent's system messages, with those of the call. */
  readonly system: readonly ModelMessage[];
  readonly tools: ReadonlyMap<string, RunTool>;
  readonly structured: StructuredOutput | undefined;
  readonly inputProcessors: readonly Processor[];
  readonly outputProcessors: readonly Processor[];
  readonly threadId: string | undefined;
  readonly resourceId: string | undefined;
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
export type Answer = { readonly kind: "approve" } | { readonly kind: "decline"; readonly reason?: string } | { readonly kind: "resume"; readonly data: unknown };

/** An answer for a run that waits behind a call. */
export interface NestedAnswer {
  readonly nested: NestedSuspension;
  readonly answer: Answer;
}

/** For a run of which only the result is wanted. */
export const NO_SINK: ChunkSink = { push: () => undefined };

/** One execution of an agent: what it was given, what it has done so far, and how it ended. Lives as long as the execution. */
export class Run {
  readonly setup: RunSetup;
  readonly id: string;
  readonly messageId: string;
  readonly signal: AbortSignal;
  /** The conversation that the run was given, without system messages. */
  history: ModelMessage[];
  /** What the run has added to it. */
  readonly produced: ModelMessage[] = [];
  readonly steps: StepRecord[] = [];
  readonly settled: SettledCall[] = [];
  pending: PendingCall[] = [];
  usage: ModelUsage = {};
  status: RunStatus = "running";
  error: unknown;
  tripwire: TripwireInfo | undefined;
  object: unknown;
  hasObject = false;
  usedFallbackValue = false;
  processorRetries = 0;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly #sink: ChunkSink;
  readonly #intercepted: boolean;
  readonly #processorState: Record<string, unknown> = {};

  constructor(setup: RunSetup, history: ModelMessage[], sink: ChunkSink, signal: AbortSignal, ids: { messageId: string; createdAt: number }) {
    this.setup = setup;
    this.id = setup.runId;
    this.history = history;
    this.signal = signal;
    this.messageId = ids.messageId;
    this.createdAt = ids.createdAt;
    this.#sink = sink;
    this.#intercepted = setup.options.onChunk !== undefined || setup.outputProcessors.some((processor) => processor.processOutputStream);
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
    let current: AgentChunk = chunk;
    for (const processor of this.setup.outputProcessors) {
      if (!processor.processOutputStream) continue;
      const { requestContext } = this.setup;
      const next = await processor.processOutputStream({ part: current, state: this.#processorState, abort: abortFor(processor), requestContext });
      if (!next) return;
      current = next;
    }
    await this.setup.options.onChunk?.(current);
    await this.#sink.push(current);
  }
}
