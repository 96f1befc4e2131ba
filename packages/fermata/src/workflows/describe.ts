/** A graph as clients see it: what stands where, by name. Functions are not in it, neither as values nor as text. */
import type { AnyStep, GraphNode } from "./graph.ts";

interface ShownStep {
  readonly id: string;
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly component?: string;
  readonly serializedStepFlow?: readonly ShownNode[];
  readonly canSuspend: boolean;
}

interface StepEntry {
  readonly type: "step";
  readonly step: ShownStep;
}

export type ShownNode = { readonly description?: string; readonly metadata?: Readonly<Record<string, unknown>> } & (
  | StepEntry
  | { readonly type: "parallel"; readonly steps: readonly StepEntry[] }
  /** `fn` is a label: the condition of which step. */
  | {
      readonly type: "conditional";
      readonly steps: readonly StepEntry[];
      readonly serializedConditions: readonly { readonly id: string; readonly fn: string }[];
    }
  | { readonly type: "mapping"; readonly id: string; readonly mapConfig: string }
  | { readonly type: "foreach"; readonly step: StepEntry; readonly opts: { readonly concurrency: number } }
  | {
      readonly type: "loop";
      readonly step: StepEntry;
      readonly loopType: "dowhile" | "dountil";
      readonly serializedCondition: { readonly id: string; readonly fn: string };
    }
  | { readonly type: "sleep"; readonly id: string; readonly duration?: number; readonly fn?: string }
  | { readonly type: "sleepUntil"; readonly id: string; readonly date?: string; readonly fn?: string }
);

export function describeGraph(graph: readonly GraphNode[]): ShownNode[] {
  return graph.map((node) => ({
    ...describeNode(node),
    ...(node.description !== undefined && { description: node.description }),
    ...(node.metadata && { metadata: node.metadata }),
  }));
}

function describeNode(node: GraphNode): ShownNode {
  switch (node.type) {
    case "step":
      return describeStep(node.step);
    case "parallel":
      return { type: "parallel", steps: node.steps.map(describeStep) };
    case "conditional": {
      const steps = node.arms.map(({ step }) => describeStep(step));
      return { type: "conditional", steps, serializedConditions: steps.map(({ step }) => conditionOf(step.id)) };
    }
    case "mapping":
      return { type: "mapping", id: node.id, mapConfig: `${node.id}-map` };
    case "foreach":
      return { type: "foreach", step: describeStep(node.step), opts: { concurrency: node.concurrency } };
    case "loop":
      return { type: "loop", step: describeStep(node.step), loopType: node.loopType, serializedCondition: conditionOf(node.step.id) };
    case "sleep":
      return {
        type: "sleep",
        id: node.id,
        ...(typeof node.duration === "number" ? { duration: node.duration } : { fn: `${node.id}-duration` }),
      };
    case "sleepUntil":
      return {
        type: "sleepUntil",
        id: node.id,
        ...(node.date instanceof Date ? { date: node.date.toISOString() } : { fn: `${node.id}-date` }),
      };
  }
}

function conditionOf(id: string): { id: string; fn: string } {
  return { id: `${id}-condition`, fn: `${id}-condition` };
}

function describeStep(step: AnyStep): StepEntry {
  const { id, description, metadata, component, graph } = step;
  return {
    type: "step",
    step: {
      id,
      ...(description !== undefined && description !== "" && { description }),
      ...(metadata && { metadata }),
      ...(component && { component }),
      ...(graph && { serializedStepFlow: describeGraph(graph) }),
      canSuspend: canSuspend(step),
    },
  };
}

function canSuspend({ suspendSchema, resumeSchema }: AnyStep): boolean {
  return suspendSchema !== undefined || resumeSchema !== undefined;
}

/** Differs when the order or the names of a graph's places differ. */
export function graphHash(graph: readonly GraphNode[]): string {
  const text = JSON.stringify(graph.map(shapeOf));
  // FNV-1a, twice with different starts: enough to tell versions of one graph apart.
  return [0x811c9dc5, 0x01000193].map((start) => fnv(text, start).toString(16).padStart(8, "0")).join("");
}

function shapeOf(node: GraphNode): unknown {
  const { description: _description, metadata: _metadata, ...shown } = describeNode(node) as ShownNode & { step?: unknown };
  return JSON.parse(
    JSON.stringify(shown, (key, value: unknown) =>
      key === "description" || key === "metadata" || key === "canSuspend" || key === "duration" || key === "date" || key === "opts"
        ? undefined
        : value,
    ),
  );
}

function fnv(text: string, start: number): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
