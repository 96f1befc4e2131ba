import type { z } from "zod";
import type { workflows } from "../../../contract/routes/workflows.ts";
import type { StartBody } from "../../../contract/shapes/workflow.ts";
import type { RunRecord } from "../../../storage/runs.ts";
import { findRecord, startRun, type Begun, type StartRequest } from "../../../workflows/operations.ts";
import type { Call } from "../../call.ts";
import type { Handler } from "../../route-table.ts";
import { findWorkflow, hostFor } from "./find.ts";
import { resultReply, streamOf } from "./reply.ts";

function requestOf(
  runId: string,
  { inputData, initialState, perStep, resourceId }: z.output<typeof StartBody>,
  { requestContext }: Call,
): StartRequest {
  return { runId, inputData, initialState, perStep, resourceId, requestContext };
}

function begunAs({ id, resourceId }: RunRecord): Begun {
  return { id, resourceId, after: 0 };
}

export const start: Handler<typeof workflows.start> = async ({ params, query, body }, call) => {
  const workflow = findWorkflow(params.workflowId, call);
  const host = hostFor(call);
  if (call.earlier) return { message: "Workflow run started" };
  await findRecord(host, workflow, query.runId); // only what has been made can be started here
  await startRun(host, workflow, requestOf(query.runId, body, call));
  return { message: "Workflow run started" };
};

export const startAsync: Handler<typeof workflows.startAsync> = async ({ params, query, body }, call) => {
  const workflow = findWorkflow(params.workflowId, call);
  const host = hostFor(call);
  if (call.earlier) return resultReply(host, workflow, begunAs(call.earlier), call);
  const runId = query.runId ?? call.runId;
  const request = { ...requestOf(runId ?? crypto.randomUUID(), body, call), isFresh: runId === undefined };
  return resultReply(host, workflow, await startRun(host, workflow, request), call);
};

export const stream: Handler<typeof workflows.stream> = async ({ params, query, body }, call) => {
  const host = hostFor(call);
  const { closeOnSuspend } = body;
  if (call.earlier) return streamOf(host, begunAs(call.earlier), call, { closeOnSuspend });
  const begun = await startRun(host, findWorkflow(params.workflowId, call), {
    ...requestOf(query.runId, body, call),
    onInvalidInput: "record",
  });
  return streamOf(host, begun, call, { closeOnSuspend });
};

export const observe: Handler<typeof workflows.observe> = async ({ params, query }, call) => {
  const host = hostFor(call);
  const { runId, offset } = query;
  const { id, resourceId } = await findRecord(host, findWorkflow(params.workflowId, call), runId);
  return streamOf(host, { id, resourceId, after: 0 }, call, { offset });
};
