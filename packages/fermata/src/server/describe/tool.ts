import type { z } from "zod";
import type { ToolDescription } from "../../contract/shapes/tool.ts";
import { toJsonSchema, type Schema } from "../../schema/schema.ts";
import { isProviderTool, type AnyTool, type ProviderTool } from "../../tools/tool.ts";

type Description = z.input<typeof ToolDescription>;

/** A tool does not change once it is made, so it is described once. */
const described = new WeakMap<object, Description>();

/** A tool as clients see it. `partial` leaves the schemas of input and output out. */
export function describeTool(tool: AnyTool | ProviderTool, partial = false): Description {
  if (partial) return describe(tool, true);
  const known = described.get(tool);
  if (known) return known;
  const made = describe(tool, false);
  described.set(tool, made);
  return made;
}

function describe(tool: AnyTool | ProviderTool, partial: boolean): Description {
  if (isProviderTool(tool)) return { id: tool.id, description: "Run by the model's provider", requireApproval: false };
  const { id, description, inputSchema, outputSchema, suspendSchema, resumeSchema, requestContextSchema, requireApproval } = tool;
  return {
    id,
    description,
    ...(inputSchema && !partial && { inputSchema: envelope(inputSchema) }),
    ...(outputSchema && !partial && { outputSchema: envelope(outputSchema) }),
    ...(suspendSchema && { suspendSchema: envelope(suspendSchema) }),
    ...(resumeSchema && { resumeSchema: envelope(resumeSchema) }),
    ...(requestContextSchema && { requestContextSchema: envelope(requestContextSchema) }),
    // A function decides call by call: to the caller that means "perhaps".
    requireApproval: requireApproval !== undefined && requireApproval !== false,
  };
}

/** The wire's form of a schema: JSON text of `{ "json": … }` (`wire.md` section 4.1). */
export function envelope(schema: Schema): string {
  return JSON.stringify({ json: toJsonSchema(schema, "draft-2020-12") });
}

/** Tools of a group by name. */
export function describeTools(tools: Readonly<Record<string, AnyTool | ProviderTool>>, partial = false): Record<string, Description> {
  return Object.fromEntries(Object.entries(tools).map(([name, tool]) => [name, describeTool(tool, partial)]));
}
