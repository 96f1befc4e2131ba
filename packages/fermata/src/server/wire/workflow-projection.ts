/** What of a workflow's run may leave the server. Steps' inputs and outputs are what the app decided to give; what it threw is not. */
import type { StepError } from "../../workflows/chunks.ts";
import type { WorkflowResult } from "../../workflows/result.ts";
import type { StepView } from "../../workflows/run-view.ts";
import type { Audience } from "../call.ts";

const STEP_FAILED = "The step failed.";

/** A failure that is not part of the contract may name files, hosts and keys: the public hears that there was one. */
export function projectStepError(error: StepError, audience: Audience): StepError {
  return audience === "operator" || error.code !== undefined ? error : { name: "Error", message: STEP_FAILED };
}

export function projectStep(step: StepView, audience: Audience): StepView {
  return step.error ? { ...step, error: projectStepError(step.error, audience) } : step;
}

export function projectWorkflowResult(result: WorkflowResult, audience: Audience): WorkflowResult {
  if (audience === "operator") return result;
  const { input, ...steps } = result.steps;
  const shown = Object.fromEntries(Object.entries(steps).map(([id, step]) => [id, projectStep(step, audience)]));
  return {
    ...result,
    // The same members as before.
    steps: { ...(input !== undefined && { input }), ...shown } as WorkflowResult["steps"],
    ...("error" in result && { error: projectStepError(result.error, audience) }),
  };
}
