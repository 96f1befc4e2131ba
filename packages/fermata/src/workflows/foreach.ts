import { show, showEnd, shownId, succeeded, takeOpen, worst, type Outcome, type Scope } from "./execution.ts";
import { toStepError } from "./errors.ts";
import { FermataError } from "../errors.ts";
import type { AnyStep, GraphNode } from "./graph.ts";

type Visit = (step: AnyStep, input: unknown, key: string, scope: Scope, index?: number) => Promise<Outcome>;

/**
 * One step for each item of a list. Items that suspend hold no other item up. One at a time, each item sees the state as the one before left it;
 * several at a time each work on a copy.
 */
export async function visitForeach(
  { step, concurrency }: Extract<GraphNode, { type: "foreach" }>,
  input: unknown,
  key: string,
  scope: Scope,
  visit: Visit,
): Promise<Outcome> {
  const { execution } = scope;
  const { engine, live } = execution;
  if (!Array.isArray(input)) {
    if (scope.replayOnly) return succeeded(undefined);
    const error = new FermataError(
      "VALIDATION_FAILED",
      `foreach of step "${step.id}" needs a list, not ${input === null ? "null" : typeof input}.`,
    );
    return { status: "failed", error: toStepError(error) };
  }
  const items: readonly unknown[] = input;
  const runId = live.id;
  const named = shownId(scope, step.id);
  const before = takeOpen(scope, step.id, key);
  const startedAt = before?.startedAt ?? Date.now();
  let isShown = before !== undefined;
  const announce = (): void => {
    scope.announce();
    if (isShown) return;
    isShown = true;
    show(scope, {
      type: "workflow-step-start",
      runId,
      from: "WORKFLOW",
      payload: { ...named, payload: input, startedAt, status: "running" },
    });
  };
  if (items.length === 0 && !scope.replayOnly) announce();
  const isAlone = concurrency === 1;
  const states = isAlone ? [] : items.map(() => scope.state.fork());
  let completedCount = 0;
  let failed = false;
  const asleep: Outcome[] = [];
  const outcomes = await engine.all(
    items.map((item, index) => async (): Promise<Outcome> => {
      if (engine.cancellation.isCancelled) return { status: "canceled" };
      if (failed) return { status: "paused" }; // the run is over: what has not begun does not begin
      // Who sleeps keeps its place: what is limited to some at a time stays so.
      if (asleep[0] && asleep.length >= concurrency) return asleep[0];
      let hasRun = false;
      const inner: Scope = {
        ...scope,
        items: [...scope.items, index],
        state: states[index] ?? scope.state,
        announce: () => {
          announce();
          hasRun = true;
        },
      };
      const outcome = await visit(step, item, `${key}/f${index}`, inner, index);
      if (outcome.status === "success") completedCount++;
      if (outcome.status === "failed") failed = true;
      if (outcome.status === "asleep") asleep.push(outcome);
      if (hasRun && (outcome.status === "success" || outcome.status === "failed" || outcome.status === "suspended")) {
        const progress = { completedCount, totalCount: items.length, currentIndex: index, iterationStatus: outcome.status };
        show(scope, {
          type: "workflow-step-progress",
          runId,
          from: "WORKFLOW",
          payload: { ...named, ...progress, ...(outcome.status === "success" && { iterationOutput: outcome.output }) },
        });
      }
      return outcome;
    }),
    concurrency,
  );
  scope.state.join(states);
  return finish(outcomes);

  function finish(all: readonly Outcome[]): Outcome {
    const outcome = worst(all) ?? succeeded(all.map((one) => (one.status === "success" ? one.output : undefined)));
    if (outcome.status === "success") scope.results.set(step.id, outcome.output);
    if (isShown) showEnd(scope, { ...named, payload: input, startedAt }, outcome);
    return outcome;
  }
}
