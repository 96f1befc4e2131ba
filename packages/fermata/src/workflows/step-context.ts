/** What the functions in a workflow are called with. */
import type { RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import type { Cancellation } from "../runs/cancellation.ts";
import { toLines } from "../schema/messages.ts";
import { validate, type Validated } from "../schema/schema.ts";
import { invalidData } from "./errors.ts";
import { show, type Scope } from "./execution.ts";
import type { AnyStep, LoopContext } from "./graph.ts";
import { changedKeys } from "./state.ts";
import type { FlowContext, StepContext, StepMastra, SuspendOptions } from "./step.ts";
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

/**
 * What every function gets. Its functions and data are its own members, because people spread contexts and take them apart.
 * The rest, which costs more to make than a step, is made for those who ask for it.
 */
class PlaceContext implements FlowContext {
  readonly inputData: unknown;
  state: unknown;
  readonly runId: string;
  readonly workflowId: string;
  readonly requestContext: RequestContext;
  readonly mastra: StepMastra;
  readonly getStepResult: FlowContext["getStepResult"];
  readonly getInitData: FlowContext["getInitData"];
  readonly #cancellation: Cancellation;

  constructor(scope: Scope, input: unknown) {
    const { live, requestContext, mastra, engine } = scope.execution;
    this.inputData = input;
    this.state = scope.state.values;
    this.runId = live.id;
    this.workflowId = scope.workflow.id;
    this.requestContext = requestContext;
    this.mastra = mastra;
    this.getStepResult = (step: string | { readonly id: string }) => resultOf(scope, step) as never;
    this.getInitData = () => scope.init as never;
    this.#cancellation = engine.cancellation;
  }

  get abortSignal(): AbortSignal {
    return this.#cancellation.signal;
  }
}

/** What a step's function gets. */
class CallContext extends PlaceContext implements StepContext {
  readonly resumeData: unknown;
  readonly suspendData: unknown;
  readonly retryCount: number;
  readonly runCount: number;
  readonly resourceId: string | undefined;
  readonly idempotencyKey: string;
  readonly setState: (next: unknown) => Promise<void>;
  readonly suspend: StepContext["suspend"];
  readonly bail: StepContext["bail"];
  readonly abort: StepContext["abort"];
  readonly #call: StepCall;

  constructor(call: StepCall, scope: Scope, key: string, { input, attempt, answered, resume, suspended }: CallValues) {
    super(scope, input);
    this.#call = call;
    this.resumeData = resume;
    this.suspendData = suspended;
    this.retryCount = attempt;
    this.runCount = attempt + answered;
    this.resourceId = scope.execution.resourceId;
    this.idempotencyKey = `${this.runId}:${key}#${answered}`;
    this.setState = (next) => call.setState(next as Readonly<Record<string, unknown>>); // checked where the step has a schema for it
    this.suspend = (payload, options) => call.suspend(payload, options);
    this.bail = (result) => call.end({ kind: "bail", result }, "The workflow was ended.");
    this.abort = () => call.end({ kind: "abort" }, "The run was cancelled.");
  }

  get writer(): StepWriter {
    return this.#call.writer;
  }
}

/** The caller's types say which step; what it gave is what its schema says. */
function resultOf({ results }: Scope, step: string | { readonly id: string }): unknown {
  return results.get(typeof step === "string" ? step : step.id);
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
  readonly context: CallContext;
  ending: StepEnding | undefined;
  /** What the step has changed of the shared state. */
  changes: Readonly<Record<string, unknown>> | undefined;
  readonly #scope: Scope;
  readonly #step: AnyStep;
  #writer: StepWriter | undefined;

  constructor(scope: Scope, step: AnyStep, key: string, values: CallValues) {
    this.#scope = scope;
    this.#step = step;
    this.context = new CallContext(this, scope, key, values);
  }

  get writer(): StepWriter {
    return (this.#writer ??= this.#makeWriter());
  }

  async setState(next: Readonly<Record<string, unknown>>): Promise<void> {
    const { stateSchema } = this.#step;
    if (stateSchema) {
      const checked = await validate(stateSchema, next);
      if (!checked.ok) throw invalidData("state", checked.issues);
    }
    const { values } = this.#scope.state;
    const changed = changedKeys(this.changes ? { ...values, ...this.changes } : values, next);
    this.changes = { ...this.changes, ...changed };
    // The step sees what it has set; the others see it when it has succeeded.
    this.context.state = { ...values, ...this.changes };
  }

  suspend(payload: unknown, { resumeLabel }: SuspendOptions = {}): Promise<never> {
    const { suspendSchema } = this.#step;
    const labels = resumeLabel === undefined ? [] : typeof resumeLabel === "string" ? [resumeLabel] : [...resumeLabel];
    const checked = suspendSchema ? validate(suspendSchema, payload) : ({ ok: true, value: payload } as const);
    if (!(checked instanceof Promise)) return this.#suspended(checked, labels);
    const ended = checked.then((result) => this.#suspended(result, labels));
    ended.catch(() => undefined); // a step may leave the promise alone: the suspension holds all the same
    return ended;
  }

  /** The first end that a step asks for is the one it gets. */
  end(ending: StepEnding, message: string): never {
    this.ending ??= ending;
    throw new StepEnded(message);
  }

  #suspended(checked: Validated, labels: readonly string[]): never {
    if (!checked.ok) {
      throw new FermataError(
        "VALIDATION_FAILED",
        `Step "${this.#step.id}" suspended with a payload that does not fit its suspendSchema:\n${toLines(checked.issues)}`,
      );
    }
    return this.end({ kind: "suspend", payload: checked.value, labels }, "The step waits.");
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
