import type { z } from "zod";
import type { RUN_FIELDS, WorkflowRunList, WorkflowRunReply } from "../../contract/shapes/workflow.ts";
import type { WorkflowDefinition } from "../../workflows/definition.ts";
import { describeGraph } from "../../workflows/describe.ts";
import { locate } from "../../workflows/graph.ts";
import { labelsOf, type RunState } from "../../workflows/result.ts";
import { endingOf, statusOf, toStep, type RunView, type StepView } from "../../workflows/run-view.ts";
import type { Audience } from "../call.ts";
import { projectStep, projectStepError } from "../wire/workflow-projection.ts";

type Description = z.input<typeof WorkflowRunReply>;
type ListItem = z.input<typeof WorkflowRunList>["runs"][number];
export type RunField = (typeof RUN_FIELDS)[number];

/** A run as clients see it: everything, or the named members beside those that are always there. */
export function describeRun(
  workflow: WorkflowDefinition,
  state: RunState,
  audience: Audience,
  fields?: readonly RunField[],
  withNested = true,
): Description {
  const { record, view, start } = state;
  const ending = endingOf(record);
  const wants = (field: RunField): boolean => fields === undefined || fields.includes(field);
  return {
    ...identity(state),
    status: statusOf(record, view),
    ...(fields === undefined && start.initialState !== undefined && { initialState: start.initialState }),
    ...(wants("result") && ending?.result !== undefined && { result: ending.result }),
    ...(wants("error") && ending?.error && { error: projectStepError(ending.error, audience) }),
    ...(wants("payload") && start.inputData !== undefined && { payload: start.inputData }),
    ...(wants("steps") && { steps: stepsOf(view, audience, withNested) }),
    ...(wants("activeStepsPath") && { activeStepsPath: positions(workflow, view, "running") }),
    ...(wants("serializedStepGraph") && { serializedStepGraph: describeGraph(workflow.graph).map((entry) => ({ ...entry })) }),
    ...(fields === undefined && {
      suspendedPaths: suspendedPaths(workflow, view),
      resumeLabels: { ...labelsOf(view) },
      waitingPaths: positions(workflow, view, "waiting"),
    }),
  };
}

function identity({
  record,
}: RunState): Pick<Description, "runId" | "workflowName" | "createdAt" | "updatedAt"> & { resourceId: string | null } {
  return {
    runId: record.id,
    workflowName: record.name,
    resourceId: record.resourceId === "" ? null : record.resourceId,
    createdAt: new Date(record.createdAt).toISOString(),
    updatedAt: new Date(record.updatedAt).toISOString(),
  };
}

/** A run as a list shows it: with the state that clients call its snapshot. */
export function describeListedRun(workflow: WorkflowDefinition, state: RunState, audience: Audience): ListItem {
  const { record, view, start } = state;
  const ending = endingOf(record);
  const { workflowName, runId, resourceId, createdAt, updatedAt } = identity(state);
  const last = view.executionPath.at(-1);
  const snapshot = {
    runId,
    status: statusOf(record, view),
    value: {},
    context: { ...(start.inputData !== undefined && { input: start.inputData }), ...stepsOf(view, audience, false) },
    activePaths: last === undefined ? [] : positionOf(workflow, last),
    stepExecutionPath: [...view.executionPath],
    activeStepsPath: positions(workflow, view, "running"),
    serializedStepGraph: describeGraph(workflow.graph),
    suspendedPaths: suspendedPaths(workflow, view),
    waitingPaths: positions(workflow, view, "waiting"),
    resumeLabels: labelsOf(view),
    ...(ending?.result !== undefined && { result: ending.result }),
    ...(ending?.error && { error: projectStepError(ending.error, audience) }),
    // What the app put into the context is its own; what the client sent it knows.
    requestContext: audience === "operator" ? (start.requestContext ?? {}) : {},
    timestamp: record.updatedAt,
  };
  return { workflowName, runId, snapshot, resourceId, createdAt, updatedAt };
}

function stepsOf(view: RunView, audience: Audience, withNested: boolean): NonNullable<Description["steps"]> {
  const all = withNested ? [...view.steps, ...view.innerSteps] : [...view.steps];
  return Object.fromEntries(all.map(([id, step]) => [id, { ...projectStep(toStep(step), audience) }]));
}

function positions(workflow: WorkflowDefinition, view: RunView, status: StepView["status"]): Record<string, number[]> {
  const found = [...view.steps].filter(([, step]) => step.status === status);
  return Object.fromEntries(found.map(([id]) => [id, positionOf(workflow, id)]));
}

function suspendedPaths(workflow: WorkflowDefinition, view: RunView): Record<string, number[]> {
  const ids = new Set([...view.waits.values()].map(({ path }) => path[0] ?? ""));
  return Object.fromEntries([...ids].map((id) => [id, positionOf(workflow, id)]));
}

/** `/1/p0` as `[1, 0]`. */
function positionOf(workflow: WorkflowDefinition, id: string): number[] {
  const place = locate(workflow.graph, [id])?.[0];
  return place
    ? place.key
        .split("/")
        .slice(1)
        .map((part) => Number.parseInt(part.replace(/^\D+/, ""), 10))
    : [];
}
