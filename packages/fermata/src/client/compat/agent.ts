/** An agent under the reference's names. */
import type { JsonSchema, Schema } from "../../schema/schema.ts";
import { createAgent, type AgentCallOptions, type AgentClient, type MessagesInput } from "../agent.ts";
import type { Invoke } from "../api.ts";
import type { AgentEvent } from "../infer.ts";
import { fillPath } from "../request.ts";
import type { ClientStream } from "../stream.ts";
import { inTheirWords } from "./error.ts";
import { makeMethods, toResponse, type Connection, type Methods, type StreamedResponse } from "./resource.ts";
import type { BodyOf, Context, Loose, QueryOf, ReplyOf, Untyped } from "./untyped.ts";

/** A chunk of an agent's stream. */
export type Chunk =
  | Loose<Exclude<AgentEvent, { type: `data-${string}` } | { object: unknown }>>
  | { type: "object"; runId: string; from: "AGENT"; object: Untyped }
  | { type: "object-result"; runId: string; from: "AGENT"; object: Untyped }
  | { type: `data-${string}`; data: Untyped; id?: string; transient?: boolean; runId: string; from: "AGENT" | "USER" | "SYSTEM" };

export interface StructuredOutputOptions<O> {
  /** Of any library, or a JSON Schema in whatever type it has. */
  schema: Schema<O> | object;
  model?: string;
  instructions?: string;
  jsonPromptInjection?: boolean;
  errorStrategy?: "strict" | "warn" | "fallback";
  fallbackValue?: O;
}

export type AgentParams<O> = Loose<Omit<AgentCallOptions, "structuredOutput" | "clientTools" | "requestContext" | "abortSignal">> &
  Pick<AgentCallOptions, "clientTools" | "abortSignal"> & { structuredOutput?: StructuredOutputOptions<O>; requestContext?: Context };

/** A whole answer. */
export type FullOutput<O> = Omit<ReplyOf<"agents", "generate">, "object"> & { object: O };

type ThreadParams = Parameters<AgentClient["subscribeToThread"]>[0] & { abortSignal?: AbortSignal };
type Waiting = { runId: string; toolCallId?: string; model?: string; requestContext?: Context };
type Declined = Waiting & { reason?: string };

/** Methods for routes that this server may not have. */
const OTHER = {
  readPlan: "GET /agents/:agentId/plans/file path @",
  browserSession: "GET /agents/:agentId/browser/session threadId",
  closeBrowser: "POST /agents/:agentId/browser/close threadId",
  enhanceInstructions: "POST /agents/:agentId/instructions/enhance instructions comment",
  clone: "POST /agents/:agentId/clone *",
  listVersions: "GET /stored/agents/:agentId/versions * @",
  createVersion: "POST /stored/agents/:agentId/versions * @",
  getVersion: "GET /stored/agents/:agentId/versions/:versionId versionId @",
  activateVersion: "POST /stored/agents/:agentId/versions/:versionId/activate versionId @",
  restoreVersion: "POST /stored/agents/:agentId/versions/:versionId/restore versionId @",
  deleteVersion: "DELETE /stored/agents/:agentId/versions/:versionId versionId @",
  compareVersions: "GET /stored/agents/:agentId/versions/compare fromId toId @",
  generateLegacy: "POST /agents/:agentId/generate-legacy *",
  streamLegacy: "POST~ /agents/:agentId/stream-legacy *",
  network: "POST~ /agents/:agentId/network messages *",
  approveNetworkToolCall: "POST~ /agents/:agentId/approve-network-tool-call *",
  declineNetworkToolCall: "POST~ /agents/:agentId/decline-network-tool-call *",
  streamUntilIdle: "POST~ /agents/:agentId/stream-until-idle messages *",
  resumeStreamUntilIdle: "POST~ /agents/:agentId/resume-stream-until-idle resumeData *",
  observe: "POST~ /agents/:agentId/observe *",
  recover: "POST~ /agents/:agentId/recover *",
  updateModel: "POST /agents/:agentId/model *",
  resetModel: "POST /agents/:agentId/model/reset",
  updateModelInModelList: "POST /agents/:agentId/models/:modelConfigId *",
  reorderModelList: "POST /agents/:agentId/models/reorder *",
} as const;

const OWN = {
  details: "GET /agents/:agentId @",
  listSuspendedRuns: "GET /agents/:agentId/suspended-runs * @",
  approveToolCall: "POST~ /agents/:agentId/approve-tool-call *",
  declineToolCall: "POST~ /agents/:agentId/decline-tool-call *",
  approveToolCallGenerate: "POST /agents/:agentId/approve-tool-call-generate *",
  declineToolCallGenerate: "POST /agents/:agentId/decline-tool-call-generate *",
  sendMessage: "POST /agents/:agentId/send-message *",
  queueMessage: "POST /agents/:agentId/queue-message *",
  sendSignal: "POST /agents/:agentId/signals *",
  abortThread: "POST /agents/:agentId/threads/abort *",
  sendToolApproval: "POST /agents/:agentId/send-tool-approval *",
  getTool: "GET /agents/:agentId/tools/:toolId toolId @",
  executeTool: "POST /agents/:agentId/tools/:toolId/execute toolId *",
} as const;

const VOICE = {
  getSpeakers: "GET /agents/:agentId/voice/speakers @",
  getListener: "GET /agents/:agentId/voice/listener @",
} as const;

