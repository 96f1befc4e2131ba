import { FermataError } from "../../../errors.ts";
import { ScopedRuns } from "../../../runs/scoped-runs.ts";
import { reachOf } from "../../../storage/reach.ts";
import type { AnyWorkflow } from "../../../workflows/workflow.ts";
import type { WorkflowHost } from "../../../workflows/host.ts";
import type { Call } from "../../call.ts";

/** The workflow that is registered under the key, or has this id. @throws FermataError `NOT_FOUND` */
export function findWorkflow(workflowId: string, { mastra }: Call): AnyWorkflow {
  const workflow = mastra.findWorkflow(workflowId);
  if (!workflow) throw new FermataError("NOT_FOUND", "Workflow not found");
  return workflow;
}

/** The instance as this caller sees it: with the runs that are within its reach. */
export function hostFor({ mastra, principal }: Call): WorkflowHost {
  return { ...mastra.workflowHost, runs: new ScopedRuns(mastra.runWorker, reachOf(principal)) };
}
