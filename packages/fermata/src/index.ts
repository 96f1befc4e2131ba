/** What most apps import. Each room has an entry point of its own as well: `fermata/agent`, `fermata/tools`, … */
export { Agent, AgentStream } from "./agents/index.ts";
export type { AgentChunk, AgentConfig, AgentOptions, GenerateResult, Processor, StructuredOutput } from "./agents/index.ts";
export { RequestContext } from "./context/index.ts";
export { ERROR_STATUS, FermataError } from "./errors.ts";
export type { ErrorCode } from "./errors.ts";
export { Mastra } from "./mastra.ts";
export type { ApiRoute, MastraConfig, ServerConfig } from "./mastra.ts";
export { serve } from "./serve.ts";
export type { RunningServer, ServeOptions } from "./serve.ts";
export { createRoute, registerApiRoute } from "./server/index.ts";
export { createLogger } from "./telemetry/logger.ts";
export type { Logger } from "./telemetry/logger.ts";
export { createTool, ToolWriter } from "./tools/index.ts";
export type { Tool, ToolConfig, ToolContext } from "./tools/index.ts";
export { createStep, createWorkflow, mapVariable } from "./workflows/index.ts";
export type { Step, StepContext, Workflow, WorkflowChunk, WorkflowConfig, WorkflowResult, WorkflowRun } from "./workflows/index.ts";
