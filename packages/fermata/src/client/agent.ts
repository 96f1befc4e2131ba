/** Agents as the client knows them. */
import type { z } from "zod";
import type { Contract } from "../contract/index.ts";
import type { Output, Schema } from "../schema/schema.ts";
import { withoutKey, type CallOptions, type Invoke, type StreamingOptions } from "./api.ts";
import { describeTools, runnable, runCalls, type ClientTools, type Observation, type ToolCall, type ToolRun } from "./client-tools.ts";
import type { AgentPart, ResumeData, ToolCallPart, ToolInput, ToolName, ToolOutput, ToolResultPart, ToolsOfAgent } from "./infer.ts";
import { toJsonSchema } from "./json-schema.ts";
import type { RequestContextInput, Values } from "./request.ts";
import type { ClientStream, Follower } from "./stream.ts";
import { Turn } from "./turn.ts";

type Routes = Contract["agents"];
type RunBody = z.input<Routes["generate"]["body"]>;
type Reply<R extends keyof Routes> = z.output<Routes[R]["response"]>;

type Mail = "sendMessage" | "queueMessage" | "sendSignal" | "subscribeToThread" | "abortThread" | "sendToolApproval";
type Body<R extends Mail> = z.input<Routes[R]["body"]>;

/** A text, or messages in the forms of AI SDK or of this server. */
export type MessagesInput = RunBody["messages"];

/** An answer that is data. */
export interface StructuredOutputOptions<S extends Schema = Schema> extends Omit<
  NonNullable<RunBody["structuredOutput"]>,
  "schema" | "fallbackValue"
> {
  readonly schema: S;
  readonly fallbackValue?: Output<S>;
}

type Replaced = "messages" | "structuredOutput" | "clientTools" | "requestContext" | "activeTools" | "toolChoice" | "output";

/** Options of a turn: what the route takes, with tools that run here and schemas of any library. `T` is the agent's tools. */
export interface AgentCallOptions<T = unknown, S extends Schema = Schema> extends Omit<RunBody, Replaced>, Omit<CallOptions, "signal"> {
  readonly structuredOutput?: StructuredOutputOptions<S>;
  /** Tools that run in the client. */
  readonly clientTools?: ClientTools;
  /** Names of the tools that the model may see. Default: all. */
  readonly activeTools?: readonly ToolName<T>[];
  readonly toolChoice?: "auto" | "none" | "required" | { readonly type: "tool"; readonly toolName: ToolName<T> };
  readonly abortSignal?: AbortSignal;
  /** What an abort does to the run: stop it (default), or leave it to the server's `onDisconnect`. */
  readonly onAbort?: "cancel" | "detach";
  /** How often in one call the agent may be asked again with the results of client tools. Default 25. */
  readonly maxToolRounds?: number;
  /** Gets what client tools note with `observe`. */
  readonly onObserve?: (observation: Observation) => void;
}

/** A whole answer. */
export type AgentReply<T = unknown, O = unknown> = Omit<Reply<"generate">, "object" | "toolCalls" | "toolResults"> & {
  /** The data, when structured output was asked for. */
  object?: O;
  toolCalls: unknown extends T ? Reply<"generate">["toolCalls"] : ToolCallPart<T>[];
  toolResults: unknown extends T ? Reply<"generate">["toolResults"] : ToolResultPart<T>[];
};

/** Names a call that waits. */
export interface WaitingCall {
  readonly runId: string;
  /** Needed when several calls wait. */
  readonly toolCallId?: string;
}

type AnswerOptions<T, S extends Schema> = Omit<AgentCallOptions<T, S>, "runId"> & WaitingCall;

