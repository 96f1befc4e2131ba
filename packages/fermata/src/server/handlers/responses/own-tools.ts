import type { Agent } from "../../../agents/agent.ts";
import { toJsonSchema } from "../../../schema/schema.ts";
import { isProviderTool } from "../../../tools/tool.ts";
import type { Call } from "../../call.ts";

/** The agent's own tools, as a response lists them for callers who named the agent. */
export async function describeOwnTools(agent: Agent, call: Call): Promise<{ type: string }[]> {
  const tools = await agent.listTools({ requestContext: call.requestContext });
  return Object.entries(tools).flatMap(([name, tool]) => {
    if (isProviderTool(tool)) return [];
    const { description, inputSchema } = tool;
    return [
      {
        type: "function",
        name,
        description: description ?? null,
        parameters: inputSchema ? toJsonSchema(inputSchema) : null,
        strict: null,
      },
    ];
  });
}
