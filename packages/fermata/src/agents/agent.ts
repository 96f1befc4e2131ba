import { RequestContext } from "../context/request-context.ts";
import { FermataError, messageOf } from "../errors.ts";
import { resolveModels, resolveNow } from "../models/resolve.ts";
import type { FallbackEntry, ModelCandidate, ModelConfig, ModelMessage } from "../models/types.ts";
import { toLines } from "../schema/messages.ts";
import { assertSchema, validate, type Schema } from "../schema/schema.ts";
import { LOCAL_PRINCIPAL, type Principal } from "../context/principal.ts";
import type { Memory } from "../memory/memory.ts";
import type { Suspension, SuspensionStore } from "../storage/suspension-store.ts";
import { asTool } from "../tools/ai-sdk-tool.ts";
import type { AnyTool, ProviderTool, Tools } from "../tools/tool.ts";
import { AgentStream } from "./agent-stream.ts";
import { openConversation } from "./conversation.ts";
import type { Delegate, DelegateOptions, OpenRun, RunLogging } from "./delegation.ts";
import { ownHost, type AgentHost, type AgentWorkflow } from "./host.ts";
import { turnOf } from "./keeping/turn-of.ts";
import { restoreRun } from "./loop/restore.ts";
import { Run, type Answer, type RunTool } from "./loop/run.ts";
import { notSuspended, readSaved } from "./loop/suspend.ts";
import { instructionsText, systemMessages } from "./loop/system.ts";
import { toModelMessages, withoutOpenCalls } from "./messages/to-model.ts";
import type { AgentOptions, Dynamic, Instructions, MessageInput, OnDisconnect } from "./options.ts";
import type { Processor } from "./processors.ts";
import type { GenerateResult } from "./generate-result.ts";
import type { Durability } from "../runs/run-log.ts";
import { about, asked, declined, given, merge, owner, refuseWaiting, stoppable } from "./run-parts.ts";
import { collect, startable, type AgentSetup } from "./start.ts";
import { ownTools, withCallTools, withMemoryTools } from "./toolset.ts";
import { checkAnswer, waitingCall } from "./waiting-call.ts";

/** Repeats per model, when somebody said how many. */
type Retries = { readonly maxRetries?: number };

const DEFAULT_MAX_STEPS = 5;
const NO_PROCESSORS: readonly Processor[] = [];
const NO_TOOLS: Readonly<Record<string, AnyTool>> = {};

export interface AgentConfig<Id extends string = string, T extends Tools = Tools> {
  /** How the app and the API name the agent. Default: `name`. */
  readonly id?: Id;
  readonly name: string;
  /** What the agent is for: shown to people and to agents that may delegate to it. */
  readonly description?: string;
  readonly instructions: Dynamic<Instructions>;
  /** `'provider/model'`, `'auto'`, a model object, an endpoint, or a list of fallbacks. */
  readonly model: Dynamic<ModelConfig | readonly FallbackEntry[]>;
  /** Repeats per model for failures that may pass. Default 2. */
  readonly maxRetries?: number;
  readonly tools?: Dynamic<T>;
  /** Agents that this one may delegate to, as tools `agent-<key>`. */
  readonly agents?: Dynamic<Readonly<Record<string, Agent>>>;
  /** Remembers the conversations of runs that name a thread. */
  readonly memory?: Dynamic<Memory>;
  /** Workflows that it may run, as tools `workflow-<key>`. */
  readonly workflows?: Dynamic<Readonly<Record<string, AgentWorkflow>>>;
  readonly inputProcessors?: Dynamic<readonly Processor[]>;
  readonly outputProcessors?: Dynamic<readonly Processor[]>;
  /** How often output processors may have the model asked again in one run. Default 1. */
  readonly maxProcessorRetries?: number;
  readonly defaultOptions?: Dynamic<AgentOptions>;
  readonly requestContextSchema?: Schema;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** What its turns leave in the app's `storage`. Default `batched`; without a storage, nothing. */
  readonly durability?: Durability;
  /** What becomes of a turn whose reader is gone. Default: stop it, after 30 seconds where it is kept. */
  readonly onDisconnect?: OnDisconnect;
}

/** Names a run that waits, and the call in it. */
export interface ResumeTarget {
  readonly runId: string;
  /** Needed when several calls wait. */
  readonly toolCallId?: string;
}

export type ResumeOptions<T = unknown> = AgentOptions<T> & ResumeTarget;

