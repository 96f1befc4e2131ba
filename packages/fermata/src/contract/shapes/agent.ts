import { z } from "zod";
import { Id, RequestContextValues, Usage } from "./common.ts";
import { ToolDescription } from "./tool.ts";

export const AgentParams = z.object({ agentId: z.string() });
export const AgentToolParams = z.object({ agentId: z.string(), toolId: z.string() });

/** Without `redact: false` on the adapter, `instructions` are left out. */
const agentMembers = {
  name: z.string(),
  description: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  instructions: z.string().optional(),
  agents: z.record(z.string(), z.object({ id: z.string(), name: z.string() })),
  tools: z.record(z.string(), ToolDescription),
  workflows: z.record(z.string(), z.object({ name: z.string(), steps: z.record(z.string(), z.object({ id: z.string() })).optional() })),
  skills: z.array(z.unknown()),
  workspaceTools: z.array(z.string()),
  browserTools: z.array(z.string()),
  hasBrowser: z.boolean(),
  inputProcessors: z.array(z.object({ id: z.string(), name: z.string() })),
  outputProcessors: z.array(z.object({ id: z.string(), name: z.string() })),
  provider: z.string().optional(),
  modelId: z.string().optional(),
  modelVersion: z.string().optional(),
  modelList: z
    .array(
      z.object({
        id: z.string(),
        enabled: z.boolean(),
        maxRetries: z.number(),
        model: z.object({ provider: z.string(), modelId: z.string(), modelVersion: z.string() }),
      }),
    )
    .optional(),
  supportsMemory: z.boolean(),
  requestContextSchema: z.string().optional(),
  defaultOptions: z.record(z.string(), z.unknown()),
  defaultGenerateOptionsLegacy: z.record(z.string(), z.unknown()),
  defaultStreamOptionsLegacy: z.record(z.string(), z.unknown()),
  source: z.literal("code"),
};

export const AgentDescription = z.object(agentMembers).meta({ id: "Agent" });
export const AgentListItem = z.object({ id: z.string(), ...agentMembers, hasDraft: z.boolean() }).meta({ id: "AgentListItem" });
export const AgentListQuery = z.object({ partial: z.string().optional(), requestContext: z.string().optional() });
export const AgentQuery = z.object({
  status: z.enum(["draft", "published"]).optional(),
  versionId: z.string().optional(),
  requestContext: z.string().optional(),
});
export const ContextQuery = z.object({ requestContext: z.string().optional() });

export const ProviderList = z
  .object({
    providers: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        label: z.string(),
        description: z.string(),
        envVar: z.union([z.string(), z.array(z.string())]),
        connected: z.boolean(),
        docUrl: z.string().optional(),
        models: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: "ProviderList" });

const JsonSchema = z.record(z.string(), z.unknown()).describe("JSON Schema");

const SystemText = z.union([z.string(), z.array(z.union([z.string(), z.looseObject({})])), z.looseObject({})]);

/** No timer can wait longer. */
const Milliseconds = z.int().min(1).max(2_147_483_647);

const ModelSettings = z
  .object({
    temperature: z.number().optional(),
    maxOutputTokens: z.int().min(1).optional(),
    topP: z.number().optional(),
    topK: z.number().optional(),
    presencePenalty: z.number().optional(),
    frequencyPenalty: z.number().optional(),
    stopSequences: z.array(z.string()).optional(),
    seed: z.int().optional(),
    maxRetries: z.int().min(0).max(10).optional(),
    timeout: z
      .object({ totalMs: Milliseconds.optional(), stepMs: Milliseconds.optional(), firstChunkMs: Milliseconds.optional() })
      .optional(),
  })
  .meta({ id: "ModelSettings" });

const ClientTool = z
  .object({
    id: z.string().optional(),
    description: z.string().optional(),
    inputSchema: JsonSchema.optional(),
    parameters: JsonSchema.optional(),
  })
  .meta({ id: "ClientTool" });

const StructuredOutput = z
  .object({
    schema: JsonSchema,
    model: z.string().optional(),
    instructions: z.string().optional(),
    jsonPromptInjection: z.boolean().optional(),
    errorStrategy: z.enum(["strict", "warn", "fallback"]).optional(),
    fallbackValue: z.unknown().optional(),
  })
  .meta({ id: "StructuredOutput" });

const Memory = z
  .object({
    thread: z
      .union([Id, z.object({ id: Id, title: z.string().optional(), metadata: z.record(z.string(), z.unknown()).optional() })])
      .optional(),
    resource: Id.optional(),
    readOnly: z.boolean().optional(),
    options: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: "MemorySelection" });

const OnDisconnect = z
  .union([z.enum(["cancel", "continue"]), z.object({ graceMs: z.int().min(0).max(86_400_000) })])
  .describe("What becomes of the run when its reader is gone");

