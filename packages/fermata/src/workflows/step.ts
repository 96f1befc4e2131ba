import type { Agent } from "../agents/agent.ts";
import type { RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import type { Input, Output, Schema } from "../schema/schema.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { AnyTool } from "../tools/tool.ts";
import type { StepWriter } from "./step-writer.ts";

/** What a step reaches of the instance that its workflow is registered with. */
export interface StepMastra {
  getAgent(key: string): Agent;
  getAgentById(id: string): Agent;
  findTool(id: string): AnyTool | undefined;
  getLogger(): Logger;
}

export interface SuspendOptions {
  /** Other names under which the run can be resumed. */
  readonly resumeLabel?: string | readonly string[];
}

/** What conditions and mappings see. */
export interface FlowContext<In = unknown, State = unknown> {
  readonly inputData: In;
  readonly state: State;
  readonly runId: string;
  readonly workflowId: string;
  readonly requestContext: RequestContext;
  readonly mastra: StepMastra;
  readonly abortSignal: AbortSignal;
  /** The output of a step of this workflow that has succeeded; `undefined` for any other. */
  getStepResult<Out>(step: Step<string, never, Out>): Out;
  getStepResult(id: string): unknown;
  /** The input of the workflow. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what the workflow's schema says
  getInitData<T = unknown>(): T;
}

/** What a step's function gets. */
export interface StepContext<In = unknown, Out = unknown, State = unknown, Resume = unknown, Suspend = unknown> extends FlowContext<
  In,
  State
> {
  /** Changes the state that the steps of a run share: the keys whose values differ are kept. Rejects when `stateSchema` does not allow it. */
  setState(state: State): Promise<void>;
  /** The answer, when the step goes on after a `suspend`. */
  readonly resumeData: Resume | undefined;
  /** What the step suspended with, when it goes on after it. */
  readonly suspendData: Suspend | undefined;
  /** Ends the step here until somebody resumes it. It is then called from the top, with `resumeData`. Never resolves. */
  suspend(payload?: Suspend, options?: SuspendOptions): Promise<never>;
  /** Ends the whole workflow successfully, with this result. */
  bail(result?: unknown): never;
  /** Cancels the run. */
  abort(): never;
  /** Writes to the run's stream. */
  readonly writer: StepWriter;
  /** How often this attempt has been repeated because of a failure. */
  readonly retryCount: number;
  /** How often the step has run before at this place: after failures and after suspensions. */
  readonly runCount: number;
  readonly resourceId: string | undefined;
  /** Unique for this place of this run, and the same however often it is tried: fit for an idempotency key. */
  readonly idempotencyKey: string;
  /** What the function may give. Only its type is of interest. */
  readonly "~output"?: Out;
}

export interface StepConfig<Id extends string, I extends Schema, O extends Schema, S extends Schema, R extends Schema, P extends Schema> {
  readonly id: Id;
  readonly description?: string;
  readonly inputSchema?: I;
  readonly outputSchema?: O;
  readonly stateSchema?: S;
  readonly resumeSchema?: R;
  readonly suspendSchema?: P;
  readonly requestContextSchema?: Schema;
  /** Repeats after a failure. Default: the workflow's `retryConfig`. */
  readonly retries?: number;
  /** False for what must not happen twice: the function is called at most once, whatever becomes of the process. Default true. */
  readonly idempotent?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly execute: (context: StepContext<Output<I>, Output<O>, Output<S>, Output<R>, Output<P>>) => Promise<Input<O>> | Input<O>;
}

/** What a step is made of, whatever it was made from. */
export interface StepParts {
  readonly description?: string;
  readonly inputSchema?: Schema;
  readonly outputSchema?: Schema;
  readonly stateSchema?: Schema;
  readonly resumeSchema?: Schema;
  readonly suspendSchema?: Schema;
  readonly requestContextSchema?: Schema;
  readonly retries?: number;
  readonly idempotent?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly component?: "AGENT" | "TOOL" | "WORKFLOW";
  /** Called with the context that fits the schemas. Absent for a workflow, which the interpreter walks itself. */
  readonly execute?: (context: never) => unknown;
}

/**
 * A piece of work in a workflow. `In` is what it accepts from the step before, `Out` what it gives to the next.
 * The members with a tilde exist for the compiler alone.
 */
export interface Step<Id extends string = string, In = never, Out = unknown, State = never, Places = unknown> extends StepParts {
  readonly id: Id;
  readonly "~accepts"?: (input: In) => void;
  readonly "~gives"?: Out;
  readonly "~state"?: (state: State) => void;
  /** What whoever resumes a run sees of the step: a `Place` under its id. */
  readonly "~places"?: Places;
}

/** A step as it looks from outside a run: what it gives, what it says when it waits, and what it is told when it goes on. */
export interface Place<Out = unknown, Suspend = unknown, Resume = unknown> {
  readonly output: Out;
  readonly suspend: Suspend;
  readonly resume: Resume;
}

/** What an agent as a step takes and gives. */
export interface AgentStepInput {
  readonly prompt: string;
}

/** The schemas that a step was made with, for use in the step or workflow beside it. Those that were not given are not there. */
export interface StepSchemas<I extends Schema, O extends Schema> {
  readonly inputSchema: I;
  readonly outputSchema: O;
}

/** A step from a function and its schemas. @throws FermataError `MISCONFIGURED` */
export function defineStep<
  const Id extends string,
  I extends Schema = Schema,
  O extends Schema = Schema,
  S extends Schema = Schema,
  R extends Schema = Schema,
  P extends Schema = Schema,
>(
  config: StepConfig<Id, I, O, S, R, P>,
): Step<Id, Input<I>, Output<O>, Output<S>, Record<Id, Place<Output<O>, Output<P>, Input<R>>>> & StepSchemas<I, O> {
  if (typeof config.id !== "string" || config.id === "") throw new FermataError("MISCONFIGURED", "A step needs an id.");
  if (typeof config.execute !== "function") throw new FermataError("MISCONFIGURED", `Step "${config.id}" needs an execute function.`);
  // A schema that was not given has the type of any.
  return { ...config } as Step<Id, Input<I>, Output<O>, Output<S>, Record<Id, Place<Output<O>, Output<P>, Input<R>>>> & StepSchemas<I, O>;
}
