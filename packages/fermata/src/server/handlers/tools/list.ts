import type { tools } from "../../../contract/routes/tools.ts";
import { isProviderTool } from "../../../tools/tool.ts";
import { describeTool, describeTools } from "../../describe/tool.ts";
import type { Handler } from "../../route-table.ts";
import { agentTools } from "./find-tool.ts";

export const list: Handler<typeof tools.list> = async (_input, call) => {
  const result = describeTools(call.mastra.listTools());
  for (const [name, tool] of await agentTools(call)) {
    if (!isProviderTool(tool) && !Object.hasOwn(result, name)) result[name] = describeTool(tool);
  }
  return result;
};
