/** A conversation with an agent, outside React. */
import type { AgentCallOptions, AgentClient, AgentEvent, ClientStream, ClientTools } from "../client/index.ts";
import { Store } from "./store.ts";
import { fromStored, toGiven, withEvent, withTool, type ChatMessage, type StoredMessage, type ToolPart } from "./messages.ts";

/** `waiting`: a tool call waits for an approval or an answer. */
export type ConversationStatus = "loading" | "idle" | "streaming" | "waiting" | "failed";

export interface ConversationState {
  readonly messages: readonly ChatMessage[];
  readonly status: ConversationStatus;
  /** Why the last turn failed. */
  readonly error: unknown;
  /** The last data of structured output. */
  readonly object: unknown;
}

/** Options of every turn. */
export interface ConversationOptions extends Omit<AgentCallOptions, "memory" | "abortSignal" | "runId" | "idempotencyKey"> {
  /** The thread that keeps the conversation. Without one the page keeps it, and sends it along each time. */
  readonly threadId?: string;
  /** Whose thread it is. */
  readonly resourceId?: string;
}

export class Conversation {
  readonly store: Store<ConversationState>;
  #agent: AgentClient;
  #options: ConversationOptions;
  #abort: AbortController | undefined;
  /** The stream begins with what the thread may have kept already. */
  #isReplay = false;

  constructor(agent: AgentClient, options: ConversationOptions, messages: readonly ChatMessage[] = []) {
    this.#agent = agent;
    this.#options = options;
    this.store = new Store<ConversationState>({ messages, status: "idle", error: undefined, object: undefined });
  }

  /** The options of the turns to come. */
  configure(options: ConversationOptions): void {
    this.#options = options;
  }

  /** Takes up what a thread has kept, and the turn that is under way there: a page that was loaded anew goes on with it. */
  async load(
    list: () => Promise<{ readonly messages: readonly StoredMessage[] }>,
    underWay: () => Promise<string | undefined>,
  ): Promise<void> {
    this.store.set({ status: "loading" });
    try {
      const { messages } = await list();
      if (this.store.state.status !== "loading") return;
      this.store.set({ messages: messages.map(fromStored), status: "idle" });
    } catch (error) {
      return this.store.set({ status: "failed", error });
    }
    const runId = await underWay();
    if (runId !== undefined) await this.#takeUp(runId);
  }

  /** Shows a turn from its beginning, unless somebody has asked meanwhile. */
  async #takeUp(runId: string): Promise<void> {
    if (this.store.state.status !== "idle") return;
    this.#isReplay = true;
    await this.#read((options) => this.#agent.observe({ runId }, options));
  }

  /** Asks, and resolves when the answer has ended, whatever its end. */
  async send(text: string): Promise<void> {
    this.#abort?.abort();
    const message: ChatMessage = { id: crypto.randomUUID(), role: "user", parts: [{ type: "text", text }] };
    const before = this.store.state.messages;
    this.store.set({ messages: [...before, message], object: undefined });
    const { threadId } = this.#options;
    const given = threadId === undefined ? [...before, message].map(toGiven) : [toGiven(message)];
    await this.#read((options) => this.#agent.stream(given, options));
  }

  /** Lets a waiting call run. */
  approve(toolCallId: string): Promise<void> {
    return this.#answer(toolCallId, (call) => this.#agent.approveToolCall(call));
  }

  /** Refuses a waiting call. */
  decline(toolCallId: string, reason?: string): Promise<void> {
    return this.#answer(toolCallId, (call) => this.#agent.declineToolCall({ ...call, ...(reason !== undefined && { reason }) }));
  }

  /** Answers a tool that suspended. */
  answer(toolCallId: string, data: unknown): Promise<void> {
    return this.#answer(toolCallId, (call, options) => this.#agent.resumeStream(data, { ...options, ...call }));
  }

  /** Stops the answer that is being given. */
  stop(): void {
    this.#abort?.abort();
  }

  async #answer(
    toolCallId: string,
    open: (call: { runId: string; toolCallId: string }, options: AgentCallOptions) => Promise<ClientStream<AgentEvent>>,
  ): Promise<void> {
    const part = this.#waiting().find((waiting) => waiting.toolCallId === toolCallId);
    if (part?.runId === undefined) throw new Error(`No call "${toolCallId}" waits.`);
    const { runId } = part;
    await this.#read((options) => open({ runId, toolCallId }, options));
  }

  #waiting(): ToolPart[] {
    const parts = this.store.state.messages.flatMap((message) => message.parts);
    return parts.filter((part): part is ToolPart => part.type === "tool" && (part.state === "approval" || part.state === "suspended"));
  }

  async #read(open: (options: AgentCallOptions) => Promise<ClientStream<AgentEvent>>): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.store.set({ status: "streaming", error: undefined });
    let failure: unknown;
    try {
      for await (const event of await open(this.#callOptions(abort.signal))) {
        if (event.type === "error") failure = event.payload.error;
        this.#show(event);
      }
    } catch (error) {
      if (!abort.signal.aborted) failure = error;
    }
    if (this.#abort !== abort) return; // another turn has begun
    const status = failure === undefined ? (this.#waiting().length > 0 ? "waiting" : "idle") : "failed";
    this.store.set({ status, error: failure });
  }

  #callOptions(abortSignal: AbortSignal): AgentCallOptions {
    const { threadId, resourceId, clientTools, ...rest } = this.#options;
    return {
      ...rest,
      ...(clientTools && { clientTools: this.#watched(clientTools) }),
      ...(threadId !== undefined && { memory: { thread: threadId, ...(resourceId !== undefined && { resource: resourceId }) } }),
      abortSignal,
    };
  }

  /** The page shows what its own tools gave. */
  #watched(tools: ClientTools): ClientTools {
    const watched = Object.entries(tools).map(([name, tool]) => {
      const onOutput: typeof tool.onOutput = (call) => {
        this.#change((message) => withTool(message, call, { state: "result", result: call.output }));
        return tool.onOutput?.(call);
      };
      return [name, { ...tool, onOutput }];
    });
    return Object.fromEntries(watched) as ClientTools;
  }

  #show(event: AgentEvent): void {
    if (event.type === "object" || event.type === "object-result") return this.store.set({ object: event.object });
    if (event.type === "start") this.#begin(event.payload.messageId);
    this.#change((message) => withEvent(message, event));
  }

  /** An answer begins: after a question, or after what a tool gave, in the message that is there. */
  #begin(id: string): void {
    const { messages } = this.store.state;
    const isReplay = this.#isReplay;
    this.#isReplay = false;
    const before = isReplay ? messages.filter((message) => message.id !== id) : messages;
    if (before.at(-1)?.role !== "assistant" || isReplay) this.store.set({ messages: [...before, { id, role: "assistant", parts: [] }] });
  }

  /** Changes the answer: the newest message of the agent. */
  #change(change: (message: ChatMessage) => ChatMessage): void {
    const { messages } = this.store.state;
    const index = messages.findLastIndex(({ role }) => role === "assistant");
    const message = messages[index];
    if (!message) return;
    const changed = change(message);
    if (changed !== message) this.store.set({ messages: messages.with(index, changed) });
  }
}
