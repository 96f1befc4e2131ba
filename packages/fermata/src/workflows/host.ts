import type { RequestContext } from "../context/request-context.ts";
import type { RunWorker } from "../runs/run-worker.ts";
import { ScopedRuns } from "../runs/scoped-runs.ts";
import { reachOf } from "../storage/reach.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { WorkflowDefinition } from "./definition.ts";
import type { StepMastra } from "./step.ts";

/** The kind of a workflow's runs in the log. */
export const WORKFLOW_KIND = "workflow";

/** What a workflow needs of the instance that it is registered with. */
export interface WorkflowHost {
  readonly logger: Logger;
  readonly mastra: StepMastra;
  readonly worker: RunWorker;
  /** The runs that whoever asks reaches. */
  readonly runs: ScopedRuns;
  findWorkflow(id: string): WorkflowDefinition | undefined;
  /** Makes a workflow known that is not registered itself, such as that of an agent. */
  add(workflow: WorkflowDefinition): void;
}

/** The host with the runs that whoever is behind the request reaches; all of the host's where nobody is. */
export function hostOf(host: WorkflowHost, { principal }: RequestContext): WorkflowHost {
  return principal ? { ...host, runs: new ScopedRuns(host.worker, reachOf(principal)) } : host;
}
