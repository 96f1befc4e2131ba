import type { tools } from "../../../contract/routes/tools.ts";
import type { Handler } from "../../route-table.ts";
import { findTool } from "./find-tool.ts";
import { runTool } from "./run-tool.ts";

export const execute: Handler<typeof tools.execute> = async ({ params, body }, call) =>
  runTool(await findTool(params.toolId, call), body.data, call);
