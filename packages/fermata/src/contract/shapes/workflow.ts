import { z } from "zod";
import { Id, RequestContextValues } from "./common.ts";

const SchemaText = z.string().describe('JSON text: { "json": <JSON Schema> }');

/** A place of a graph. What is a function in the app is a label here. */
const GraphEntry = z
  .looseObject({ type: z.enum(["step", "parallel", "conditional", "mapping", "foreach", "loop", "sleep", "sleepUntil"]) })
  .meta({ id: "WorkflowGraphEntry" });

const StepDescription = z
  .object({
    id: z.string(),
    description: z.string().optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
    inputSchema: SchemaText.optional(),
    outputSchema: SchemaText.optional(),
    stateSchema: SchemaText.optional(),
    resumeSchema: SchemaText.optional(),
    suspendSchema: SchemaText.optional(),
    component: z.string().optional(),
    isWorkflow: z.boolean().optional(),
  })
  .meta({ id: "WorkflowStep" });

export const WorkflowDescription = z
  .object({
    name: z.string(),
    description: z.string().optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
    origin: z.literal("code"),
    stepCount: z.number().optional(),
    steps: z.record(z.string(), StepDescription),
    allSteps: z.record(z.string(), StepDescription).describe("With the steps of workflows inside, as outer.inner"),
    stepGraph: z.array(GraphEntry),
    inputSchema: SchemaText.optional(),
    outputSchema: SchemaText.optional(),
    stateSchema: SchemaText.optional(),
    requestContextSchema: SchemaText.optional(),
    options: z.object({ validateInputs: z.boolean(), emitStepEvents: z.boolean() }),
    isProcessorWorkflow: z.boolean().optional(),
  })
  .meta({ id: "Workflow" });

export const RunCounts = z.record(z.string(), z.object({ running: z.number(), suspended: z.number() })).meta({ id: "WorkflowRunCounts" });

const Status = z.enum(["pending", "running", "waiting", "suspended", "paused", "success", "failed", "canceled", "tripwire"]);
const Failure = z.object({ name: z.string(), message: z.string(), code: z.string().optional(), details: z.unknown().optional() });
const StepState = z
  .looseObject({
    status: z.enum(["running", "waiting", "suspended", "success", "failed"]),
    output: z.unknown().optional(),
    error: Failure.optional(),
  })
  .meta({ id: "WorkflowStepState" });

export const WorkflowResultReply = z
  .looseObject({
    status: Status,
    runId: z.string(),
    input: z.unknown().optional(),
    steps: z.record(z.string(), z.unknown()).describe("Steps by id; under `input` what the run was given"),
    stepExecutionPath: z.array(z.string()),
    result: z.unknown().optional(),
    error: Failure.optional(),
    suspended: z.array(z.array(z.string())).optional().describe("The paths of ids under which the run can be resumed"),
    suspendPayload: z.record(z.string(), z.unknown()).optional(),
    resumeLabels: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: "WorkflowResult" });

const Positions = z.record(z.string(), z.array(z.number())).describe("The position in the graph, by step");

export const WorkflowRunReply = z
  .object({
    runId: z.string(),
    workflowName: z.string(),
    resourceId: z.string().nullable().optional(),
    createdAt: z.string().describe("ISO 8601"),
    updatedAt: z.string().describe("ISO 8601"),
    status: Status,
    initialState: z.unknown().optional(),
    result: z.unknown().optional(),
    error: Failure.optional(),
    payload: z.unknown().optional().describe("The input"),
    steps: z.record(z.string(), StepState).optional(),
    activeStepsPath: Positions.optional(),
    serializedStepGraph: z.array(GraphEntry).optional(),
    suspendedPaths: Positions.optional(),
    resumeLabels: z.record(z.string(), z.unknown()).optional(),
    waitingPaths: Positions.optional(),
  })
  .meta({ id: "WorkflowRun" });

export const WorkflowRunList = z
  .object({
    runs: z.array(
      z.object({
        workflowName: z.string(),
        runId: z.string(),
        snapshot: z.looseObject({ status: Status }),
        resourceId: z.string().nullable(),
        createdAt: z.string().describe("ISO 8601"),
        updatedAt: z.string().describe("ISO 8601"),
      }),
    ),
    total: z.number(),
  })
  .meta({ id: "WorkflowRunList" });

export const Message = z.object({ message: z.string() });

export const WorkflowParams = z.object({ workflowId: z.string() });
export const WorkflowRunParams = z.object({ workflowId: z.string(), runId: z.string() });
export const WorkflowListQuery = z.object({ partial: z.string().optional(), requestContext: z.string().optional() });

export const RUN_FIELDS = ["result", "error", "payload", "steps", "activeStepsPath", "serializedStepGraph"] as const;
const fieldList = new RegExp(`^(?:${RUN_FIELDS.join("|")})(?:,(?:${RUN_FIELDS.join("|")}))*$`);

export const RunQuery = z.object({
  fields: z
    .string()
    .regex(fieldList, `must be a list, with commas between, of: ${RUN_FIELDS.join(", ")}`)
    .optional(),
  withNestedWorkflows: z.enum(["true", "false"]).optional(),
  requestContext: z.string().optional(),
});

const Count = z.coerce.number().int().min(0).max(1_000_000);

export const RunListQuery = z.object({
  page: Count.optional(),
  perPage: z.union([z.literal("false"), z.coerce.number().int().min(1).max(1000)]).optional(),
  offset: Count.optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  fromDate: z.coerce.date().optional(),
  toDate: z.coerce.date().optional(),
  resourceId: z.string().optional(),
  status: Status.optional(),
  requestContext: z.string().optional(),
});

export const OptionalRunQuery = z.object({ runId: Id.optional() });
export const RunIdQuery = z.object({ runId: Id });
export const ObserveQuery = z.object({ runId: Id, offset: Count.optional().describe("Chunks to leave out at the beginning") });

export const CreateRunBody = z
  .object({ resourceId: Id.optional(), disableScorers: z.boolean().optional() })
  .meta({ id: "WorkflowRunCreation" });

const shared = {
  requestContext: RequestContextValues.optional(),
  tracingOptions: z.unknown().optional(),
  perStep: z.boolean().optional().describe("Stop after the next step"),
};

const start = { resourceId: Id.optional(), inputData: z.unknown().optional(), initialState: z.unknown().optional(), ...shared };
export const StartBody = z.object(start).meta({ id: "WorkflowStart" });
export const StreamBody = z
  .object({ ...start, closeOnSuspend: z.boolean().optional().describe("End the stream when the run waits. Default true") })
  .meta({ id: "WorkflowStream" });

const StepPath = z.union([z.string(), z.array(z.string()).min(1)]).describe("The id of a step, or its path of ids");

export const ResumeWorkflowBody = z
  .object({
    step: StepPath.optional().describe("Needed when the run waits at several places"),
    label: z.string().optional(),
    resumeData: z.unknown().optional(),
    forEachIndex: z.int().min(0).optional(),
    ...shared,
  })
  .meta({ id: "WorkflowResume" });

export const TimeTravelBody = z
  .object({
    step: StepPath,
    inputData: z.unknown().optional(),
    resumeData: z.unknown().optional(),
    initialState: z.unknown().optional(),
    context: z.record(z.string(), z.unknown()).optional(),
    nestedStepsContext: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
    ...shared,
  })
  .meta({ id: "WorkflowTimeTravel" });

export const RestartBody = z
  .object({ requestContext: RequestContextValues.optional(), tracingOptions: z.unknown().optional() })
  .meta({ id: "WorkflowRestart" });
