import type { workflows } from "../../../contract/routes/workflows.ts";
import { countRuns } from "../../../workflows/operations.ts";
import { describeWorkflow } from "../../describe/workflow.ts";
import type { Handler } from "../../route-table.ts";
import { findWorkflow, hostFor } from "./find.ts";

export const list: Handler<typeof workflows.list> = async ({ query }, call) =>
  Object.fromEntries(
    Object.entries(await call.usable(call.mastra.listWorkflows())).map(([key, workflow]) => [
      key,
      describeWorkflow(workflow, query.partial === "true"),
    ]),
  );

export const get: Handler<typeof workflows.get> = ({ params }, call) => describeWorkflow(findWorkflow(params.workflowId, call));

export const runCounts: Handler<typeof workflows.runCounts> = async (_input, call) => {
  const host = hostFor(call);
  const counts = Object.entries(await call.usable(call.mastra.listWorkflows())).map(
    async ([key, workflow]) => [key, await countRuns(host, workflow)] as const,
  );
  return Object.fromEntries(await Promise.all(counts));
};