/**
 * A model with instructions and tools.
 * @example
 * const agent = new Agent({ id: "weather", name: "Weather", instructions: "Be brief.", model: "auto", tools: { weather } });
 * const { text } = await agent.generate("What is the weather in Paris?");
 */
export class Agent<Id extends string = string, T extends Tools = Tools> implements Delegate {
  readonly id: Id;
  readonly name: string;
  readonly description: string;
  /** For the compiler alone: what clients read the types of tools from. */
  readonly "~tools"?: T;
  readonly #config: AgentConfig<Id, T>;
  /** The instance that the agent is registered with, or that of the agent that delegates to it. */
  #mastra: AgentHost | undefined;
  readonly #retries: Retries;
  #host: AgentHost | undefined;
  #staticTools: ReadonlyMap<string, RunTool> | undefined;

  /** @throws FermataError `MISCONFIGURED` when the agent has neither id nor name, or no model. */
  constructor(config: AgentConfig<Id, T>) {
    if (!config.id && !config.name) throw new FermataError("MISCONFIGURED", "An agent needs an id or a name.");
    if (!config.model)
      throw new FermataError("MISCONFIGURED", `Agent "${config.id ?? config.name}" needs a model. "auto" takes whatever is there.`);
    // Without an id the name is the id; its type is then the wider `string`.
    this.id = config.id ?? (config.name as Id);
    this.name = config.name ?? config.id;
    this.description = config.description ?? "";
    this.#config = config;
    this.#retries = config.maxRetries === undefined ? {} : { maxRetries: config.maxRetries };
  }

  /** Called by the instance that the agent is registered with. */
  attach(host: AgentHost): void {
    this.#mastra = host;
    this.#host = host;
    const { memory } = this.#config;
    if (memory !== undefined && typeof memory !== "function") memory.attach(host.storage);
  }

  /** Called by an agent that delegates to this one: what has no instance of its own lives in that of its caller. */
  adopt(host: AgentHost, mastra: AgentHost | undefined): void {
    this.#host ??= host;
    this.#mastra ??= mastra;
  }

  get metadata(): Readonly<Record<string, unknown>> | undefined {
    return this.#config.metadata;
  }

  get requestContextSchema(): Schema | undefined {
    return this.#config.requestContextSchema;
  }

  get durability(): Durability {
    return this.#config.durability ?? "batched";
  }

  get onDisconnect(): OnDisconnect | undefined {
    return this.#config.onDisconnect;
  }

  getDescription(): string {
    return this.description;
  }

