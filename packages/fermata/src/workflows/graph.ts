/** A workflow as data: what is walked, described and hashed. Functions stand in it as values; nothing is done by building it. */
import type { FlowContext, StepParts } from "./step.ts";

/** A step whose types do not matter where it stands. */
export interface AnyStep extends StepParts {
  readonly id: string;
  /** A workflow as a step: its own graph. */
  readonly graph?: readonly GraphNode[];
  readonly options?: { readonly validateInputs?: boolean };
  readonly retryConfig?: RetryConfig;
}

export interface RetryConfig {
  /** Repeats after a failure. Default 0. */
  readonly attempts?: number;
  /** Milliseconds before the first repeat. Default 0. */
  readonly delay?: number;
  /** `exponential` doubles the delay each time. Default `fixed`. */
  readonly backoff?: "fixed" | "exponential";
  /** Milliseconds between repeats at most. Default 60,000. */
  readonly maxDelay?: number;
}

/** Functions in the graph take the context of their own place, which the builder's types have made sure of. */
export type Condition = (context: never) => boolean | Promise<boolean>;
export type LoopContext<In = unknown, State = unknown> = FlowContext<In, State> & {
  /** From 1. */
  readonly iterationCount: number;
};

interface Labelled {
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export type GraphNode = Labelled &
  (
    | { readonly type: "step"; readonly step: AnyStep }
    | { readonly type: "parallel"; readonly steps: readonly AnyStep[] }
    | { readonly type: "conditional"; readonly arms: readonly { readonly condition: Condition; readonly step: AnyStep }[] }
    | { readonly type: "mapping"; readonly id: string; readonly map: MapFunction }
    | { readonly type: "foreach"; readonly step: AnyStep; readonly concurrency: number }
    | { readonly type: "loop"; readonly step: AnyStep; readonly condition: Condition; readonly loopType: "dowhile" | "dountil" }
    | { readonly type: "sleep"; readonly id: string; readonly duration: number | ((context: never) => number | Promise<number>) }
    | { readonly type: "sleepUntil"; readonly id: string; readonly date: Date | ((context: never) => Date | Promise<Date>) }
  );

export type MapFunction = (context: FlowContext) => unknown;

/** The steps of a node, in their order. */
export function stepsOf(node: GraphNode): readonly AnyStep[] {
  switch (node.type) {
    case "step":
    case "foreach":
    case "loop":
      return [node.step];
    case "parallel":
      return node.steps;
    case "conditional":
      return node.arms.map(({ step }) => step);
    case "mapping":
    case "sleep":
    case "sleepUntil":
      return [];
  }
}

/** All ids of a graph's own level. */
export function idsOf(node: GraphNode): readonly string[] {
  return "id" in node ? [node.id] : stepsOf(node).map(({ id }) => id);
}

/** A place in a graph. */
export interface Place {
  /** The key of the node, such as `/2`. */
  readonly nodeKey: string;
  /** The key of the step in it, such as `/2/p1`. A loop's or foreach's is that of its node. */
  readonly key: string;
  readonly index: number;
  readonly node: GraphNode;
  readonly step: AnyStep | undefined;
  /** The arm, for a step of a branch. */
  readonly arm: number | undefined;
}

/** Where each of the ids stands, from the outermost workflow inwards; `undefined` when one of them is not there. */
export function locate(graph: readonly GraphNode[], ids: readonly string[], base = ""): readonly Place[] | undefined {
  const [id, ...inner] = ids;
  if (id === undefined) return [];
  for (const [index, node] of graph.entries()) {
    const at = idsOf(node).indexOf(id);
    if (at === -1) continue;
    const nodeKey = `${base}/${index}`;
    const key = node.type === "parallel" ? `${nodeKey}/p${at}` : node.type === "conditional" ? `${nodeKey}/b${at}` : nodeKey;
    const step = stepsOf(node)[at];
    const place: Place = { nodeKey, key, index, node, step, arm: node.type === "conditional" ? at : undefined };
    if (inner.length === 0) return [place];
    const rest = step?.graph && locate(step.graph, inner, key);
    return rest && [place, ...rest];
  }
  return undefined;
}
