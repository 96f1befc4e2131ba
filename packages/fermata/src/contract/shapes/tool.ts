import { z } from "zod";
import { RequestContextValues } from "./common.ts";

/** A tool as clients see it. Schemas are JSON text of `{ "json": <JSON Schema> }`. */
export const ToolDescription = z
  .object({
    id: z.string(),
    description: z.string().optional(),
    inputSchema: z.string().optional().describe('JSON text: { "json": <JSON Schema> }'),
    outputSchema: z.string().optional().describe('JSON text: { "json": <JSON Schema> }'),
    suspendSchema: z.string().optional().describe('JSON text: { "json": <JSON Schema> }'),
    resumeSchema: z.string().optional().describe('JSON text: { "json": <JSON Schema> }'),
    requestContextSchema: z.string().optional().describe('JSON text: { "json": <JSON Schema> }'),
    requireApproval: z.boolean().optional(),
  })
  .meta({ id: "Tool" });

export const ToolCallBody = z
  .object({
    data: z.unknown().optional().describe("The tool's input"),
    requestContext: RequestContextValues.optional(),
  })
  .refine((body) => body.data !== undefined, { path: ["data"], message: "data is required" })
  .meta({ id: "ToolCall" });

export const ToolParams = z.object({ toolId: z.string() });
export const ToolCallQuery = z.object({ runId: z.string().optional(), requestContext: z.string().optional() });