  /** The instructions as one text. */
  async getInstructions(args: { readonly requestContext?: RequestContext } = {}): Promise<string> {
    return instructionsText(await this.#resolve(this.#config.instructions, args.requestContext));
  }

  /** The models that would be asked, in order. */
  async getModels(args: { readonly requestContext?: RequestContext } = {}): Promise<readonly ModelCandidate[]> {
    return this.#models(await this.#resolve(this.#config.model, args.requestContext), this.#retries);
  }

  /** Finds out what a model's name means before the first request asks; what is wrong with it is logged. */
  async warmUp(): Promise<void> {
    const { model } = this.#config;
    if (typeof model !== "string") return;
    try {
      await this.#models(model, this.#retries);
    } catch (error) {
      this.#ownHost().logger.warn(`The model of agent "${this.id}" cannot be used yet`, { model, reason: messageOf(error) });
    }
  }

  async listTools(args: { readonly requestContext?: RequestContext } = {}): Promise<Readonly<Record<string, AnyTool | ProviderTool>>> {
    const tools: Tools = (await this.#resolve(this.#config.tools, args.requestContext)) ?? {};
    return Object.fromEntries(Object.entries(tools).map(([name, tool]) => [name, asTool(name, tool)]));
  }

  async listAgents(args: { readonly requestContext?: RequestContext } = {}): Promise<Readonly<Record<string, Agent>>> {
    return (await this.#resolve(this.#config.agents, args.requestContext)) ?? {};
  }

  /** `undefined` when the agent remembers nothing. */
  async getMemory(args: { readonly requestContext?: RequestContext } = {}): Promise<Memory | undefined> {
    const memory = await this.#resolve(this.#config.memory, args.requestContext);
    memory?.attach(this.#ownHost().storage);
    return memory;
  }

  async listWorkflows(args: { readonly requestContext?: RequestContext } = {}): Promise<Readonly<Record<string, AgentWorkflow>>> {
    return (await this.#resolve(this.#config.workflows, args.requestContext)) ?? {};
  }

  async listProcessors(
    args: { readonly requestContext?: RequestContext } = {},
  ): Promise<{ input: readonly Processor[]; output: readonly Processor[] }> {
    return {
      input: (await this.#resolve(this.#config.inputProcessors, args.requestContext)) ?? [],
      output: (await this.#resolve(this.#config.outputProcessors, args.requestContext)) ?? [],
    };
  }

  /** Runs to the end and resolves to everything at once. Rejects when the run fails or is aborted. */
  async generate<O = unknown>(messages: MessageInput, options: AgentOptions<O> = {}): Promise<GenerateResult<O>> {
    return collect<O>(await this.open(messages, options, "generate"));
  }

  /** Prepares a run whose chunks can be read while it happens. Rejects when the run cannot begin at all. */
  async stream<O = unknown>(messages: MessageInput, options: AgentOptions<O> = {}): Promise<AgentStream<O>> {
    const controller = new AbortController();
    const open = await this.open(messages, { ...options, abortSignal: joined(controller, options.abortSignal) }, "stream");
    return new AgentStream<O>(open, () => controller.abort());
  }

  /** Answers a tool that suspended, and goes on. */
  resumeStream<O = unknown>(resumeData: unknown, options: ResumeOptions<O>): Promise<AgentStream<O>> {
    return this.#resumeStream({ kind: "resume", data: resumeData }, options);
  }

  resumeGenerate<O = unknown>(resumeData: unknown, options: ResumeOptions<O>): Promise<GenerateResult<O>> {
    return this.#resumeGenerate({ kind: "resume", data: resumeData }, options);
  }

  /** Lets a waiting tool call run, and goes on. */
  approveToolCall<O = unknown>(options: ResumeOptions<O>): Promise<AgentStream<O>> {
    return this.#resumeStream({ kind: "approve" }, options);
  }

  approveToolCallGenerate<O = unknown>(options: ResumeOptions<O>): Promise<GenerateResult<O>> {
    return this.#resumeGenerate({ kind: "approve" }, options);
  }

  /** Refuses a waiting tool call; the model is told, with the reason. */
  declineToolCall<O = unknown>(options: ResumeOptions<O> & { readonly reason?: string }): Promise<AgentStream<O>> {
    return this.#resumeStream(declined(options.reason), options);
  }

  declineToolCallGenerate<O = unknown>(options: ResumeOptions<O> & { readonly reason?: string }): Promise<GenerateResult<O>> {
    return this.#resumeGenerate(declined(options.reason), options);
  }

  /** The runs of this agent that wait for somebody, newest first. `page` counts from 0. */
  listSuspendedRuns(
    filter: {
      readonly principal?: Principal;
      readonly threadId?: string;
      readonly resourceId?: string;
      readonly from?: Date;
      readonly to?: Date;
      readonly page?: number;
      readonly perPage?: number;
    } = {},
  ): Promise<{ runs: readonly Suspension[]; total: number }> {
    const { threadId, resourceId, from, to, page = 0, perPage = 100 } = filter;
    return this.#suspensions(filter.principal).list(
      { agentId: this.id, threadId, resourceId, from: from?.getTime(), to: to?.getTime() },
      page,
      perPage,
    );
  }

  /** Prepares a run; nothing happens before its `start`. Servers use it to read chunks without a stream in between. */
  async open(
    messages: MessageInput,
    options: (AgentOptions | DelegateOptions) & RunLogging,
    mode: "generate" | "stream",
  ): Promise<OpenRun> {
    const turn = turnOf(this.#ownHost(), options, this.durability);
    const setup = await this.#setUp(turn ? stoppable(turn, options) : options, mode);
    if (setup.options.runId !== undefined && !options.orphan) {
      await refuseWaiting(setup, setup.options.runId);
      if (!options.isUnique) await turn?.claimId(setup.options.runId);
    }
    const now = Date.now();
    const history = withoutOpenCalls([...toModelMessages(setup.options.context ?? [], now), ...toModelMessages(messages, now)]);
    const told = history.filter((message) => message.role === "system");
    const isConversation = ({ role }: ModelMessage): boolean => role !== "system";
    if (told.length === history.length)
      throw new FermataError(
        "VALIDATION_FAILED",
        "messages must hold something to answer: at least one message that is not a system message.",
      );
    const rest = told.length === 0 ? history : history.filter(isConversation);
    const complete = told.length === 0 ? setup : { ...setup, system: [...setup.system, ...told] };
    setup.conversation?.give(messages, toModelMessages(setup.options.context ?? [], now).filter(isConversation), now);
    const opened = startable(complete, undefined, (sink, signal) => ({
      run: new Run(complete, rest, sink, signal, { messageId: options.messageId ?? crypto.randomUUID(), createdAt: now }),
    }));
    if (turn && options.orphan) return turn.again(opened, options.orphan);
    return turn
      ? turn.begin(
          opened,
          { ...about(setup), input: options.facts, ...asked(options) },
          mode === "generate" && setup.options.runId === undefined,
        )
      : opened;
  }

  async reopen(
    runId: string,
    toolCallId: string | undefined,
    answer: Answer,
    options: (AgentOptions | DelegateOptions) & RunLogging,
    mode: "generate" | "stream",
  ): Promise<OpenRun> {
    const suspensions = this.#suspensions(options.principal ?? options.requestContext?.principal);
    const suspension = await suspensions.claim(this.id, runId);
    const turn = turnOf(this.#ownHost(), options, this.durability);
    if (!suspension) throw notSuspended(this.name, runId, (await turn?.runs.get(runId))?.name === this.id);
    try {
      const saved = readSaved(suspension);
      const pending = waitingCall(saved, runId, toolCallId);
      await checkAnswer(pending, answer);
      const requestContext = (options.requestContext?.copy() ?? new RequestContext()).completeFrom(
        RequestContext.fromSaved(saved.requestContext),
      );
      const again = { ...saved.options, ...given(options), runId, requestContext };
      const setup = await this.#setUp(turn ? stoppable(turn, again) : again, mode);
      const putBack = (): Promise<void> => suspensions.put(suspension);
      const opened = startable(setup, putBack, (sink, signal) => restoreRun(setup, saved, { pending, answer }, sink, signal));
      return turn ? turn.goOn(opened, about(setup), () => setup.options.abortSignal?.aborted === true) : opened;
    } catch (error) {
      await suspensions.put(suspension); // nothing has happened to it: it goes on waiting
      throw error;
    }
  }

  async #resumeStream<O>(answer: Answer, options: ResumeOptions<O>): Promise<AgentStream<O>> {
    const controller = new AbortController();
    const { runId, toolCallId, ...rest } = options;
    const open = await this.reopen(runId, toolCallId, answer, { ...rest, abortSignal: joined(controller, options.abortSignal) }, "stream");
    return new AgentStream<O>(open, () => controller.abort(), true);
  }

  async #resumeGenerate<O>(answer: Answer, options: ResumeOptions<O>): Promise<GenerateResult<O>> {
    const { runId, toolCallId, ...rest } = options;
    return collect<O>(await this.reopen(runId, toolCallId, answer, rest, "generate"));
  }

  async #setUp(given: (AgentOptions | DelegateOptions) & RunLogging, mode: "generate" | "stream"): Promise<AgentSetup> {
    const config = this.#config;
    const requestContext = given.requestContext ?? new RequestContext();
    if (config.requestContextSchema) await this.#checkContext(config.requestContextSchema, requestContext);
    const defaults = config.defaultOptions === undefined ? undefined : await this.#resolve(config.defaultOptions, requestContext);
    const options = merge(defaults, given);
    if (options.structuredOutput) assertSchema(options.structuredOutput.schema);
    const host = this.#ownHost();
    const maxSteps = options.maxSteps ?? DEFAULT_MAX_STEPS;
    if (!Number.isInteger(maxSteps) || maxSteps < 1)
      throw new FermataError("VALIDATION_FAILED", "maxSteps must be a whole number of at least 1.");
    const { toolCallConcurrency = 1 } = options;
    if (!Number.isInteger(toolCallConcurrency) || toolCallConcurrency < 1)
      throw new FermataError("VALIDATION_FAILED", "toolCallConcurrency must be a whole number of at least 1.");
    const model = options.model ?? (typeof config.model === "function" ? await this.#resolve(config.model, requestContext) : config.model);
    const instructions =
      options.instructions ??
      (typeof config.instructions === "function" ? await this.#resolve(config.instructions, requestContext) : config.instructions);
    const system = systemMessages(instructions);
    const maxRetries = options.modelSettings?.maxRetries;
    const retries = maxRetries === undefined ? this.#retries : { maxRetries };
    const runId = options.runId ?? crypto.randomUUID();
    const principal = given.principal ?? requestContext.principal ?? LOCAL_PRINCIPAL;
    const depth = "depth" in given ? given.depth : 0;
    const named = owner(options.memory, requestContext);
    // What another agent asks is part of its own conversation.
    const conversation =
      config.memory !== undefined && named.threadId !== undefined && depth === 0
        ? openConversation(await this.getMemory({ requestContext }), { options, principal, runId, ...named })
        : undefined;
    const tools = withCallTools(this.#staticTools ?? (await this.#tools(requestContext)), options);
    return {
      runId,
      agentId: this.id,
      agentName: this.name,
      mode,
      mastra: this.#mastra,
      logger: given.logger ?? host.logger,
      suspensions: this.#suspensions(principal),
      requestContext,
      principal,
      options,
      maxSteps,
      candidates: resolveNow(model, retries) ?? (await this.#models(model, retries)),
      system: options.system === undefined ? system : [...system, ...systemMessages(options.system)],
      tools: conversation ? withMemoryTools(tools, conversation.tools) : tools,
      structured: options.structuredOutput,
      inputProcessors:
        options.inputProcessors ?? (config.inputProcessors ? await this.#resolve(config.inputProcessors, requestContext) : NO_PROCESSORS),
      outputProcessors:
        options.outputProcessors ??
        (config.outputProcessors ? await this.#resolve(config.outputProcessors, requestContext) : NO_PROCESSORS),
      maxProcessorRetries: options.maxProcessorRetries ?? config.maxProcessorRetries ?? 1,
      depth,
      ...named,
      conversation,
      mail: given.mail,
      mailbox: given.mailbox,
    };
  }

  #models(model: ModelConfig | readonly FallbackEntry[], retries: Retries): Promise<readonly ModelCandidate[]> {
    return resolveModels(model, { ...retries, log: (line) => this.#ownHost().logger.info(line) });
  }

  /** The agent's workflows live in its instance when they have none of their own. */
  async #workflowTools(requestContext: RequestContext): Promise<Readonly<Record<string, AnyTool>>> {
    const { workflows } = this.#config;
    if (!workflows) return NO_TOOLS;
    const found = await this.#resolve(workflows, requestContext);
    const host = this.#mastra?.workflowHost;
    return Object.fromEntries(
      Object.entries(found).map(([key, workflow]) => {
        if (host) workflow.adopt(host);
        return [`workflow-${key}`, workflow.asTool(`workflow-${key}`)];
      }),
    );
  }

  async #tools(requestContext: RequestContext): Promise<ReadonlyMap<string, RunTool>> {
    const { tools, agents, workflows } = this.#config;
    const delegates = (await this.#resolve(agents, requestContext)) ?? {};
    for (const agent of Object.values(delegates)) agent.adopt(this.#ownHost(), this.#mastra);
    const made = ownTools((await this.#resolve(tools, requestContext)) ?? {}, delegates, await this.#workflowTools(requestContext));
    if (typeof tools !== "function" && typeof agents !== "function" && typeof workflows !== "function") this.#staticTools = made;
    return made;
  }

  async #checkContext(schema: Schema, requestContext: RequestContext): Promise<void> {
    const checked = await validate(schema, requestContext.all);
    if (!checked.ok)
      throw new FermataError("VALIDATION_FAILED", `Request context validation failed for agent '${this.id}':\n${toLines(checked.issues)}`);
  }

  #suspensions(principal: Principal = LOCAL_PRINCIPAL): SuspensionStore {
    const host = this.#ownHost();
    return host.suspensionsFor?.(principal) ?? host.suspensions;
  }

  #ownHost(): AgentHost {
    return (this.#host ??= ownHost());
  }

  #resolve<V>(value: Dynamic<V>, requestContext = new RequestContext()): V | Promise<V> {
    if (typeof value !== "function") return value;
    // The only function that `Dynamic` allows is the one that gives the value.
    const give = value as (args: { requestContext: RequestContext; mastra: unknown }) => V | Promise<V>;
    return give({ requestContext, mastra: this.#mastra });
  }
}

/** The signal of `controller`, which also aborts when `outer` does. */
function joined(controller: AbortController, outer: AbortSignal | undefined): AbortSignal {
  return outer ? AbortSignal.any([controller.signal, outer]) : controller.signal;
}
