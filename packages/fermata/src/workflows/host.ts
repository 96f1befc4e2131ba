import type { RunWorker } from "../runs/run-worker.ts";
import type { Logger } from "../telemetry/logger.ts";
import { LOCAL_PRINCIPAL } from "../context/principal.ts";
import type { Reach } from "../storage/reach.ts";
import type { RunRecord } from "../storage/runs.ts";
import type { WorkflowDefinition } from "./definition.ts";
import type { StepMastra } from "./step.ts";

/** The kind of a workflow's runs in the log. */
export const WORKFLOW_KIND = "workflow";

/** What a workflow needs of the instance that it is registered with. */
export interface WorkflowHost {
  readonly logger: Logger;
  readonly mastra: StepMastra;
  readonly worker: RunWorker;
  /** Whose runs are seen. Absent for the app itself, which sees all. */
  readonly reach?: Reach;
  findWorkflow(id: string): WorkflowDefinition | undefined;
  /** Makes a workflow known that is not registered itself, such as that of an agent. */
  add(workflow: WorkflowDefinition): void;
}

/** Whether a run is within the host's reach. */
export function isWithinReach({ reach }: Pick<WorkflowHost, "reach">, run: RunRecord): boolean {
  if (!reach) return true;
  const tenant = run.metadata?.tenant ?? LOCAL_PRINCIPAL.tenant;
  return tenant === reach.tenant && (reach.resourceId === undefined || run.resourceId === reach.resourceId);
}
