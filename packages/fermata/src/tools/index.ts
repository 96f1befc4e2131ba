export { createTool } from "./tool.ts";
export type { AgentToolContext, AnyTool, NeedsApproval, ProviderTool, Tool, ToolConfig, ToolContext, Tools } from "./tool.ts";
export type { DataChunk } from "./tool-writer.ts";
export { ToolWriter } from "./tool-writer.ts";
