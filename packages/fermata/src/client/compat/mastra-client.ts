/** The reference's client: its constructor, its resources and its method names, on this client's connection. */
import { createInvoke, type Invoke } from "../api.ts";
import type { StreamOptions } from "../stream.ts";
import type { Method } from "../../contract/route.ts";
import { Transport, type Outgoing, type TransportOptions } from "../transport.ts";
import { inTheirWords } from "./error.ts";
import { makeA2A, makeA2AV1, type A2A, type A2AV1 } from "./a2a.ts";
import { makeAgent, type Agent } from "./agent.ts";
import * as resources from "./other-resources.ts";
import { OTHER } from "./other-routes.ts";
import { makeMethods, type Connection, type Lines, type Methods } from "./resource.ts";
import { makeConversations, makeResponses, type Conversations, type Responses } from "./responses.ts";
import type { BodyOf, Context, QueryOf, ReplyOf, Untyped } from "./untyped.ts";
import { makeWorkflow, type Workflow } from "./workflow.ts";

const OWN = {
  listAgents: "GET /agents @ partial",
  listAgentsModelProviders: "GET /agents/providers",
  listMemoryThreads: "GET /memory/threads *",
  getMemoryConfig: "GET /memory/config *",
  createMemoryThread: "POST /memory/threads *",
  listThreadMessages: "GET /memory/threads/:threadId/messages threadId *",
  deleteThread: "DELETE /memory/threads/:threadId threadId *",
  saveMessageToMemory: "POST /memory/save-messages *",
  getMemoryStatus: "GET /memory/status agentId @ *",
  listTools: "GET /tools @",
  listWorkflows: "GET /workflows @ partial",
  listWorkflowRunCounts: "GET /workflows/run-counts @",
  getWorkingMemory: "GET /memory/threads/:threadId/working-memory *",
  searchMemory: "GET /memory/search *",
  updateWorkingMemory: "POST /memory/threads/:threadId/working-memory *",
  getSystemPackages: "GET /system/packages",
  listVectors: "GET /vectors",
  listEmbedders: "GET /embedders",
} as const;

const THREAD = {
  get: "GET /memory/threads/:threadId @",
  update: "PATCH /memory/threads/:threadId *",
  delete: "DELETE /memory/threads/:threadId *",
  listMessages: "GET /memory/threads/:threadId/messages *",
  clone: "POST /memory/threads/:threadId/clone *",
  transfer: "POST /memory/threads/:threadId/transfer *",
} as const;

const VECTOR = {
  details: "GET /vector/:vectorName/indexes/:indexName indexName @",
  delete: "DELETE /vector/:vectorName/indexes/:indexName indexName",
  getIndexes: "GET /vector/:vectorName/indexes @",
  createIndex: "POST /vector/:vectorName/create-index *",
  upsert: "POST /vector/:vectorName/upsert *",
  query: "POST /vector/:vectorName/query *",
} as const;

const TOOL = { details: "GET /tools/:toolId @", execute: "POST /tools/:toolId/execute *" } as const;

type AgentId = { agentId?: string };

export interface MemoryThread {
  get(requestContext?: Context): Promise<ReplyOf<"memory", "getThread">>;
  update(params: BodyOf<"memory", "updateThread"> & AgentId): Promise<ReplyOf<"memory", "updateThread">>;
  delete(options?: AgentId & { requestContext?: Context }): Promise<ReplyOf<"memory", "deleteThread">>;
  listMessages(params?: QueryOf<"memory", "listMessages">): Promise<ReplyOf<"memory", "listMessages">>;
  deleteMessages(
    messageIds: BodyOf<"memory", "deleteMessages">["messageIds"],
    options?: AgentId & { requestContext?: Context },
  ): Promise<ReplyOf<"memory", "deleteMessages">>;
  clone(params?: BodyOf<"memory", "cloneThread"> & AgentId): Promise<ReplyOf<"memory", "cloneThread">>;
  transfer(params: BodyOf<"memory", "transferThread"> & AgentId): Promise<ReplyOf<"memory", "transferThread">>;
}

export interface Vector {
  details(indexName: string, requestContext?: Context): Promise<ReplyOf<"vectors", "describeIndex">>;
  delete(indexName: string): Promise<ReplyOf<"vectors", "deleteIndex">>;
  getIndexes(requestContext?: Context): Promise<string[]>;
  createIndex(params: BodyOf<"vectors", "createIndex">): Promise<ReplyOf<"vectors", "createIndex">>;
  upsert(params: BodyOf<"vectors", "upsert">): Promise<ReplyOf<"vectors", "upsert">>;
  query(params: BodyOf<"vectors", "query">): Promise<ReplyOf<"vectors", "query">>;
}