/** An agent. `A` is its type on the server. */
export interface AgentClient<A = unknown, T = ToolsOfAgent<A>> {
  readonly id: string;
  /** Describes the agent. */
  details(options?: CallOptions): Promise<Reply<"get">>;
  /** Asks, and waits for the whole answer. */
  generate<S extends Schema = Schema>(messages: MessagesInput, options?: AgentCallOptions<T, S>): Promise<AgentReply<T, Output<S>>>;
  /** Asks, and gives the answer's events as they come. Resolves when the stream has begun. */
  stream<S extends Schema = Schema>(
    messages: MessagesInput,
    options?: AgentCallOptions<T, S>,
  ): Promise<ClientStream<AgentPart<T, Output<S>>>>;
  /** Everything of a turn that the server keeps, from its first event on, then what comes. */
  observe<S extends Schema = Schema>(
    turn: { readonly runId: string },
    options?: Omit<AgentCallOptions<T, S>, "runId">,
  ): Promise<ClientStream<AgentPart<T, Output<S>>>>;
  /** Answers a tool that suspended. */
  resumeStream<S extends Schema = Schema>(
    data: ResumeData<T>,
    options: AnswerOptions<T, S>,
  ): Promise<ClientStream<AgentPart<T, Output<S>>>>;
  /** Lets a waiting call run. */
  approveToolCall(call: WaitingCall, options?: StreamingOptions): Promise<ClientStream<AgentPart<T>>>;
  /** Refuses a waiting call. */
  declineToolCall(call: WaitingCall & { readonly reason?: string }, options?: StreamingOptions): Promise<ClientStream<AgentPart<T>>>;
  approveToolCallGenerate(call: WaitingCall, options?: CallOptions): Promise<AgentReply<T>>;
  declineToolCallGenerate(call: WaitingCall & { readonly reason?: string }, options?: CallOptions): Promise<AgentReply<T>>;
  /** Says something to a thread: the turn that is under way hears it between its steps, or it begins one. */
  sendMessage(message: Body<"sendMessage">, options?: CallOptions): Promise<Reply<"sendMessage">>;
  /** Says something to a thread in a turn of its own, after the one that is under way. */
  queueMessage(message: Body<"queueMessage">, options?: CallOptions): Promise<Reply<"queueMessage">>;
  sendSignal(signal: Body<"sendSignal">, options?: CallOptions): Promise<Reply<"sendSignal">>;
  /** Shows the turns of a thread, one after the other, until it is left. A connection that breaks is opened anew: the turn under way is then shown again. */
  subscribeToThread(thread: Body<"subscribeToThread">, options?: CallOptions): Promise<ClientStream<AgentPart<T>>>;
  /** Stops the turn of a thread that is under way. */
  abortThread(thread: Body<"abortThread">, options?: CallOptions): Promise<Reply<"abortThread">>;
  /** Answers a waiting call of a thread. What follows is for those who follow the thread. */
  sendToolApproval(answer: Body<"sendToolApproval">, options?: CallOptions): Promise<Reply<"sendToolApproval">>;
  /** Runs of the agent that wait for somebody, newest first. */
  listSuspendedRuns(query?: z.input<Routes["suspendedRuns"]["query"]>, options?: CallOptions): Promise<Reply<"suspendedRuns">>;
  /** Describes a tool of the agent. */
  getTool(name: ToolName<T>, options?: CallOptions): Promise<Reply<"getTool">>;
  /** Runs a tool of the agent without its model. */
  executeTool<K extends ToolName<T>>(name: K, input: ToolInput<ToolAt<T, K>>, options?: CallOptions): Promise<ToolOutput<ToolAt<T, K>>>;
}

type ToolAt<T, K> = K extends keyof T ? T[K] : unknown;

export function createAgent<A>(invoke: Invoke, agentId: string): AgentClient<A> {
  const params = { agentId };
  const call = (name: string, body?: object, options?: StreamingOptions): Promise<unknown> =>
    invoke("agents", name, { params, ...(body && { body: body as Values }) }, options);
  const agent = {
    id: agentId,
    details: (options?: CallOptions) => invoke("agents", "get", { params }, options),
    generate: (messages: MessagesInput, options: AgentCallOptions = {}) => generate(invoke, agentId, messages, options),
    stream: (messages: MessagesInput, options: AgentCallOptions = {}) => stream(invoke, agentId, "stream", { messages }, options),
    observe: ({ runId }: { readonly runId: string }, options: AgentCallOptions = {}) =>
      stream(invoke, agentId, "observe", { runId }, options),
    resumeStream: (resumeData: unknown, { runId, toolCallId, ...options }: AnswerOptions<unknown, Schema>) =>
      stream(invoke, agentId, "resumeStream", { resumeData, runId, toolCallId }, options),
    approveToolCall: (body: WaitingCall, options?: StreamingOptions) => call("approveToolCall", body, options),
    declineToolCall: (body: WaitingCall, options?: StreamingOptions) => call("declineToolCall", body, options),
    approveToolCallGenerate: (body: WaitingCall, options?: CallOptions) => call("approveToolCallGenerate", body, options),
    declineToolCallGenerate: (body: WaitingCall, options?: CallOptions) => call("declineToolCallGenerate", body, options),
    sendMessage: (body: object, options?: CallOptions) => call("sendMessage", body, options),
    queueMessage: (body: object, options?: CallOptions) => call("queueMessage", body, options),
    sendSignal: (body: object, options?: CallOptions) => call("sendSignal", body, options),
    subscribeToThread: (body: object, options?: CallOptions) => call("subscribeToThread", body, options),
    abortThread: (body: object, options?: CallOptions) => call("abortThread", body, options),
    sendToolApproval: (body: object, options?: CallOptions) => call("sendToolApproval", body, options),
    listSuspendedRuns: (query?: Values, options?: CallOptions) =>
      invoke("agents", "suspendedRuns", { params, ...(query && { query }) }, options),
    getTool: (toolId: string, options?: CallOptions) => invoke("agents", "getTool", { params: { agentId, toolId } }, options),
    executeTool: (toolId: string, data: unknown, options?: CallOptions) =>
      invoke("agents", "executeTool", { params: { agentId, toolId }, body: { data } }, options),
  };
  // What each route replies with stands in the contract; `A` narrows it.
  return agent as AgentClient<A>;
}

