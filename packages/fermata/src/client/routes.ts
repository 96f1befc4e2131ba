/**
 * The routes as the client needs them at run time: method, path and framing. The contract itself would bring every schema along.
 * The compiler holds the table against the contract: a route that is missing here, or that differs, does not compile.
 */
import type { Contract } from "../contract/index.ts";

/** `POST /agents/:agentId/stream sse`; `events` for a route that streams when its body asks for it. */
type RouteLine<S> = S extends { readonly method: infer M extends string; readonly path: infer P extends string }
  ? S extends { readonly stream: infer F extends string }
    ? `${M} ${P} ${F}`
    : S extends { readonly events: object }
      ? `${M} ${P} events`
      : `${M} ${P}`
  : never;

type Table = { readonly [G in keyof Contract]: { readonly [R in keyof Contract[G]]: RouteLine<Contract[G][R]> } };

export const ROUTES: Table = {
  runs: {
    list: "GET /runs",
    get: "GET /runs/:runId",
    stream: "GET /runs/:runId/stream sse",
    cancel: "POST /runs/:runId/cancel",
    resume: "POST /runs/:runId/resume",
    delete: "DELETE /runs/:runId",
  },
  schedules: {
    list: "GET /schedules",
    get: "GET /schedules/:scheduleId",
    create: "POST /schedules",
    update: "PATCH /schedules/:scheduleId",
    delete: "DELETE /schedules/:scheduleId",
    triggers: "GET /schedules/:scheduleId/triggers",
    pause: "POST /schedules/:scheduleId/pause",
    resume: "POST /schedules/:scheduleId/resume",
    run: "POST /schedules/:scheduleId/run",
  },
  agents: {
    list: "GET /agents",
    providers: "GET /agents/providers",
    get: "GET /agents/:agentId",
    generate: "POST /agents/:agentId/generate",
    stream: "POST /agents/:agentId/stream sse",
    resumeStream: "POST /agents/:agentId/resume-stream sse",
    approveToolCall: "POST /agents/:agentId/approve-tool-call sse",
    declineToolCall: "POST /agents/:agentId/decline-tool-call sse",
    approveToolCallGenerate: "POST /agents/:agentId/approve-tool-call-generate",
    declineToolCallGenerate: "POST /agents/:agentId/decline-tool-call-generate",
    suspendedRuns: "GET /agents/:agentId/suspended-runs",
    observe: "POST /agents/:agentId/observe sse",
    recover: "POST /agents/:agentId/recover sse",
    getTool: "GET /agents/:agentId/tools/:toolId",
    executeTool: "POST /agents/:agentId/tools/:toolId/execute",
  },
  tools: {
    list: "GET /tools",
    get: "GET /tools/:toolId",
    execute: "POST /tools/:toolId/execute",
  },
  system: {
    packages: "GET /system/packages",
    apiSchema: "GET /system/api-schema",
    routes: "GET /system/routes",
  },
  auth: {
    capabilities: "GET /auth/capabilities",
    me: "GET /auth/me",
    ssoLogin: "GET /auth/sso/login",
    ssoCallback: "GET /auth/sso/callback",
    logout: "POST /auth/logout",
    refresh: "POST /auth/refresh",
    signIn: "POST /auth/credentials/sign-in",
    signUp: "POST /auth/credentials/sign-up",
    rolePermissions: "GET /auth/roles/:roleId/permissions",
    permissionPatterns: "GET /auth/permission-patterns",
  },
  chat: {
    create: "POST /v1/chat/completions events",
    listModels: "GET /v1/models",
    getModel: "GET /v1/models/:model",
  },
  responses: {
    create: "POST /v1/responses events",
    get: "GET /v1/responses/:responseId events",
    delete: "DELETE /v1/responses/:responseId",
    cancel: "POST /v1/responses/:responseId/cancel",
    listInputItems: "GET /v1/responses/:responseId/input_items",
  },
  conversations: {
    create: "POST /v1/conversations",
    get: "GET /v1/conversations/:conversationId",
    update: "POST /v1/conversations/:conversationId",
    delete: "DELETE /v1/conversations/:conversationId",
    listItems: "GET /v1/conversations/:conversationId/items",
    createItems: "POST /v1/conversations/:conversationId/items",
    getItem: "GET /v1/conversations/:conversationId/items/:itemId",
    deleteItem: "DELETE /v1/conversations/:conversationId/items/:itemId",
  },
  compat: {
    generateVnext: "POST /agents/:agentId/generate/vnext",
    streamVnext: "POST /agents/:agentId/stream/vnext records",
  },
  memory: {
    status: "GET /memory/status",
    config: "GET /memory/config",
    listThreads: "GET /memory/threads",
    createThread: "POST /memory/threads",
    getThread: "GET /memory/threads/:threadId",
    updateThread: "PATCH /memory/threads/:threadId",
    deleteThread: "DELETE /memory/threads/:threadId",
    listMessages: "GET /memory/threads/:threadId/messages",
    saveMessages: "POST /memory/save-messages",
    deleteMessages: "POST /memory/messages/delete",
    getWorkingMemory: "GET /memory/threads/:threadId/working-memory",
    updateWorkingMemory: "POST /memory/threads/:threadId/working-memory",
    search: "GET /memory/search",
    cloneThread: "POST /memory/threads/:threadId/clone",
    transferThread: "POST /memory/threads/:threadId/transfer",
  },
  memoryCompat: {
    networkStatus: "GET /memory/network/status",
    networkListThreads: "GET /memory/network/threads",
    networkCreateThread: "POST /memory/network/threads",
    networkGetThread: "GET /memory/network/threads/:threadId",
    networkUpdateThread: "PATCH /memory/network/threads/:threadId",
    networkDeleteThread: "DELETE /memory/network/threads/:threadId",
    networkListMessages: "GET /memory/network/threads/:threadId/messages",
    networkSaveMessages: "POST /memory/network/save-messages",
    networkDeleteMessages: "POST /memory/network/messages/delete",
  },
  vectors: {
    list: "GET /vectors",
    embedders: "GET /embedders",
    createIndex: "POST /vector/:vectorName/create-index",
    upsert: "POST /vector/:vectorName/upsert",
    query: "POST /vector/:vectorName/query",
    listIndexes: "GET /vector/:vectorName/indexes",
    describeIndex: "GET /vector/:vectorName/indexes/:indexName",
    deleteIndex: "DELETE /vector/:vectorName/indexes/:indexName",
  },
  workflows: {
    list: "GET /workflows",
    runCounts: "GET /workflows/run-counts",
    get: "GET /workflows/:workflowId",
    listRuns: "GET /workflows/:workflowId/runs",
    getRun: "GET /workflows/:workflowId/runs/:runId",
    deleteRun: "DELETE /workflows/:workflowId/runs/:runId",
    createRun: "POST /workflows/:workflowId/create-run",
    start: "POST /workflows/:workflowId/start",
    startAsync: "POST /workflows/:workflowId/start-async",
    stream: "POST /workflows/:workflowId/stream records",
    resume: "POST /workflows/:workflowId/resume",
    resumeAsync: "POST /workflows/:workflowId/resume-async",
    resumeNoWait: "POST /workflows/:workflowId/resume-no-wait",
    resumeStream: "POST /workflows/:workflowId/resume-stream records",
    observe: "POST /workflows/:workflowId/observe records",
    cancel: "POST /workflows/:workflowId/runs/:runId/cancel",
    timeTravel: "POST /workflows/:workflowId/time-travel",
    timeTravelAsync: "POST /workflows/:workflowId/time-travel-async",
    timeTravelStream: "POST /workflows/:workflowId/time-travel-stream records",
    restart: "POST /workflows/:workflowId/restart",
    restartAsync: "POST /workflows/:workflowId/restart-async",
    restartAll: "POST /workflows/:workflowId/restart-all-active-workflow-runs",
    restartAllAsync: "POST /workflows/:workflowId/restart-all-active-workflow-runs-async",
    streamLegacy: "POST /workflows/:workflowId/stream-legacy records",
    observeStreamLegacy: "POST /workflows/:workflowId/observe-stream-legacy records",
  },
};