export interface Tool {
  details(requestContext?: Context): Promise<ReplyOf<"tools", "get">>;
  execute(params: BodyOf<"tools", "execute"> & { runId?: string }): Promise<Untyped>;
}

type Resources = {
  readonly [K in keyof typeof resources]: (typeof resources)[K] extends Lines ? Methods<(typeof resources)[K]> : never;
};

/** Options of the reference's client, and of this one's. */
export type MastraClientOptions = TransportOptions & StreamOptions;

type WithAgent<T> = T & { agentId: string };

interface MastraClientMethods extends Methods<typeof OTHER> {
  request<T = Untyped>(path: string, options?: RequestOptions): Promise<T>;
  readonly responses: Responses;
  readonly conversations: Conversations;
  readonly channels: Resources["channels"];
  listAgents(requestContext?: Context, partial?: boolean): Promise<ReplyOf<"agents", "list">>;
  listAgentsModelProviders(): Promise<ReplyOf<"agents", "providers">>;
  getAgent(agentId: string, version?: unknown): Agent;
  listTools(requestContext?: Context): Promise<ReplyOf<"tools", "list">>;
  getTool(toolId: string): Tool;
  listWorkflows(requestContext?: Context, partial?: boolean): Promise<ReplyOf<"workflows", "list">>;
  listWorkflowRunCounts(requestContext?: Context): Promise<ReplyOf<"workflows", "runCounts">>;
  getWorkflow(workflowId: string): Workflow;
  listMemoryThreads(params?: QueryOf<"memory", "listThreads">): Promise<ReplyOf<"memory", "listThreads">>;
  createMemoryThread(params: WithAgent<BodyOf<"memory", "createThread">>): Promise<ReplyOf<"memory", "createThread">>;
  getMemoryThread(params: { threadId: string; agentId?: string }): MemoryThread;
  listThreadMessages(threadId: string, options?: QueryOf<"memory", "listMessages">): Promise<ReplyOf<"memory", "listMessages">>;
  deleteThread(threadId: string, options: AgentId & { requestContext?: Context }): Promise<ReplyOf<"memory", "deleteThread">>;
  saveMessageToMemory(
    params: WithAgent<{ messages: readonly object[]; requestContext?: Context }>,
  ): Promise<ReplyOf<"memory", "saveMessages">>;
  getMemoryStatus(
    agentId: string,
    requestContext?: Context,
    options?: { resourceId?: string; threadId?: string },
  ): Promise<ReplyOf<"memory", "status">>;
  getMemoryConfig(params: WithAgent<{ requestContext?: Context }>): Promise<ReplyOf<"memory", "config">>;
  getWorkingMemory(params: QueryOf<"memory", "getWorkingMemory"> & { threadId: string }): Promise<ReplyOf<"memory", "getWorkingMemory">>;
  updateWorkingMemory(
    params: WithAgent<BodyOf<"memory", "updateWorkingMemory">> & { threadId: string },
  ): Promise<ReplyOf<"memory", "updateWorkingMemory">>;
  searchMemory(params: QueryOf<"memory", "search">): Promise<ReplyOf<"memory", "search">>;
  getVector(vectorName: string): Vector;
  listVectors(): Promise<ReplyOf<"vectors", "list">>;
  listEmbedders(): Promise<ReplyOf<"vectors", "embedders">>;
  getSystemPackages(): Promise<ReplyOf<"system", "packages">>;
  getA2A(agentId: string): A2A;
  getA2AV1(agentId: string): A2AV1;
  getProcessor(processorId: string): Resources["processor"];
  getMcpServerTool(serverId: string, toolId: string): Resources["mcpTool"];
  getAgentBuilderAction(actionId: string): Resources["agentBuilder"];
  getStoredAgent(storedAgentId: string): Resources["storedAgent"];
  getDynamicWorkflow(dynamicWorkflowId: string): Resources["dynamicWorkflow"];
  getStoredPromptBlock(storedPromptBlockId: string): Resources["storedPromptBlock"];
  getStoredScorer(storedScorerId: string): Resources["storedScorer"];
  getStoredMCPClient(storedMCPClientId: string): Resources["storedMCPClient"];
  getStoredSkill(storedSkillId: string): Resources["storedSkill"];
  getToolProvider(providerId: string): Resources["toolProvider"];
  getProcessorProvider(providerId: string): Resources["processorProvider"];
  getWorkspace(workspaceId: string): Resources["workspace"] & { getSkill(skillName: string): Resources["workspaceSkill"] };
  getAgentController(
    controllerId: string,
  ): Resources["agentController"] & { session(resourceId: string): Resources["agentControllerSession"] };
}

