import type { tools } from "../../../contract/routes/tools.ts";
import { isProviderTool, type AnyTool } from "../../../tools/tool.ts";
import { describeTools } from "../../describe/tool.ts";
import type { Handler } from "../../route-table.ts";
import { agentTools } from "./find-tool.ts";

export const list: Handler<typeof tools.list> = async (_input, call) => {
  const all: Record<string, AnyTool> = { ...call.mastra.listTools() };
  for (const [name, tool] of await agentTools(call)) {
    if (!isProviderTool(tool) && !Object.hasOwn(all, name)) all[name] = tool;
  }
  return describeTools(await call.usable(all));
};
