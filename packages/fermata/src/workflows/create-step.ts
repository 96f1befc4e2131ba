/** Steps from what an app has already: functions, agents, tools and workflows. */
import { Agent } from "../agents/agent.ts";
import { FermataError } from "../errors.ts";
import { validate, type Input, type JsonSchema, type Output, type Schema } from "../schema/schema.ts";
import { executeTool } from "../tools/execute.ts";
import type { AnyTool, Tool } from "../tools/tool.ts";
import type { AgentOptions } from "../agents/options.ts";
import type { AnyStep } from "./graph.ts";
import {
  defineStep,
  type AgentStepInput,
  type Place,
  type Step,
  type StepConfig,
  type StepContext,
  type StepParts,
  type StepSchemas,
} from "./step.ts";
import { Workflow, type Inner } from "./workflow.ts";

/** Options of an agent's step: those of its run, without what the step decides itself. */
export type AgentStepOptions = Omit<AgentOptions, "abortSignal" | "requestContext" | "runId" | "structuredOutput"> &
  Pick<StepParts, "retries" | "idempotent" | "metadata">;

/**
 * A step of a workflow: from a function with its schemas, an agent (`{ prompt }` to `{ text }`, or to the data of `structuredOutput`),
 * a tool, or another workflow.
 * @example
 * const add = createStep({
 *   id: "add",
 *   inputSchema: z.object({ a: z.number(), b: z.number() }),
 *   outputSchema: z.object({ sum: z.number() }),
 *   execute: async ({ inputData }) => ({ sum: inputData.a + inputData.b }),
 * });
 * @throws FermataError `MISCONFIGURED`
 */
export function createStep<Id extends string, In, Out, State, Prev, Places>(
  workflow: Workflow<Id, In, Out, State, Prev, Places>,
): Step<Id, In, Out, State, Inner<Id, Out, Places>>;
export function createStep<Id extends string, D extends Schema>(
  agent: Agent<Id>,
  options: AgentStepOptions & { readonly structuredOutput: { readonly schema: D } },
): Step<Id, AgentStepInput, Output<D>, unknown, Record<Id, Place<Output<D>, never, never>>>;
export function createStep<Id extends string>(
  agent: Agent<Id>,
  options?: AgentStepOptions,
): Step<Id, AgentStepInput, { text: string }, unknown, Record<Id, Place<{ text: string }, never, never>>>;
export function createStep<I extends Schema, O extends Schema, Id extends string, P extends Schema, R extends Schema>(
  tool: Tool<I, O, Id, P, R>,
  options?: Pick<StepParts, "retries" | "idempotent" | "metadata">,
): Step<Id, Input<I>, Output<O>, unknown, Record<Id, Place<Output<O>, Output<P>, Input<R>>>>;
export function createStep<
  const Id extends string,
  I extends Schema = Schema,
  O extends Schema = Schema,
  S extends Schema = Schema,
  R extends Schema = Schema,
  P extends Schema = Schema,
>(
  config: StepConfig<Id, I, O, S, R, P>,
): Step<Id, Input<I>, Output<O>, Output<S>, Record<Id, Place<Output<O>, Output<P>, Input<R>>>> & StepSchemas<I, O>;
export function createStep(
  from: object,
  options: AgentStepOptions & { readonly structuredOutput?: { readonly schema: Schema } } = {},
): AnyStep {
  if (from instanceof Workflow) return from.asStep();
  if (from instanceof Agent) return agentStep(from, options);
  if (isTool(from)) return toolStep(from, options);
  return defineStep(from as StepConfig<string, Schema, Schema, Schema, Schema, Schema>); // the last overload
}

/** The step under another id, so that it can stand in one workflow twice. */
export function cloneStep<const Id extends string, In, Out, State, Places>(
  step: Step<string, In, Out, State, Places>,
  { id }: { readonly id: Id },
): Step<Id, In, Out, State, Record<Id, Places[keyof Places]>> {
  const parts: StepParts = step instanceof Workflow ? step.asStep() : step;
  return { ...parts, id };
}

const TOOL = Symbol.for("fermata.tool");

function isTool(from: object): from is AnyTool {
  return TOOL in from;
}

