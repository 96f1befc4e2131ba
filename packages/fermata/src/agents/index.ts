export { Agent } from "./agent.ts";
export type { AgentWorkflow } from "./host.ts";
export type { AgentConfig, ResumeOptions, ResumeTarget } from "./agent.ts";
export { AgentStream } from "./agent-stream.ts";
export type { AgentChunk } from "./chunks.ts";
export type { AgentOptions, ClientTool, Dynamic, Instructions, MessageInput, StructuredOutput, ToolChoice } from "./options.ts";
export type { Processor } from "./processors.ts";
export type { GenerateResult } from "./generate-result.ts";
