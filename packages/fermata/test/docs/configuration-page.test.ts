/** `satisfies Record<keyof …, true>` makes a new option a type error here, and then a missing line in the page a failure. */
import { describe, expect, test } from "vitest";
import type { MastraServerOptions } from "../../src/adapters/hono.ts";
import type { AgentConfig } from "../../src/agents/agent.ts";
import type { AgentOptions, StructuredOutput } from "../../src/agents/options.ts";
import type { Processor } from "../../src/agents/processors.ts";
import { Mastra, type ApiRoute, type MastraConfig, type ServerConfig } from "../../src/mastra.ts";
import type { RunOptions } from "../../src/runs/run-worker.ts";
import type { ModelSettings } from "../../src/models/types.ts";
import type { ServeOptions } from "../../src/serve.ts";
import type { ConsoleLoggerOptions } from "../../src/telemetry/logger.ts";
import type { ToolConfig } from "../../src/tools/tool.ts";
import { codeWords, marked, section } from "./pages.ts";

const PAGE = "docs/configuration.md";

const OPTIONS: Readonly<Record<string, object>> = {
  "new Mastra": {
    agents: true,
    tools: true,
    workflows: true,
    storage: true,
    retention: true,
    memory: true,
    vectors: true,
    logger: true,
    suspensions: true,
    runs: true,
    server: true,
  } satisfies Record<keyof MastraConfig, true>,
  runs: { leaseMs: true, concurrency: true } satisfies Record<keyof RunOptions, true>,
  server: {
    port: true,
    host: true,
    apiPrefix: true,
    timeout: true,
    bodySizeLimit: true,
    drainTimeout: true,
    handleShutdownSignals: true,
    build: true,
    auth: true,
    rbac: true,
    policy: true,
    requireAuth: true,
    publicUrl: true,
    middleware: true,
    cors: true,
    limits: true,
    https: true,
    apiRoutes: true,
    onError: true,
    onValidationError: true,
  } satisfies Record<keyof ServerConfig, true>,
  serve: { port: true, host: true, streamOptions: true, bodyLimitOptions: true, openaiAtRoot: true, announce: true } satisfies Record<
    keyof ServeOptions,
    true
  >,
  MastraServer: {
    app: true,
    mastra: true,
    prefix: true,
    openapiPath: true,
    bodyLimitOptions: true,
    streamOptions: true,
    openaiAtRoot: true,
    customApiRoutes: true,
    ownsApp: true,
    customRouteAuthConfig: true,
    tools: true,
  } satisfies Record<keyof MastraServerOptions, true>,
  registerApiRoute: {
    method: true,
    handler: true,
    createHandler: true,
    middleware: true,
    openapi: true,
    requiresAuth: true,
    requiresPermission: true,
    cors: true,
    maxBodySize: true,
  } satisfies Record<Exclude<keyof ApiRoute, "path">, true>,
  "new Agent": {
    id: true,
    name: true,
    description: true,
    instructions: true,
    model: true,
    maxRetries: true,
    tools: true,
    agents: true,
    workflows: true,
    memory: true,
    inputProcessors: true,
    outputProcessors: true,
    maxProcessorRetries: true,
    defaultOptions: true,
    requestContextSchema: true,
    metadata: true,
    durability: true,
    onDisconnect: true,
  } satisfies Record<keyof AgentConfig, true>,
  "generate and stream": {
    runId: true,
    requestContext: true,
    abortSignal: true,
    instructions: true,
    system: true,
    context: true,
    memory: true,
    maxSteps: true,
    stopWhen: true,
    prepareStep: true,
    model: true,
    modelSettings: true,
    providerOptions: true,
    toolChoice: true,
    activeTools: true,
    toolsets: true,
    clientTools: true,
    toolCallConcurrency: true,
    requireToolApproval: true,
    structuredOutput: true,
    inputProcessors: true,
    outputProcessors: true,
    maxProcessorRetries: true,
    includeRawChunks: true,
    durability: true,
    onChunk: true,
    onStepFinish: true,
    onFinish: true,
    onError: true,
    onAbort: true,
  } satisfies Record<keyof AgentOptions, true>,
  modelSettings: {
    temperature: true,
    maxOutputTokens: true,
    topP: true,
    topK: true,
    presencePenalty: true,
    frequencyPenalty: true,
    stopSequences: true,
    seed: true,
    maxRetries: true,
    headers: true,
    timeout: true,
  } satisfies Record<keyof ModelSettings, true>,
  structuredOutput: {
    schema: true,
    model: true,
    instructions: true,
    jsonPromptInjection: true,
    errorStrategy: true,
    fallbackValue: true,
  } satisfies Record<keyof StructuredOutput, true>,
  createTool: {
    id: true,
    description: true,
    inputSchema: true,
    outputSchema: true,
    suspendSchema: true,
    resumeSchema: true,
    requestContextSchema: true,
    strict: true,
    requireApproval: true,
    execute: true,
    toModelOutput: true,
    providerOptions: true,
    inputExamples: true,
    metadata: true,
  } satisfies Record<keyof ToolConfig, true>,
  Processors: {
    id: true,
    name: true,
    processInput: true,
    processInputStep: true,
    processOutputStream: true,
    processOutputStep: true,
    processOutputResult: true,
  } satisfies Record<keyof Processor, true>,
  Logger: { level: true, format: true, write: true } satisfies Record<keyof ConsoleLoggerOptions, true>,
};

test.each(Object.entries(OPTIONS))("docs/configuration.md has a line for every option of %s, and for no other", (heading, options) => {
  const rows = section(PAGE, heading).match(/^\| `.*$/gm) ?? [];
  const listed = rows.flatMap((row) => codeWords(row.split("|")[1] ?? ""));
  expect(listed.sort()).toEqual(Object.keys(options).sort());
});

describe("options that docs/configuration.md calls refused", () => {
  const refused = codeWords(marked(PAGE, "refused"));

  test.each(refused)("%s is refused by name", (name) => {
    const [first = "", second] = name.split(".");
    const config: object = second === undefined ? { [first]: {} } : { [first]: { [second]: {} } };
    expect(() => new Mastra(config)).toThrow(
      expect.objectContaining({ code: "MISCONFIGURED", message: expect.stringContaining(name) as unknown }),
    );
  });
});
