import type { Handlers } from "../route-table.ts";
import { approveToolCall, approveToolCallGenerate, declineToolCall, declineToolCallGenerate } from "./agents/answer-tool-call.ts";
import { generate } from "./agents/generate.ts";
import { get } from "./agents/get.ts";
import { list } from "./agents/list.ts";
import { observe, recover } from "./agents/observe.ts";
import { providers } from "./agents/providers.ts";
import { resumeStream } from "./agents/resume-stream.ts";
import { stream } from "./agents/stream.ts";
import { suspendedRuns } from "./agents/suspended-runs.ts";
import { executeTool, getTool } from "./agents/tools.ts";
import { apiKeyHandlers } from "./api-keys/index.ts";
import { authHandlers } from "./auth/index.ts";
import { create as createChatCompletion } from "./chat/create.ts";
import { getModel } from "./chat/get-model.ts";
import { listModels } from "./chat/list-models.ts";
import { mailHandlers } from "./mail/index.ts";
import { memoryCompatHandlers, memoryHandlers } from "./memory/index.ts";
import { conversationHandlers } from "./conversations/index.ts";
import { responseHandlers } from "./responses/index.ts";
import { runHandlers } from "./runs/index.ts";
import { scheduleHandlers } from "./schedules/index.ts";
import { apiSchema } from "./system/api-schema.ts";
import { packages } from "./system/packages.ts";
import { routes } from "./system/routes.ts";
import { execute } from "./tools/execute.ts";
import { get as getGlobalTool } from "./tools/get.ts";
import { list as listTools } from "./tools/list.ts";
import { workflowHandlers } from "./workflows/index.ts";
import { createIndex, deleteIndex, describeIndex, embedders, list as listVectors, listIndexes, query, upsert } from "./vectors/indexes.ts";

/** What answers each route of the contract. */
export const handlers: Handlers = {
  agents: {
    list,
    providers,
    get,
    generate,
    stream,
    resumeStream,
    approveToolCall,
    declineToolCall,
    approveToolCallGenerate,
    declineToolCallGenerate,
    suspendedRuns,
    observe,
    recover,
    streamUntilIdle: (input, call) => stream(input, call),
    resumeStreamUntilIdle: (input, call) => resumeStream(input, call),
    ...mailHandlers,
    getTool,
    executeTool,
  },
  tools: { list: listTools, get: getGlobalTool, execute },
  system: { packages, apiSchema, routes },
  apiKeys: apiKeyHandlers,
  auth: authHandlers,
  chat: { create: createChatCompletion, listModels, getModel },
  responses: responseHandlers,
  conversations: conversationHandlers,
  runs: runHandlers,
  memory: memoryHandlers,
  memoryCompat: memoryCompatHandlers,
  workflows: workflowHandlers,
  schedules: scheduleHandlers,
  vectors: { list: listVectors, embedders, createIndex, upsert, query, listIndexes, describeIndex, deleteIndex },
  compat: { generateVnext: (input, call) => generate(input, call), streamVnext: (input, call) => stream(input, call) },
};
