import type { z } from "zod";
import type { workflows } from "../../../contract/routes/workflows.ts";
import type { ResumeWorkflowBody } from "../../../contract/shapes/workflow.ts";
import type { Begun } from "../../../workflows/operations.ts";
import { resumeRun } from "../../../workflows/resume.ts";
import type { Call } from "../../call.ts";
import type { Handler } from "../../route-table.ts";
import { findWorkflow, hostFor } from "./find.ts";
import { resultReply, streamOf } from "./reply.ts";

function answer(workflowId: string, runId: string, body: z.output<typeof ResumeWorkflowBody>, call: Call): Promise<Begun> {
  const { step, label, resumeData, forEachIndex, perStep } = body;
  const { requestContext } = call;
  return resumeRun(hostFor(call), findWorkflow(workflowId, call), {
    runId,
    step,
    label,
    resumeData,
    forEachIndex,
    perStep,
    requestContext,
  });
}

export const resume: Handler<typeof workflows.resume> = async ({ params, query, body }, call) => {
  await answer(params.workflowId, query.runId, body, call);
  return { message: "Workflow run resumed" };
};

export const resumeAsync: Handler<typeof workflows.resumeAsync> = async ({ params, query, body }, call) =>
  resultReply(hostFor(call), findWorkflow(params.workflowId, call), await answer(params.workflowId, query.runId, body, call), call);

export const resumeNoWait: Handler<typeof workflows.resumeNoWait> = async ({ params, query, body }, call) => {
  const { id } = await answer(params.workflowId, query.runId, body, call);
  return { runId: id };
};

export const resumeStream: Handler<typeof workflows.resumeStream> = async ({ params, query, body }, call) =>
  streamOf(hostFor(call), await answer(params.workflowId, query.runId, body, call), call);
