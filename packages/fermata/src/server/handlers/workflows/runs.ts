import type { workflows } from "../../../contract/routes/workflows.ts";
import { cancelRun, createPendingRun, deleteRun, findRun, listRuns } from "../../../workflows/operations.ts";
import { loadRun } from "../../../workflows/result.ts";
import { describeListedRun, describeRun, type RunField } from "../../describe/workflow-run.ts";
import type { Handler } from "../../route-table.ts";
import { findWorkflow, hostFor } from "./find.ts";

const DEFAULT_PER_PAGE = 100;

export const listWorkflowRuns: Handler<typeof workflows.listRuns> = async ({ params, query }, call) => {
  const workflow = findWorkflow(params.workflowId, call);
  const host = hostFor(call);
  const { page = 0, perPage, limit, offset, fromDate, toDate, resourceId, status } = query;
  const filter = { status, resourceId, from: fromDate?.getTime(), to: toDate?.getTime(), page, offset };
  const { runs, total } = await listRuns(host, workflow, {
    ...filter,
    perPage: perPage === "false" ? false : (perPage ?? limit ?? DEFAULT_PER_PAGE),
  });
  const states = await Promise.all(runs.map((run) => loadRun(host.runs, run)));
  return { runs: states.map((state) => describeListedRun(workflow, state, call.audience)), total };
};

export const getRun: Handler<typeof workflows.getRun> = async ({ params, query }, call) => {
  const workflow = findWorkflow(params.workflowId, call);
  const state = await findRun(hostFor(call), workflow, params.runId);
  // The names have been checked against the list of them.
  const fields = query.fields?.split(",") as RunField[] | undefined;
  return describeRun(workflow, state, call.audience, fields, query.withNestedWorkflows !== "false");
};

export const removeRun: Handler<typeof workflows.deleteRun> = async ({ params }, call) => {
  await deleteRun(hostFor(call), findWorkflow(params.workflowId, call), params.runId);
  return { message: "Workflow run deleted" };
};

export const createRun: Handler<typeof workflows.createRun> = async ({ params, query, body }, call) => {
  const runId = query.runId ?? crypto.randomUUID();
  await createPendingRun(hostFor(call), findWorkflow(params.workflowId, call), runId, body.resourceId);
  return { runId };
};

export const cancel: Handler<typeof workflows.cancel> = async ({ params }, call) => {
  await cancelRun(hostFor(call), findWorkflow(params.workflowId, call), params.runId);
  return { message: "Workflow run cancelled" };
};
