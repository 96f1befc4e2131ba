/** Walks a workflow's graph. Whatever must happen once goes through the engine; what has happened already comes back from it. */
import { messageOf } from "../errors.ts";
import { conditionContext, flowContext } from "./step-context.ts";
import {
  CANCELED,
  fromRecord,
  show,
  showEnd,
  shownId,
  succeeded,
  takeOpen,
  worst,
  type Outcome,
  type Scope,
  type StepRecord,
} from "./execution.ts";
import { toStepError } from "./errors.ts";
import type { AnyStep, GraphNode } from "./graph.ts";
import { visitForeach } from "./foreach.ts";
import { runStep } from "./run-step.ts";

/** Walks the nodes of one workflow. `base` is the key of the place where it stands, empty for the outermost. */
export async function walk(graph: readonly GraphNode[], input: unknown, base: string, scope: Scope): Promise<Outcome> {
  const { execution } = scope;
  const { engine } = execution;
  const from = engine.result(`from:${base}`);
  let value = input;
  for (const [index, node] of graph.entries()) {
    if (engine.cancellation.isCancelled) return CANCELED;
    if (execution.live.isLeaving && engine.givesBackUntil(0)) return { status: "asleep", wakeAt: Date.now() };
    const key = `${base}/${index}`;
    const isBefore = typeof from === "number" && index < from;
    const isLast = base === "" && index === graph.length - 1 && (node.type === "mapping" || (node.type === "step" && !node.step.graph));
    const here = isBefore || isLast ? { ...scope, replayOnly: scope.replayOnly || isBefore, isLast } : scope;
    const outcome = await visit(node, value, key, here);
    if (outcome.status !== "success") return outcome;
    value = outcome.output;
    if (execution.perStep && execution.hasWorked && base === "" && index < graph.length - 1) return { status: "paused" };
  }
  return succeeded(value);
}

function visit(node: GraphNode, given: unknown, key: string, scope: Scope): Promise<Outcome> {
  const input = inputOf(key, given, scope);
  switch (node.type) {
    case "step":
      return visitStep(node.step, input, key, scope);
    case "parallel":
      return visitParallel(node.steps, input, key, scope);
    case "conditional":
      return visitBranch(node, input, key, scope);
    case "mapping":
      return runStep({ id: node.id, execute: (context) => node.map(context) }, input, key, scope);
    case "foreach":
      return visitForeach(node, input, key, scope, visitStep);
    case "loop":
      return visitLoop(node, input, key, scope);
    case "sleep":
    case "sleepUntil":
      return visitSleep(node, input, key, scope);
  }
}

/** What a run that was taken back to this place is to go on with. */
function inputOf(key: string, given: unknown, { execution: { engine } }: Scope): unknown {
  const name = `in:${key}`;
  return engine.has(name) ? engine.result(name) : given;
}

/** A step at its place: a function's, or a workflow of its own. */
function visitStep(step: AnyStep, given: unknown, key: string, scope: Scope, index?: number): Promise<Outcome> {
  const input = inputOf(key, given, scope);
  const { graph } = step;
  return graph ? visitNested(step, graph, input, key, scope, index) : runStep(step, input, key, scope, index);
}

async function visitNested(
  step: AnyStep,
  graph: readonly GraphNode[],
  input: unknown,
  key: string,
  scope: Scope,
  index: number | undefined,
): Promise<Outcome> {
  const outcome = await runNested(step, graph, input, key, scope, index);
  if (outcome.status === "success" && index === undefined) scope.results.set(step.id, outcome.output);
  return outcome;
}

async function runNested(
  step: AnyStep,
  graph: readonly GraphNode[],
  input: unknown,
  key: string,
  scope: Scope,
  index: number | undefined,
): Promise<Outcome> {
  const { execution } = scope;
  // Only a run that was taken back to a later place has results of whole workflows.
  if (execution.engine.has(key)) return fromRecord(execution.engine.result(key) as StepRecord); // this key holds nothing else
  const before = index === undefined ? takeOpen(scope, step.id, key) : undefined;
  const startedAt = before?.startedAt ?? Date.now();
  const named = { ...shownId(scope, step.id), ...(index === undefined && { stepCallId: before?.stepCallId ?? execution.callIds.next() }) };
  const runId = execution.live.id;
  let isShown = before !== undefined;
  const announce = (): void => {
    scope.announce();
    if (isShown) return;
    isShown = true;
    if (index === undefined)
      show(scope, {
        type: "workflow-step-start",
        runId,
        from: "WORKFLOW",
        payload: { ...named, payload: input, startedAt, status: "running" },
      });
  };
  const inner: Scope = { ...scope, workflow: step, path: [...scope.path, step.id], init: input, results: new Map(), announce };
  const outcome = await walk(graph, input, key, inner);
  if (!isShown || index !== undefined) return outcome;
  // To bail out of a workflow inside another is a result of it, not of the one around it.
  const ended = outcome.status === "bailed" ? succeeded(outcome.output) : outcome;
  showEnd(scope, { ...named, payload: input, startedAt }, ended);
  return ended;
}