/** What goes into the body, what belongs to the call, and what stays here. */
function split(options: AgentCallOptions): { body: Values; call: StreamingOptions; here: Here } {
  const { abortSignal, headers, retries, idempotencyKey, requestContext, onAbort, maxToolRounds, onObserve, clientTools, ...rest } =
    options;
  const { structuredOutput, ...body } = rest;
  return {
    body: {
      ...body,
      ...(structuredOutput && { structuredOutput: { ...structuredOutput, schema: toJsonSchema(structuredOutput.schema) } }),
      ...(clientTools && { clientTools: describeTools(clientTools) }),
    },
    call: {
      ...(abortSignal && { signal: abortSignal }),
      ...(headers && { headers }),
      ...(retries !== undefined && { retries }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(requestContext && { requestContext }),
      ...(onAbort && { onAbort }),
    },
    here: { tools: clientTools, maxToolRounds: maxToolRounds ?? 25, onObserve, requestContext },
  };
}

interface Here {
  readonly tools: ClientTools | undefined;
  readonly maxToolRounds: number;
  readonly onObserve: ((observation: Observation) => void) | undefined;
  readonly requestContext: RequestContextInput | undefined;
}

/** The server keeps a thread: it needs to be told only what is new. Without one, what went before has to be known here. */
function continued(messages: unknown, news: readonly object[], body: Values): Values | undefined {
  const { runId: _, resumeData: __, toolCallId: ___, ...rest } = body; // the next request is a run of its own
  const keepsThread = typeof body.memory === "object" && body.memory !== null && "thread" in body.memory;
  const before =
    typeof messages === "string" ? [{ role: "user", content: messages }] : Array.isArray(messages) ? (messages as unknown[]) : [messages];
  return { ...rest, messages: keepsThread ? news : [...before, ...news] };
}

async function generate(invoke: Invoke, agentId: string, messages: MessagesInput, options: AgentCallOptions): Promise<unknown> {
  const { body, call, here } = split(options);
  const { tools } = here;
  const signal = call.signal ?? new AbortController().signal;
  const { onAbort: _, ...first } = call;
  let next: Values = { ...body, messages };
  for (let round = 0; ; round++) {
    const once: CallOptions = round === 0 ? first : withoutKey(first);
    const send = (sent: Values): Promise<unknown> => invoke("agents", "generate", { params: { agentId }, body: sent }, once);
    const reply = (await cancellable(invoke, next, call, send)) as Reply<"generate">; // as the contract says
    if (!tools || reply.finishReason !== "tool-calls" || round >= here.maxToolRounds) return reply;
    const answered = new Set(reply.toolResults.map((chunk) => callOf(chunk).toolCallId));
    const open = reply.toolCalls.map(callOf).filter(({ toolCallId }) => !answered.has(toolCallId));
    if (open.length === 0 || !open.every(({ toolName }) => runnable(tools, toolName))) return reply;
    const told = "messages" in reply.response && Array.isArray(reply.response.messages) ? (reply.response.messages as object[]) : [];
    const results = await runCalls(open, { ...here, tools, agentId, signal });
    next = continued(next.messages, [...told, { role: "tool", content: results }], next) ?? next;
  }
}

/** Who may abort names the run, so that the server can be told to stop it: a call that can be repeated outlives its connection. */
async function cancellable(
  invoke: Invoke,
  given: Values,
  { signal, onAbort }: StreamingOptions,
  work: (body: Values) => Promise<unknown>,
): Promise<unknown> {
  if (!signal || onAbort === "detach") return work(given);
  const body = named(given);
  const cancel = (): void => void invoke("runs", "cancel", { params: { runId: body.runId } }).catch(() => undefined); // it may be over
  signal.addEventListener("abort", cancel, { once: true });
  try {
    return await work(body);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

function named(body: Values): Values {
  return body.runId === undefined ? { ...body, runId: crypto.randomUUID() } : body;
}

function callOf({ payload }: { readonly payload?: unknown }): ToolCall {
  return payload as ToolCall; // the payload of a `tool-call` or `tool-result`
}

function stream(invoke: Invoke, agentId: string, name: string, own: Values, options: AgentCallOptions): Promise<unknown> {
  const { body, call, here } = split(options);
  const { tools } = here;
  // A stream may break before it has named its run.
  const first: Values = name === "stream" ? named({ ...body, ...own }) : { ...body, ...own };
  const routeCall = { params: { agentId }, body: first };
  if (!tools) return invoke("agents", name, routeCall, call);
  return invoke("agents", name, routeCall, {
    ...call,
    follow: (open, signal) => follower({ ...here, tools, agentId, signal }, here.maxToolRounds, first, open),
  });
}

function follower(run: ToolRun, maxRounds: number, first: Values, open: (body: Values) => Promise<Response>): Follower {
  let turn = new Turn(run);
  let body = first;
  let round = 0;
  return {
    see: (event) => turn.see(event),
    async next() {
      if (round++ >= maxRounds) return undefined;
      const news = await turn.next();
      if (!news) return undefined;
      turn = new Turn(run);
      const next = continued(body.messages, news, body);
      if (!next) return undefined;
      body = next;
      return open(next);
    },
  };
}
