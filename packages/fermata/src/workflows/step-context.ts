/** What the functions in a workflow are called with. */
import type { RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import { toLines } from "../schema/messages.ts";
import { validate, type Validated } from "../schema/schema.ts";
import { invalidData } from "./errors.ts";
import { show, type Scope } from "./execution.ts";
import type { AnyStep, LoopContext } from "./graph.ts";
import { changedKeys } from "./state.ts";
import type { FlowContext, StepMastra, SuspendOptions } from "./step.ts";
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

export function flowContext(scope: Scope, input: unknown): FlowContext {
  return new PlaceContext(scope, input);
}

export function conditionContext(scope: Scope, input: unknown, iterationCount: number): LoopContext {
  return Object.assign(new PlaceContext(scope, input), { iterationCount });
}

/** The part that every function gets. Members that are functions can be taken out of it; they are made for those who take them. */
class PlaceContext implements FlowContext {
  readonly inputData: unknown;
  readonly runId: string;
  readonly workflowId: string;
  readonly requestContext: RequestContext;
  readonly mastra: StepMastra;
  protected readonly scope: Scope;

  constructor(scope: Scope, input: unknown) {
    const { live, requestContext, mastra } = scope.execution;
    this.scope = scope;
    this.inputData = input;
    this.runId = live.id;
    this.workflowId = scope.workflow.id;
    this.requestContext = requestContext;
    this.mastra = mastra;
  }

  get abortSignal(): AbortSignal {
    return this.scope.execution.engine.cancellation.signal;
  }

  get state(): unknown {
    return this.scope.state.values;
  }

  get getStepResult(): FlowContext["getStepResult"] {
    // The type says which step; what it gave is what its schema says.
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
    return <Out>(step: string | { readonly id: string }): Out => this.scope.results.get(typeof step === "string" ? step : step.id) as Out;
  }

  get getInitData(): FlowContext["getInitData"] {
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
    return <T>(): T => this.scope.init as T; // the caller says what the workflow's schema says
  }
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

/** The context of one call of a step's function. */
export class StepCall extends PlaceContext {
  ending: StepEnding | undefined;
  /** What the step has changed of the shared state. */
  changes: Readonly<Record<string, unknown>> | undefined;
  readonly resumeData: unknown;
  readonly suspendData: unknown;
  readonly retryCount: number;
  readonly runCount: number;
  readonly resourceId: string | undefined;
  readonly #key: string;
  readonly #answered: number;
  readonly #step: AnyStep;
  #writer: StepWriter | undefined;

  constructor(scope: Scope, step: AnyStep, key: string, { input, attempt, answered, resume, suspended }: CallValues) {
    super(scope, input);
    this.#step = step;
    this.resumeData = resume;
    this.suspendData = suspended;
    this.retryCount = attempt;
    this.runCount = attempt + answered;
    this.resourceId = scope.execution.resourceId;
    this.#key = key;
    this.#answered = answered;
  }

  override get state(): unknown {
    return this.changes ? { ...this.scope.state.values, ...this.changes } : this.scope.state.values;
  }

  get idempotencyKey(): string {
    return `${this.runId}:${this.#key}#${this.#answered}`;
  }

  get writer(): StepWriter {
    return (this.#writer ??= this.#makeWriter());
  }

  get setState(): (next: Readonly<Record<string, unknown>>) => Promise<void> {
    return (next) => this.#setState(next);
  }

  get suspend(): (payload?: unknown, options?: SuspendOptions) => Promise<never> {
    return (payload, options) => this.#suspend(payload, options);
  }

  get bail(): (result?: unknown) => never {
    return (result) => {
      this.ending ??= { kind: "bail", result };
      throw new StepEnded("The workflow was ended.");
    };
  }

  get abort(): () => never {
    return () => {
      this.ending ??= { kind: "abort" };
      throw new StepEnded("The run was cancelled.");
    };
  }

  async #setState(next: Readonly<Record<string, unknown>>): Promise<void> {
    const { stateSchema } = this.#step;
    if (stateSchema) {
      const checked = await validate(stateSchema, next);
      if (!checked.ok) throw invalidData("state", checked.issues);
    }
    const changed = changedKeys(this.state as Readonly<Record<string, unknown>>, next); // made of records above
    this.changes = { ...this.changes, ...changed };
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
    const { scope, runId } = this;
    const stepName = this.#step.id;
    return new StepWriter({
      output: (output) => show(scope, { type: "workflow-step-output", runId, from: "USER", payload: { stepName, output, runId } }),
      data: (chunk) => show(scope, chunk),
    });
  }
}
