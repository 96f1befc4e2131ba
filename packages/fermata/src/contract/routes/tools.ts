import { z } from "zod";
import { route } from "../route.ts";
import { ContextQuery } from "../shapes/agent.ts";
import { ToolCallBody, ToolCallQuery, ToolDescription, ToolParams } from "../shapes/tool.ts";

export const tools = {
  list: route({
    method: "GET",
    path: "/tools",
    summary: "List all tools, those of agents included.",
    access: "tools:read",
    asksForEach: true,
    query: ContextQuery,
    response: z.record(z.string(), ToolDescription),
  }),
  get: route({
    method: "GET",
    path: "/tools/:toolId",
    summary: "Describe a tool.",
    access: "tools:read",
    params: ToolParams,
    query: ContextQuery,
    response: ToolDescription,
    errors: ["NOT_FOUND"],
  }),
  execute: route({
    method: "POST",
    path: "/tools/:toolId/execute",
    summary: "Run a tool.",
    access: "tools:execute",
    params: ToolParams,
    query: ToolCallQuery,
    body: ToolCallBody,
    response: z.unknown(),
    errors: ["NOT_FOUND", "FORBIDDEN", "CONFLICT", "TOOL_FAILED"],
  }),
};
