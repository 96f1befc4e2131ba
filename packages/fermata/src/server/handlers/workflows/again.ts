/** Running again: from an earlier step, or what did not end well. */
import type { z } from "zod";
import type { workflows } from "../../../contract/routes/workflows.ts";
import type { TimeTravelBody } from "../../../contract/shapes/workflow.ts";
import { takeUpRuns, type Begun } from "../../../workflows/operations.ts";
import { restartRun, timeTravelRun } from "../../../workflows/resume.ts";
import type { Call } from "../../call.ts";
import type { Handler } from "../../route-table.ts";
import { findWorkflow, hostFor } from "./find.ts";
import { resultReply, streamOf } from "./reply.ts";

function takeBack(workflowId: string, runId: string, body: z.output<typeof TimeTravelBody>, call: Call): Promise<Begun> {
  const { step, inputData, resumeData, initialState, context, nestedStepsContext, perStep } = body;
  const { requestContext } = call;
  const request = { runId, step, inputData, resumeData, initialState, context, nestedStepsContext, perStep, requestContext };
  return timeTravelRun(hostFor(call), findWorkflow(workflowId, call), request);
}

export const timeTravel: Handler<typeof workflows.timeTravel> = async ({ params, query, body }, call) => {
  await takeBack(params.workflowId, query.runId, body, call);
  return { message: "Workflow run time travel started" };
};

export const timeTravelAsync: Handler<typeof workflows.timeTravelAsync> = async ({ params, query, body }, call) =>
  resultReply(hostFor(call), findWorkflow(params.workflowId, call), await takeBack(params.workflowId, query.runId, body, call), call);

export const timeTravelStream: Handler<typeof workflows.timeTravelStream> = async ({ params, query, body }, call) =>
  streamOf(hostFor(call), await takeBack(params.workflowId, query.runId, body, call), call);

function tryAgain(workflowId: string, runId: string, call: Call): Promise<Begun> {
  return restartRun(hostFor(call), findWorkflow(workflowId, call), { runId, requestContext: call.requestContext });
}

export const restart: Handler<typeof workflows.restart> = async ({ params, query }, call) => {
  await tryAgain(params.workflowId, query.runId, call);
  return { message: "Workflow run restarted" };
};

export const restartAsync: Handler<typeof workflows.restartAsync> = async ({ params, query }, call) =>
  resultReply(hostFor(call), findWorkflow(params.workflowId, call), await tryAgain(params.workflowId, query.runId, call), call);

export const restartAll: Handler<typeof workflows.restartAll> = async ({ params }, call) => {
  findWorkflow(params.workflowId, call);
  await takeUpRuns(hostFor(call));
  return { message: "All active workflow runs restarted" };
};
