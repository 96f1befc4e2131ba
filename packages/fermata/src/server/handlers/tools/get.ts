import type { tools } from "../../../contract/routes/tools.ts";
import { describeTool } from "../../describe/tool.ts";
import type { Handler } from "../../route-table.ts";
import { findTool } from "./find-tool.ts";

export const get: Handler<typeof tools.get> = async ({ params }, call) => describeTool(await findTool(params.toolId, call));
