/** A workflow as a tool of an agent: the model gives `inputData`, the run's chunks show as the tool's output, a run that waits makes the call wait. */
import { FermataError } from "../errors.ts";
import { toJsonSchema, type JsonSchema } from "../schema/schema.ts";
import type { AnyTool, ToolContext } from "../tools/tool.ts";
import type { WorkflowDefinition } from "./definition.ts";
import { hostOf, type WorkflowHost } from "./host.ts";
import { cancelRun, findRun, startRun, type Begun } from "./operations.ts";
import { resumeRun } from "./resume.ts";
import { resultOf } from "./result.ts";
import { chunksOf } from "./run.ts";

export function workflowTool(name: string, workflow: WorkflowDefinition, host: () => WorkflowHost): AnyTool {
  return {
    id: name,
    description: workflow.description ?? `Workflow: ${workflow.id}`,
    inputSchema: inputSchemaOf(workflow),
    execute: (input: { readonly inputData?: unknown }, context: ToolContext) => runAsTool(host(), workflow, input.inputData, context),
  };
}

function inputSchemaOf({ inputSchema, stateSchema }: WorkflowDefinition): JsonSchema {
  return {
    type: "object",
    properties: {
      inputData: inputSchema ? withoutDialect(toJsonSchema(inputSchema, "draft-07")) : {},
      ...(stateSchema && { initialState: withoutDialect(toJsonSchema(stateSchema, "draft-07")) }),
    },
    required: ["inputData"],
  };
}

function withoutDialect({ $schema: _dialect, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

async function runAsTool(app: WorkflowHost, workflow: WorkflowDefinition, inputData: unknown, context: ToolContext): Promise<unknown> {
  const { requestContext, abortSignal, writer, agent } = context;
  const host = hostOf(app, requestContext);
  abortSignal.throwIfAborted();
  const runId = runIdOf(agent);
  const begun: Begun =
    agent?.resumeData === undefined
      ? await startRun(host, workflow, { runId, resourceId: agent?.resourceId, inputData, requestContext })
      : await resumeRun(host, workflow, { runId, resumeData: agent.resumeData, requestContext });
  const cancel = (): void => void cancelRun(host, workflow, begun.id).catch(() => undefined);
  abortSignal.addEventListener("abort", cancel, { once: true });
  try {
    const reading = new AbortController();
    for await (const chunk of chunksOf(host.runs.read(begun, { after: begun.after, signal: reading.signal }))) await writer.write(chunk);
  } finally {
    abortSignal.removeEventListener("abort", cancel);
  }
  abortSignal.throwIfAborted();
  const result = resultOf(await findRun(host, workflow, begun.id));
  switch (result.status) {
    case "success":
      return { result: result.result, runId: begun.id };
    case "suspended":
      if (!agent)
        throw new FermataError(
          "CONFLICT",
          `Workflow "${workflow.id}" waits for an answer, which only a run can pass on: call it through an agent.`,
        );
      return agent.suspend(Object.values(result.suspendPayload)[0]);
    case "failed":
    case "tripwire":
      throw new FermataError("TOOL_FAILED", `Workflow "${workflow.id}" failed.`, { cause: result.error });
    default:
      throw new FermataError("TOOL_FAILED", `Workflow "${workflow.id}" did not end: its run is ${result.status}.`);
  }
}

/** One run per call: a call that goes on after a wait finds its run again, on any process that has the same store. */
function runIdOf(agent: ToolContext["agent"]): string {
  return agent ? `${agent.runId}:${agent.toolCallId}` : crypto.randomUUID();
}
