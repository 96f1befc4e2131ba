import type { z } from "zod";
import type { WorkflowDescription } from "../../contract/shapes/workflow.ts";
import type { Schema } from "../../schema/schema.ts";
import type { WorkflowDefinition } from "../../workflows/definition.ts";
import { describeGraph } from "../../workflows/describe.ts";
import { stepsOf, type AnyStep, type GraphNode } from "../../workflows/graph.ts";
import { envelope } from "./tool.ts";

type Description = z.input<typeof WorkflowDescription>;
type StepDescription = Description["steps"][string];

/** A workflow does not change once it is committed, so it is described once. */
const described = new WeakMap<object, Description>();

/** A workflow as clients see it. `partial` leaves schemas and steps out. */
export function describeWorkflow(workflow: WorkflowDefinition, partial = false): Description {
  if (partial) return describePartly(workflow);
  const known = described.get(workflow);
  if (known) return known;
  const made = describe(workflow);
  described.set(workflow, made);
  return made;
}

function describePartly(workflow: WorkflowDefinition): Description {
  return { ...common(workflow), stepCount: Object.keys(stepsIn(workflow.graph)).length, steps: {}, allSteps: {} };
}

function describe(workflow: WorkflowDefinition): Description {
  const { graph, requestContextSchema } = workflow;
  return {
    ...common(workflow),
    steps: stepsIn(graph),
    allSteps: allStepsIn(graph, ""),
    ...schemas(workflow),
    ...(requestContextSchema && { requestContextSchema: envelope(requestContextSchema) }),
    isProcessorWorkflow: false,
  };
}

function common({
  id,
  description,
  metadata,
  options,
  graph,
}: WorkflowDefinition): Pick<Description, "name" | "description" | "metadata" | "origin" | "stepGraph" | "options"> {
  return {
    name: id,
    ...(description !== undefined && { description }),
    ...(metadata && { metadata: { ...metadata } }),
    origin: "code",
    stepGraph: describeGraph(graph).map((entry) => ({ ...entry })),
    options: { validateInputs: options.validateInputs !== false, emitStepEvents: true },
  };
}

function schemas({
  inputSchema,
  outputSchema,
  stateSchema,
}: Pick<AnyStep, "inputSchema" | "outputSchema" | "stateSchema">): Partial<StepDescription> {
  return { ...text("inputSchema", inputSchema), ...text("outputSchema", outputSchema), ...text("stateSchema", stateSchema) };
}

function text<K extends keyof StepDescription>(name: K, schema: Schema | undefined): Partial<Record<K, string>> {
  return schema ? ({ [name]: envelope(schema) } as Record<K, string>) : {}; // one member, under this name
}

/** Anything at all. */
const OPEN = envelope({});

function stepsIn(graph: readonly GraphNode[]): Record<string, StepDescription> {
  const entries = graph.flatMap((node) =>
    "id" in node
      ? [[node.id, { id: node.id, inputSchema: OPEN, outputSchema: OPEN }] as const]
      : stepsOf(node).map((step) => [step.id, describeStep(step)] as const),
  );
  return Object.fromEntries(entries);
}

function describeStep(step: AnyStep): StepDescription {
  const { id, description, metadata, component, resumeSchema, suspendSchema } = step;
  return {
    id,
    ...(description !== undefined && description !== "" && { description }),
    ...(metadata && { metadata: { ...metadata } }),
    ...schemas(step),
    ...text("resumeSchema", resumeSchema),
    ...text("suspendSchema", suspendSchema),
    ...(component && { component }),
  };
}

function allStepsIn(graph: readonly GraphNode[], prefix: string): Record<string, StepDescription> {
  const all: Record<string, StepDescription> = {};
  for (const [id, step] of Object.entries(stepsIn(graph))) {
    const inner = graph.flatMap(stepsOf).find((one) => one.id === id)?.graph;
    all[`${prefix}${id}`] = { ...step, isWorkflow: inner !== undefined };
    if (inner) Object.assign(all, allStepsIn(inner, `${prefix}${id}.`));
  }
  return all;
}