const runOptions = {
  onDisconnect: OnDisconnect.optional(),
  instructions: SystemText.optional(),
  system: SystemText.optional(),
  context: z.array(z.unknown()).optional(),
  memory: Memory.optional(),
  runId: Id.optional(),
  savePerStep: z.boolean().optional(),
  requestContext: RequestContextValues.optional(),
  maxSteps: z.int().min(1).max(1000).optional(),
  model: z
    .union([z.string(), z.looseObject({})])
    .optional()
    .describe("'provider/model'"),
  providerOptions: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  modelSettings: ModelSettings.optional(),
  activeTools: z.array(z.string()).optional(),
  toolsets: z.record(z.string(), z.record(z.string(), ClientTool)).optional(),
  clientTools: z.record(z.string(), ClientTool).optional(),
  toolChoice: z.union([z.enum(["auto", "none", "required"]), z.object({ type: z.literal("tool"), toolName: z.string() })]).optional(),
  toolCallConcurrency: z.int().min(1).max(100).optional(),
  requireToolApproval: z.boolean().optional(),
  structuredOutput: StructuredOutput.optional(),
  output: JsonSchema.optional().describe("An older name of structuredOutput.schema"),
  includeRawChunks: z.boolean().optional(),
};

const Messages = z
  .union([z.string(), z.array(z.unknown()), z.looseObject({})])
  .describe("A text, or messages in the forms of AI SDK or this server");

/** The options of a run that its caller does not read. */
export const RunOptions = z.object(runOptions).meta({ id: "AgentRunOptions" });
export const RunBody = z.object({ messages: Messages, ...runOptions }).meta({ id: "AgentRun" });
export const ResumeBody = z
  .object({ ...runOptions, runId: Id, resumeData: z.unknown(), toolCallId: z.string().optional(), messages: Messages.optional() })
  .meta({ id: "AgentResume" });

const answer = {
  runId: Id,
  onDisconnect: OnDisconnect.optional(),
  toolCallId: z.string().optional(),
  requestContext: RequestContextValues.optional(),
  model: z.string().optional(),
  format: z.string().optional(),
};
export const ApproveBody = z.object(answer).meta({ id: "ToolCallApproval" });
export const DeclineBody = z.object({ ...answer, reason: z.string().optional() }).meta({ id: "ToolCallRefusal" });

export const SuspendedRunsQuery = z.object({
  threadId: z.string().optional(),
  resourceId: z.string().optional(),
  fromDate: z.coerce.date().optional(),
  toDate: z.coerce.date().optional(),
  page: z.coerce.number().int().min(0).max(1_000_000).optional(),
  perPage: z.coerce.number().int().min(1).max(1000).optional(),
  requestContext: z.string().optional(),
});

export const SuspendedRuns = z
  .object({
    runs: z.array(
      z.object({
        runId: z.string(),
        status: z.literal("suspended"),
        threadId: z.string().optional(),
        resourceId: z.string().optional(),
        suspendedAt: z.string().describe("ISO 8601"),
        toolCalls: z.array(z.object({ toolCallId: z.string(), toolName: z.string(), args: z.unknown(), requiresApproval: z.boolean() })),
      }),
    ),
    total: z.number(),
  })
  .meta({ id: "SuspendedRuns" });

const Chunk = z.looseObject({
  type: z.string(),
  runId: z.string().optional(),
  from: z.string().optional(),
  payload: z.unknown().optional(),
});

const Step = z
  .looseObject({
    stepType: z.enum(["initial", "tool-result"]),
    text: z.string(),
    content: z.array(z.unknown()),
    toolCalls: z.array(Chunk),
    toolResults: z.array(Chunk),
    finishReason: z.string(),
    usage: Usage,
    warnings: z.array(z.unknown()),
    response: z.looseObject({ id: z.string(), timestamp: z.string(), modelId: z.string() }),
  })
  .meta({ id: "Step" });

const StoredMessage = z
  .looseObject({
    id: z.string(),
    role: z.string(),
    createdAt: z.string(),
    content: z.looseObject({ format: z.literal(2), parts: z.array(z.looseObject({ type: z.string() })) }),
  })
  .meta({ id: "StoredMessage" });

export const GenerateReply = z
  .object({
    text: z.string(),
    usage: Usage,
    steps: z.array(Step),
    finishReason: z.string(),
    warnings: z.array(z.unknown()),
    providerMetadata: z.unknown().optional(),
    request: z.record(z.string(), z.unknown()),
    reasoning: z.array(Chunk),
    reasoningText: z.string().optional(),
    toolCalls: z.array(Chunk),
    toolResults: z.array(Chunk),
    sources: z.array(Chunk),
    files: z.array(Chunk),
    response: z.looseObject({}),
    totalUsage: Usage,
    object: z.unknown().optional(),
    usedFallbackValue: z.boolean(),
    runId: z.string(),
    suspendPayload: z.unknown().optional(),
    resumeSchema: z.string().optional(),
    tripwire: z.unknown().optional(),
    messages: z.array(StoredMessage),
    rememberedMessages: z.array(StoredMessage),
  })
  .meta({ id: "AgentReply" });