/** A request to a path below the prefix, for routes of the app's own under it. */
export interface RequestOptions {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Resolves to the `Response` itself. */
  stream?: boolean;
  signal?: AbortSignal;
}

class Implementation {
  readonly #connection: Connection;

  constructor(options: MastraClientOptions) {
    // The reference's own pace. Its servers know no keys, so nothing is sent a second time that may have been done.
    const given = { backoffMs: 100, maxBackoffMs: 1_000, repeatsByKey: false, ...options };
    const connection: Connection = { transport: new Transport(given), streams: given };
    this.#connection = connection;
    const invoke = createInvoke(connection.transport, given);
    Object.assign(this, makeMethods(connection, { ...OTHER, ...OWN }), handles(connection, invoke), otherHandles(connection));
  }

  request(path: string, { method = "GET", stream = false, ...rest }: RequestOptions = {}): Promise<unknown> {
    const outgoing: Outgoing = { method: method as Method, path, ...rest }; // the server says what it thinks of another one
    const { transport } = this.#connection;
    return inTheirWords(stream ? transport.open(outgoing) : transport.json(outgoing));
  }
}

/** What this server has. */
function handles(connection: Connection, invoke: Invoke): object {
  return {
    responses: makeResponses(invoke),
    conversations: makeConversations(connection),
    getAgent: (agentId: string) => makeAgent(connection, invoke, agentId),
    getTool: (toolId: string) => makeMethods(connection, TOOL, { toolId }),
    getWorkflow: (workflowId: string) => makeWorkflow(connection, invoke, workflowId),
    getMemoryThread: ({ threadId, agentId }: { threadId: string; agentId?: string }) => ({
      ...makeMethods(connection, THREAD, { threadId, ...(agentId !== undefined && { agentId }) }),
      ...makeMethods(connection, { deleteMessages: "POST /memory/messages/delete messageIds *" }, agentId === undefined ? {} : { agentId }),
    }),
    getVector: (vectorName: string) => makeMethods(connection, VECTOR, { vectorName }),
  };
}

/** What it may not have. */
function otherHandles(connection: Connection): object {
  const make = (lines: Lines, bound: Readonly<Record<string, string>>): object => makeMethods(connection, lines, bound);
  return {
    channels: make(resources.channels, {}),
    getA2A: (agentId: string) => makeA2A(connection, agentId),
    getA2AV1: (agentId: string) => makeA2AV1(connection, agentId),
    getProcessor: (processorId: string) => make(resources.processor, { processorId }),
    getMcpServerTool: (serverId: string, toolId: string) => make(resources.mcpTool, { serverId, toolId }),
    getAgentBuilderAction: (actionId: string) => make(resources.agentBuilder, { actionId }),
    getStoredAgent: (storedAgentId: string) => make(resources.storedAgent, { storedAgentId }),
    getDynamicWorkflow: (dynamicWorkflowId: string) => make(resources.dynamicWorkflow, { dynamicWorkflowId }),
    getStoredPromptBlock: (storedPromptBlockId: string) => make(resources.storedPromptBlock, { storedPromptBlockId }),
    getStoredScorer: (storedScorerId: string) => make(resources.storedScorer, { storedScorerId }),
    getStoredMCPClient: (storedMCPClientId: string) => make(resources.storedMCPClient, { storedMCPClientId }),
    getStoredSkill: (storedSkillId: string) => make(resources.storedSkill, { storedSkillId }),
    getToolProvider: (providerId: string) => make(resources.toolProvider, { providerId }),
    getProcessorProvider: (providerId: string) => make(resources.processorProvider, { providerId }),
    getWorkspace: (workspaceId: string) => ({
      ...make(resources.workspace, { workspaceId }),
      getSkill: (skillName: string) => make(resources.workspaceSkill, { workspaceId, skillName }),
    }),
    getAgentController: (controllerId: string) => ({
      ...make(resources.agentController, { controllerId }),
      session: (resourceId: string) => make(resources.agentControllerSession, { controllerId, resourceId }),
    }),
  };
}

/**
 * The client that code for the reference's server is written against. New code is better off with `createClient`, which knows the server.
 * @example
 * const client = new MastraClient({ baseUrl: "http://localhost:4111" });
 * const answer = await client.getAgent("guide").generate("Hello");
 */
export type MastraClient = MastraClientMethods;
// Its methods come from tables; the interface says which.
export const MastraClient = Implementation as unknown as new (options: MastraClientOptions) => MastraClient;
