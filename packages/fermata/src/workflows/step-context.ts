/** What the functions in a workflow are called with. */
import { FermataError } from "../errors.ts";
import { toLines } from "../schema/messages.ts";
import { validate, type Validated } from "../schema/schema.ts";
import { invalidData } from "./errors.ts";
import { show, type Scope } from "./execution.ts";
import type { AnyStep, LoopContext } from "./graph.ts";
import { changedKeys } from "./state.ts";
import type { FlowContext, StepContext, SuspendOptions } from "./step.ts";
import { StepWriter } from "./step-writer.ts";

/** How a step ended other than by giving a value. */
export type StepEnding =
  | { readonly kind: "suspend"; readonly payload: unknown; readonly labels: readonly string[] }
  | { readonly kind: "bail"; readonly result: unknown }
  | { readonly kind: "abort" };

/** What stops a step's function once its end is decided. A step that catches it changes nothing. */
class StepEnded extends Error {
  override readonly name = "StepEnded";
}

/** What every function gets. All of it are the object's own members: people spread contexts and take them apart. */
export function flowContext(scope: Scope, input: unknown): FlowContext {
  const { live, requestContext, mastra, engine } = scope.execution;
  return {
    inputData: input,
    state: scope.state.values,
    runId: live.id,
    workflowId: scope.workflow.id,
    requestContext,
    mastra,
    abortSignal: engine.cancellation.signal,
    // The type says which step; what it gave is what its schema says.
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
    getStepResult: <Out>(step: string | { readonly id: string }): Out =>
      scope.results.get(typeof step === "string" ? step : step.id) as Out,
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
    getInitData: <T>(): T => scope.init as T, // the caller says what the workflow's schema says
  };
}

export function conditionContext(scope: Scope, input: unknown, iterationCount: number): LoopContext {
  return { ...flowContext(scope, input), iterationCount };
}

interface CallValues {
  readonly input: unknown;
  /** How often the function has failed before. */
  readonly attempt: number;
  /** How often it has been resumed. */
  readonly answered: number;
  readonly resume: unknown;
  readonly suspended: unknown;
}

/** One call of a step's function: the context that it is given, and what it has done with it. */
export class StepCall {
  readonly context: StepContext;
  ending: StepEnding | undefined;
  /** What the step has changed of the shared state. */
  changes: Readonly<Record<string, unknown>> | undefined;
  readonly #scope: Scope;
  readonly #step: AnyStep;

  constructor(scope: Scope, step: AnyStep, key: string, { input, attempt, answered, resume, suspended }: CallValues) {
    this.#scope = scope;
    this.#step = step;
    const place = flowContext(scope, input);
    this.context = {
      ...place,
      resumeData: resume,
      suspendData: suspended,
      retryCount: attempt,
      runCount: attempt + answered,
      resourceId: scope.execution.resourceId,
      idempotencyKey: `${place.runId}:${key}#${answered}`,
      writer: this.#makeWriter(),
      setState: (next) => this.#setState(next as Readonly<Record<string, unknown>>), // checked where the step has a schema for it
      suspend: (payload, options) => this.#suspend(payload, options),
      bail: (result) => {
        this.ending ??= { kind: "bail", result };
        throw new StepEnded("The workflow was ended.");
      },
      abort: () => {
        this.ending ??= { kind: "abort" };
        throw new StepEnded("The run was cancelled.");
      },
    };
  }

  async #setState(next: Readonly<Record<string, unknown>>): Promise<void> {
    const { stateSchema } = this.#step;
    if (stateSchema) {
      const checked = await validate(stateSchema, next);
      if (!checked.ok) throw invalidData("state", checked.issues);
    }
    const { values } = this.#scope.state;
    const changed = changedKeys(this.changes ? { ...values, ...this.changes } : values, next);
    this.changes = { ...this.changes, ...changed };
    // The step sees what it has set; the others see it when it has succeeded.
    Object.assign(this.context, { state: { ...values, ...this.changes } });
  }

  #suspend(payload: unknown, { resumeLabel }: SuspendOptions = {}): Promise<never> {
    const { suspendSchema } = this.#step;
    const labels = resumeLabel === undefined ? [] : typeof resumeLabel === "string" ? [resumeLabel] : [...resumeLabel];
    const checked = suspendSchema ? validate(suspendSchema, payload) : ({ ok: true, value: payload } as const);
    if (!(checked instanceof Promise)) return this.#suspended(checked, labels);
    const ended = checked.then((result) => this.#suspended(result, labels));
    ended.catch(() => undefined); // a step may leave the promise alone: the suspension holds all the same
    return ended;
  }

  #suspended(checked: Validated, labels: readonly string[]): never {
    if (!checked.ok) {
      throw new FermataError(
        "VALIDATION_FAILED",
        `Step "${this.#step.id}" suspended with a payload that does not fit its suspendSchema:\n${toLines(checked.issues)}`,
      );
    }
    this.ending ??= { kind: "suspend", payload: checked.value, labels };
    throw new StepEnded("The step waits.");
  }

  #makeWriter(): StepWriter {
    const scope = this.#scope;
    const runId = scope.execution.live.id;
    const stepName = this.#step.id;
    return new StepWriter({
      output: (output) => show(scope, { type: "workflow-step-output", runId, from: "USER", payload: { stepName, output, runId } }),
      data: (chunk) => show(scope, chunk),
    });
  }
}