async function visitParallel(steps: readonly AnyStep[], input: unknown, key: string, scope: Scope): Promise<Outcome> {
  const branches = steps.map((step, i) => ({ step, key: `${key}/p${i}`, state: scope.state.fork() }));
  const outcomes = await scope.execution.engine.all(
    branches.map((branch) => () => visitStep(branch.step, input, branch.key, { ...scope, state: branch.state })),
    Infinity,
  );
  scope.state.join(branches.map(({ state }) => state));
  return worst(outcomes) ?? succeeded(byId(steps, outcomes));
}

function byId(steps: readonly AnyStep[], outcomes: readonly Outcome[]): Record<string, unknown> {
  const outputs: Record<string, unknown> = {};
  for (const [i, outcome] of outcomes.entries()) {
    const id = steps[i]?.id;
    // Not by assignment: a step may be called `__proto__`.
    if (id !== undefined && outcome.status === "success")
      Object.defineProperty(outputs, id, { value: outcome.output, enumerable: true, configurable: true, writable: true });
  }
  return outputs;
}

/** The first arm whose condition holds. */
async function visitBranch(
  { arms }: Extract<GraphNode, { type: "conditional" }>,
  input: unknown,
  key: string,
  scope: Scope,
): Promise<Outcome> {
  const { engine } = scope.execution;
  if (scope.replayOnly && !engine.has(`${key}/c`)) return succeeded(undefined);
  let index: number;
  try {
    index = await engine.step(`${key}/c`, async () => {
      const context = flowContext(scope, input);
      for (const [i, { condition }] of arms.entries()) if (await condition(context as never)) return i; // typed by the builder
      return -1;
    });
  } catch (error) {
    return thrown(error, key, scope);
  }
  const arm = arms[index];
  if (!arm) return succeeded({});
  const outcome = await visitStep(arm.step, input, `${key}/b${index}`, scope);
  return outcome.status === "success" ? succeeded(byId([arm.step], [outcome])) : outcome;
}

async function visitLoop(
  { step, condition, loopType }: Extract<GraphNode, { type: "loop" }>,
  input: unknown,
  key: string,
  scope: Scope,
): Promise<Outcome> {
  const { engine } = scope.execution;
  let value = input;
  for (let i = 0; ; i++) {
    if (engine.cancellation.isCancelled) return CANCELED;
    const outcome = await visitStep(step, value, `${key}/l${i}`, scope);
    if (outcome.status !== "success") return outcome;
    value = outcome.output;
    if (scope.replayOnly && !engine.has(`${key}/l${i}/c`)) return outcome;
    try {
      const holds = await engine.step(`${key}/l${i}/c`, async () => condition(conditionContext(scope, value, i + 1) as never)); // typed by the builder
      if (holds !== (loopType === "dowhile")) return outcome;
    } catch (error) {
      return thrown(error, key, scope);
    }
  }
}

/** What a condition threw ends the run; a lost lease ends this process's part of it. */
function thrown(error: unknown, key: string, { execution: { live, logger, engine } }: Scope): Outcome {
  if (live.isLost) throw error;
  if (engine.cancellation.isCancelled) return CANCELED;
  logger.warn("A condition failed", { runId: live.id, key, reason: messageOf(error) });
  return { status: "failed", error: toStepError(error) };
}

type SleepNode = Extract<GraphNode, { type: "sleep" | "sleepUntil" }>;

async function visitSleep(node: SleepNode, input: unknown, key: string, scope: Scope): Promise<Outcome> {
  const { engine, live } = scope.execution;
  if (engine.has(key) || scope.replayOnly) return succeeded(input);
  const runId = live.id;
  const named = shownId(scope, node.id);
  try {
    scope.announce();
    const isFresh = !engine.has(`${key}/until`);
    const { startedAt, until } = await engine.step(`${key}/until`, async () => {
      const now = Date.now();
      return { startedAt: now, until: await endOf(node, input, now, scope) };
    });
    if (isFresh)
      show(scope, {
        type: "workflow-step-waiting",
        runId,
        from: "WORKFLOW",
        payload: { ...named, payload: input, startedAt, status: "waiting" },
      });
    if (engine.givesBackUntil(until) && until > Date.now()) return { status: "asleep", wakeAt: until };
    await engine.sleepUntil(until);
    const endedAt = Date.now();
    await engine.record(key, { status: "success", startedAt, endedAt } satisfies StepRecord);
    show(scope, {
      type: "workflow-step-result",
      runId,
      from: "WORKFLOW",
      payload: { ...named, status: "success", output: input, endedAt },
    });
    scope.execution.hasWorked = true;
    return succeeded(input);
  } catch (error) {
    return thrown(error, key, scope);
  }
}

async function endOf(node: SleepNode, input: unknown, now: number, scope: Scope): Promise<number> {
  const context = flowContext(scope, input) as never; // typed by the builder
  if (node.type === "sleep") return now + (typeof node.duration === "function" ? await node.duration(context) : node.duration);
  const date = typeof node.date === "function" ? await node.date(context) : node.date;
  return date.getTime();
}
