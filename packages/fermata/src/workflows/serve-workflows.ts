/** Hosts at work: the worker of an instance, and that of a workflow that is used alone. */
import type { Agent } from "../agents/agent.ts";
import { LOCAL_PRINCIPAL } from "../context/principal.ts";
import { FermataError } from "../errors.ts";
import { memoryRunLog } from "../runs/memory-run-log.ts";
import { RunWorker } from "../runs/run-worker.ts";
import { ScopedRuns } from "../runs/scoped-runs.ts";
import { reachOf } from "../storage/reach.ts";
import { silentLogger, type Logger } from "../telemetry/logger.ts";
import type { WorkflowDefinition } from "./definition.ts";
import { driveWorkflow } from "./drive.ts";
import { WORKFLOW_KIND, type WorkflowHost } from "./host.ts";
import type { StepMastra } from "./step.ts";

/** Makes the worker of an instance work on workflows. */
export function serveWorkflows(host: WorkflowHost): void {
  host.worker.handle(WORKFLOW_KIND, (live) => driveWorkflow(host, live), { waitMs: 25, sharesValues: true });
}

/** The host of a workflow that is used alone: its runs are kept in the process. */
export function ownHost(workflow: WorkflowDefinition): WorkflowHost {
  const logger = silentLogger();
  const worker = new RunWorker(memoryRunLog(), logger);
  const host: WorkflowHost = {
    logger,
    mastra: aloneWith(workflow.id, logger),
    worker,
    runs: new ScopedRuns(worker, reachOf(LOCAL_PRINCIPAL)),
    findWorkflow: (id) => (id === workflow.id ? workflow : undefined),
    add: () => undefined,
  };
  serveWorkflows(host);
  return host;
}

function aloneWith(workflowId: string, logger: Logger): StepMastra {
  const alone = (): Agent => {
    throw new FermataError("MISCONFIGURED", `Workflow "${workflowId}" is not registered with a Mastra: its steps reach no agents.`);
  };
  return { getAgent: alone, getAgentById: alone, findTool: () => undefined, getLogger: () => logger };
}