export interface Agent extends Methods<typeof OTHER> {
  details(requestContext?: Context): Promise<ReplyOf<"agents", "get">>;
  generate<O = undefined>(messages: MessagesInput, options?: AgentParams<O>): Promise<FullOutput<O>>;
  stream<O = undefined>(messages: MessagesInput, options?: AgentParams<O>): Promise<StreamedResponse<Chunk>>;
  resumeStream<O = undefined>(resumeData: unknown, options: AgentParams<O> & Waiting): Promise<StreamedResponse<Chunk>>;
  approveToolCall(params: Waiting & { abortSignal?: AbortSignal }): Promise<StreamedResponse<Chunk>>;
  declineToolCall(params: Declined & { abortSignal?: AbortSignal }): Promise<StreamedResponse<Chunk>>;
  sendMessage(params: BodyOf<"agents", "sendMessage">): Promise<ReplyOf<"agents", "sendMessage">>;
  queueMessage(params: BodyOf<"agents", "queueMessage">): Promise<ReplyOf<"agents", "queueMessage">>;
  sendSignal(params: BodyOf<"agents", "sendSignal">): Promise<ReplyOf<"agents", "sendSignal">>;
  subscribeToThread(params: BodyOf<"agents", "subscribeToThread"> & { abortSignal?: AbortSignal }): Promise<ThreadSubscription>;
  abortThread(params: BodyOf<"agents", "abortThread">): Promise<ReplyOf<"agents", "abortThread">>;
  sendToolApproval(params: BodyOf<"agents", "sendToolApproval">): Promise<ReplyOf<"agents", "sendToolApproval">>;
  approveToolCallGenerate(params: Waiting): Promise<FullOutput<Untyped>>;
  declineToolCallGenerate(params: Declined): Promise<FullOutput<Untyped>>;
  listSuspendedRuns(params?: QueryOf<"agents", "suspendedRuns">, requestContext?: Context): Promise<ReplyOf<"agents", "suspendedRuns">>;
  getTool(toolId: string, requestContext?: Context): Promise<ReplyOf<"agents", "getTool">>;
  executeTool(toolId: string, params: BodyOf<"agents", "executeTool"> & { runId?: string }): Promise<Untyped>;
  readonly voice: Voice;
}

export interface Voice extends Methods<typeof VOICE> {
  /** Resolves to a reply whose body is sound. */
  speak(text: string, options?: { speaker?: string; [option: string]: Untyped }): Promise<Response>;
  listen(audio: Blob, options?: Record<string, Untyped>): Promise<Untyped>;
}

/** The turns of a thread, as long as somebody reads. A connection that breaks is opened anew. */
export interface ThreadSubscription extends StreamedResponse<Chunk> {
  /** Stops the turn that is under way. Resolves to whether there was one. */
  abort(): Promise<boolean>;
  /** Leaves the thread. */
  unsubscribe(): void;
}

type Options = AgentCallOptions<unknown, JsonSchema>;

export function makeAgent(connection: Connection, invoke: Invoke, agentId: string): Agent {
  const bound = { agentId };
  const agent = createAgent(invoke, agentId);
  const streamed = async (stream: Promise<ClientStream<unknown>>): Promise<StreamedResponse<Chunk>> =>
    toResponse(await inTheirWords(stream));
  const made = {
    ...makeMethods(connection, { ...OTHER, ...OWN }, bound),
    generate: (messages: MessagesInput, options: Options = {}) => inTheirWords(agent.generate(messages, options)),
    // Older code gives the messages among the options.
    stream: (messages: MessagesInput | (Options & { readonly messages: MessagesInput }), options: Options = {}) =>
      streamed(hasMessages(messages) ? agent.stream(messages.messages, { ...messages, ...options }) : agent.stream(messages, options)),
    subscribeToThread: async ({ abortSignal, ...thread }: ThreadParams): Promise<ThreadSubscription> => {
      const stream = await inTheirWords(agent.subscribeToThread(thread, abortSignal && { signal: abortSignal }));
      return Object.assign(toResponse<Chunk>(stream), {
        abort: async () => (await agent.abortThread(thread)).aborted,
        unsubscribe: () => stream.detach(),
      });
    },
    resumeStream: (resumeData: unknown, options: Options & { readonly runId: string }) => streamed(agent.resumeStream(resumeData, options)),
    voice: makeVoice(connection, agentId),
  };
  return made as unknown as Agent; // the lines are the interface's own routes
}

function makeVoice(connection: Connection, agentId: string): Voice {
  const { transport } = connection;
  const path = fillPath("/agents/:agentId/voice", { agentId });
  const voice = {
    ...makeMethods(connection, VOICE, { agentId }),
    speak: (text: string, options?: object) =>
      inTheirWords(transport.open({ method: "POST", path: `${path}/speak`, body: { text, options } })),
    listen: (audio: Blob, options?: object) => {
      const body = new FormData();
      body.append("audio", audio);
      if (options) body.append("options", JSON.stringify(options));
      return inTheirWords(transport.json({ method: "POST", path: `${path}/listen`, body }));
    },
  };
  return voice as unknown as Voice; // the lines are the interface's own routes
}

function hasMessages(given: unknown): given is Options & { readonly messages: MessagesInput } {
  return typeof given === "object" && given !== null && !Array.isArray(given) && "messages" in given;
}