const PROMPT_SCHEMA: JsonSchema = { type: "object", properties: { prompt: { type: "string" } }, required: ["prompt"] };
const TEXT_SCHEMA: JsonSchema = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };

/** The agent's chunks pass through the step's stream as they come. */
function agentStep(agent: Agent, given: AgentStepOptions & { readonly structuredOutput?: { readonly schema: Schema } }): AnyStep {
  const { retries, idempotent, metadata, ...options } = given;
  return {
    id: agent.id,
    description: agent.getDescription(),
    inputSchema: PROMPT_SCHEMA,
    outputSchema: options.structuredOutput?.schema ?? TEXT_SCHEMA,
    component: "AGENT",
    ...(retries !== undefined && { retries }),
    ...(idempotent !== undefined && { idempotent }),
    ...(metadata && { metadata }),
    execute: async (context: StepContext<AgentStepInput>) => {
      const { inputData, requestContext, abortSignal, writer } = context;
      const stream = await agent.stream(inputData.prompt, { ...options, requestContext, abortSignal, durability: "memory" }); // its chunks are in the log of the workflow
      for await (const chunk of stream.fullStream) await writer.write(chunk);
      const { text, object, finishReason } = await stream.getFullOutput();
      if (finishReason === "suspended") {
        throw new FermataError(
          "UNPROCESSABLE",
          `Agent "${agent.id}" waits for somebody, which a step that was made of an agent cannot pass on. Give the step a function that suspends itself.`,
        );
      }
      return options.structuredOutput ? object : { text };
    },
  };
}

/** A tool that suspends, suspends the step; it is called again with what the step is resumed with. */
function toolStep(tool: AnyTool, { retries, idempotent, metadata }: Pick<StepParts, "retries" | "idempotent" | "metadata">): AnyStep {
  const { id, description, inputSchema, outputSchema, suspendSchema, resumeSchema, requestContextSchema } = tool;
  return {
    id,
    description,
    component: "TOOL",
    ...(inputSchema && { inputSchema }),
    ...(outputSchema && { outputSchema }),
    ...(suspendSchema && { suspendSchema }),
    ...(resumeSchema && { resumeSchema }),
    ...(requestContextSchema && { requestContextSchema }),
    ...(retries !== undefined && { retries }),
    ...(idempotent !== undefined && { idempotent }),
    ...(metadata && { metadata }),
    execute: (context: StepContext) => runTool(tool, context),
  };
}

async function runTool(tool: AnyTool, context: StepContext): Promise<unknown> {
  const { inputData, requestContext, abortSignal, mastra, writer, resumeData } = context;
  await refuseUnapproved(tool, context);
  const outcome = await executeTool({
    tool,
    name: tool.id,
    input: inputData,
    requestContext,
    abortSignal,
    mastra,
    output: { output: (value) => writer.write(value), data: (chunk) => writer.custom(chunk) },
    agent: {
      agentId: "",
      runId: context.runId,
      toolCallId: context.idempotencyKey,
      threadId: undefined,
      resourceId: context.resourceId,
      resumeData,
    },
  });
  switch (outcome.kind) {
    case "result":
      return outcome.value;
    case "invalid":
      throw new FermataError("VALIDATION_FAILED", outcome.value.message);
    case "suspended":
      return context.suspend(outcome.payload);
    case "error":
      throw outcome.error;
  }
}

/** Approval is given by answering the step with `{ approved: true }`. */
async function refuseUnapproved({ id, requireApproval, inputSchema }: AnyTool, context: StepContext): Promise<void> {
  if (requireApproval === undefined || requireApproval === false) return;
  const answer = context.resumeData;
  if (typeof answer === "object" && answer !== null && "approved" in answer) {
    if (answer.approved === true) return;
    throw new FermataError("FORBIDDEN", `Tool "${id}" was not approved.`);
  }
  if (answer !== undefined) return; // the tool itself asked, which it could only after it had been approved
  const input = inputSchema ? await validate(inputSchema, context.inputData) : { ok: true as const, value: context.inputData };
  if (!input.ok) return; // the call says what is wrong with it
  // The tool's own input, just checked.
  const asks = requireApproval === true || (await requireApproval(input.value as never, { requestContext: context.requestContext }));
  if (asks) await context.suspend({ type: "approval", toolName: id, args: input.value });
}
