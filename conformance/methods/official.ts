/** The resources of a client of the official kind, and what each of its methods sends first. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MastraClient } from "@mastra/client-js";

/** Any of the two clients: looked at from outside, method by method. */
export type AnyClient = new (options: ConstructorParameters<typeof MastraClient>[0]) => object;
type Methods = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** A client with the last request that it has sent. */
export class Recorder {
  readonly client: Methods;
  #sent: string[] = [];

  constructor(Client: AnyClient) {
    const record: typeof fetch = async (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      this.#sent.push(`${init?.method ?? "GET"} ${pathname}`);
      return Response.json({ runId: "a-runId" });
    };
    this.client = new Client({ baseUrl: "http://server", retries: 0, fetch: record }) as Methods; // looked at by name
  }

  /** The first request of a call. What the call makes of the reply is another affair. */
  async firstOf(call: () => unknown): Promise<string | undefined> {
    this.#sent = [];
    try {
      const given = await call();
      if (isGenerator(given)) await given.next();
    } catch {
      // The reply is no real one.
    }
    return this.#sent[0];
  }
}

function isGenerator(value: unknown): value is AsyncGenerator {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && "next" in value;
}

// Looked at by name, from outside: what is not there fails the test that looks for it.
const call = (of: unknown, name: string, ...args: unknown[]): unknown => (of as Methods)[name]?.(...args);
const member = (of: unknown, name: string): unknown => (of as Readonly<Record<string, unknown>>)[name];

/** How to come by each resource; each name is a heading of the client's reference. */
export const RESOURCES: Readonly<Record<string, (client: Methods) => unknown>> = {
  MastraClient: (client) => client,
  Agent: (client) => call(client, "getAgent", "a-agentId"),
  AgentVoice: (client) => member(call(client, "getAgent", "a-agentId"), "voice"),
  MemoryThread: (client) => call(client, "getMemoryThread", { threadId: "a-threadId", agentId: "a-agentId" }),
  Vector: (client) => call(client, "getVector", "a-vectorName"),
  Tool: (client) => call(client, "getTool", "a-toolId"),
  Processor: (client) => call(client, "getProcessor", "a-processorId"),
  Conversations: (client) => member(client, "conversations"),
  ConversationItems: (client) => member(member(client, "conversations"), "items"),
  Responses: (client) => member(client, "responses"),
  Channels: (client) => member(client, "channels"),
  Workflow: (client) => call(client, "getWorkflow", "a-workflowId"),
  Run: (client) => call(call(client, "getWorkflow", "a-workflowId"), "createRun", { runId: "a-runId" }),
  A2A: (client) => call(client, "getA2A", "a-agentId"),
  A2AV1: (client) => call(client, "getA2AV1", "a-agentId"),
  MCPTool: (client) => call(client, "getMcpServerTool", "a-serverId", "a-toolId"),
  AgentBuilder: (client) => call(client, "getAgentBuilderAction", "a-actionId"),
  StoredAgent: (client) => call(client, "getStoredAgent", "a-storedAgentId"),
  DynamicWorkflow: (client) => call(client, "getDynamicWorkflow", "a-dynamicWorkflowId"),
  StoredPromptBlock: (client) => call(client, "getStoredPromptBlock", "a-storedPromptBlockId"),
  StoredMCPClient: (client) => call(client, "getStoredMCPClient", "a-storedMCPClientId"),
  StoredScorer: (client) => call(client, "getStoredScorer", "a-storedScorerId"),
  StoredSkill: (client) => call(client, "getStoredSkill", "a-storedSkillId"),
  ToolProvider: (client) => call(client, "getToolProvider", "a-providerId"),
  ProcessorProvider: (client) => call(client, "getProcessorProvider", "a-providerId"),
  Workspace: (client) => call(client, "getWorkspace", "a-workspaceId"),
  WorkspaceSkillResource: (client) => call(call(client, "getWorkspace", "a-workspaceId"), "getSkill", "a-skillName"),
  AgentController: (client) => call(client, "getAgentController", "a-controllerId"),
  AgentControllerSession: (client) => call(call(client, "getAgentController", "a-controllerId"), "session", "a-resourceId"),
};

const folder = dirname(fileURLToPath(import.meta.resolve("@mastra/client-js")));
const declarations = globSync(["resources/*.d.ts", "client.d.ts"], { cwd: folder }).map((file) => readFileSync(join(folder, file), "utf8"));
/** What the declarations call private, and two helpers that send nothing and that nobody but their classes calls. */
const NOT_PUBLIC: ReadonlySet<string> = new Set([
  "constructor",
  "processStreamResponse",
  "transformWorkflowResult",
  ...declarations.flatMap((text) => [...text.matchAll(/\bprivate (\w+);/g)].map(([, name = ""]) => name)),
]);

/** The public methods that a resource's class declares; what it inherits from the client's base is not its own. */
export function methodsOf(resource: object): string[] {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(resource));
  return names.filter((name) => !NOT_PUBLIC.has(name) && typeof (resource as Record<string, unknown>)[name] === "function");
}

/** Arguments for a method, by the names of its parameters: texts are `a-<name>`, and objects have every name that paths have. */
export function argumentsOf(method: (...args: never[]) => unknown): unknown[] {
  const list = /^(?:async\s+)?\*?\s*[\w$#]+\s*\(([\s\S]*?)\)\s*\{/.exec(method.toString())?.[1] ?? "";
  const parameters = list
    .replace(/\{[^}]*\}/g, "object")
    .split(",")
    .map((one) => one.trim().replace(/\s*=.*$/, ""));
  return parameters.filter((name) => name !== "").map(argumentFor);
}

function argumentFor(name: string): unknown {
  if (name === "requestContext") return undefined;
  if (name === "messages" || name === "messageIds" || name === "records") return [];
  if (name === "approved" || name === "partial" || name === "recursive") return true;
  return /^(params|options|opts|object|updates|input|resumeData|version|routeOverrides|messagesOrParams|audio|policy)$/.test(name)
    ? Object.fromEntries(MEMBERS.map((member) => [member, `a-${member}`]))
    : `a-${name}`;
}

const MEMBERS = [
  "agentId",
  "backgroundTaskId",
  "datasetId",
  "entityId",
  "entityType",
  "experimentId",
  "feedbackId",
  "itemId",
  "modelConfigId",
  "query",
  "registryId",
  "resourceId",
  "resultId",
  "runId",
  "scorerId",
  "spanId",
  "threadId",
  "traceId",
];
