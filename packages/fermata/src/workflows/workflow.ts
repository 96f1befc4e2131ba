import { FermataError } from "../errors.ts";
import type { Input, Output, Schema } from "../schema/schema.ts";
import type { WorkflowDefinition, WorkflowOptions } from "./definition.ts";
import { graphHash } from "./describe.ts";
import { idsOf, type AnyStep, type GraphNode, type LoopContext, type RetryConfig } from "./graph.ts";
import type { WorkflowHost } from "./host.ts";
import { fromTable, type Mapped, type MapTable } from "./map.ts";
import { WorkflowRun } from "./run.ts";
import { checkSchedules, type WorkflowSchedule } from "./schedule.ts";
import { ownHost } from "./serve-workflows.ts";
import type { AnyTool } from "../tools/tool.ts";
import { workflowTool } from "./as-tool.ts";
import type { FlowContext, Place, Step, StepParts } from "./step.ts";

export interface WorkflowConfig<Id extends string, I extends Schema, O extends Schema, S extends Schema> extends Pick<
  WorkflowOptions,
  "onFinish" | "onError"
> {
  readonly id: Id;
  readonly description?: string;
  readonly inputSchema?: I;
  readonly outputSchema?: O;
  /** The state that the steps share. */
  readonly stateSchema?: S;
  readonly requestContextSchema?: Schema;
  readonly retryConfig?: RetryConfig;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly options?: WorkflowOptions;
  /** When it runs by itself: on a server, or once `mastra.start()` was called. */
  readonly schedule?: WorkflowSchedule<Input<I>> | readonly WorkflowSchedule<Input<I>>[];
}

/** Words about one place of the graph. */
export interface EntryOptions {
  readonly id?: string;
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

type AnyTyped<Prev, State> = Step<string, Prev, unknown, State>;
type Arm<Prev, State> = readonly [
  condition: (context: FlowContext<Prev, State>) => boolean | Promise<boolean>,
  step: AnyTyped<Prev, State>,
];
type GivesOf<S> = S extends { readonly "~gives"?: infer O } ? O : never;
type AcceptsOf<S> = S extends { readonly "~accepts"?: (input: infer I) => void } ? I : never;
/** A step whose output can go round to its own input. */
type Loopable<S> = GivesOf<S> extends AcceptsOf<S> ? unknown : { readonly error: "The step gives what it does not accept itself" };
type PlacesOf<S> = S extends { readonly "~places"?: infer P } ? P : unknown;
/** The places of several steps together. */
type AllPlaces<S> = (S extends unknown ? (places: PlacesOf<S>) => void : never) extends (places: infer P) => void ? P : unknown;
/** A workflow inside another: its own place, and those of its steps under their paths. */
export type Inner<Id extends string, Out, Places> = Record<Id, Place<Out>> & {
  readonly [K in keyof Places & string as `${Id}.${K}`]: Places[K];
};
type ById<S> = S extends { readonly id: infer Id extends string } ? Id : never;
type LoopCondition<S, State> = (context: LoopContext<GivesOf<S>, State>) => boolean | Promise<boolean>;
type Item<Prev> = Prev extends readonly (infer E)[] ? E : never;

/**
 * Steps in an order. Built by chaining and closed by `commit`; a step that does not accept what the one before it gives does not compile.
 * `In` is what a run takes, `Out` what it ends with, `Prev` what the last step gives, `Places` its steps as they look from outside a run.
 */
export class Workflow<Id extends string = string, In = never, Out = unknown, State = never, Prev = unknown, Places = unknown>
  implements Step<Id, In, Out, State, Inner<Id, Out, Places>>, WorkflowDefinition
{
  readonly id: Id;
  readonly description?: string;
  readonly inputSchema?: Schema;
  readonly outputSchema?: Schema;
  readonly stateSchema?: Schema;
  readonly requestContextSchema?: Schema;
  readonly retryConfig?: RetryConfig;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly component = "WORKFLOW" as const;
  readonly options: WorkflowOptions;
  readonly schedules?: readonly WorkflowSchedule[];
  readonly "~accepts"?: (input: In) => void;
  readonly "~gives"?: Out;
  readonly "~state"?: (state: State) => void;
  readonly "~places"?: Inner<Id, Out, Places>;
  readonly "~last"?: Prev;
  readonly "~steps"?: Places;
  readonly #graph: GraphNode[] = [];
  #committed = false;
  #hash: string | undefined;
  #host: WorkflowHost | undefined;

  /** @throws FermataError `MISCONFIGURED` */
  constructor(config: WorkflowConfig<Id, Schema, Schema, Schema>) {
    if (typeof config.id !== "string" || config.id === "") throw new FermataError("MISCONFIGURED", "A workflow needs an id.");
    const { id, options, onFinish, onError, schedule, ...parts } = config;
    this.id = id;
    Object.assign(this, parts satisfies StepParts & { retryConfig?: RetryConfig });
    if (schedule) this.schedules = checkSchedules(id, schedule);
    this.options = { ...(onFinish && { onFinish }), ...(onError && { onError }), ...options };
  }

  /** Called by the instance that the workflow is registered with. */
  attach(host: WorkflowHost): void {
    this.#host = host;
  }

  /** Called by what uses the workflow and is registered itself: a workflow without an instance of its own lives in that one. */
  adopt(host: WorkflowHost): void {
    if (this.#host) return;
    this.#host = host;
    host.add(this);
  }

  /** The workflow as a tool of an agent. */
  asTool(name: string): AnyTool {
    return workflowTool(name, this, () => this.#owner());
  }

  get graph(): readonly GraphNode[] {
    return this.#graph;
  }

  /** The ids of the graph's own places, in their order. */
  get stepIds(): readonly string[] {
    return this.#graph.flatMap(idsOf);
  }

  get isCommitted(): boolean {
    return this.#committed;
  }

  /** Names this version of the graph: a run that waits goes on only with the version that it began with. */
  get graphHash(): string {
    return (this.#hash ??= graphHash(this.#graph));
  }

  /** The workflow as a step of another. */
  asStep(): AnyStep {
    const { id, description, inputSchema, outputSchema, stateSchema, requestContextSchema, retryConfig, metadata, options } = this;
    return {
      id,
      ...(description !== undefined && { description }),
      ...(inputSchema && { inputSchema }),
      ...(outputSchema && { outputSchema }),
      ...(stateSchema && { stateSchema }),
      ...(requestContextSchema && { requestContextSchema }),
      ...(retryConfig && { retryConfig }),
      ...(metadata && { metadata }),
      options,
      component: "WORKFLOW",
      graph: this.#graph,
    };
  }

  /** A step after the one before. The name is the field's: a workflow is not to be awaited, and one that is committed says so. */
  // oxlint-disable-next-line unicorn/no-thenable -- the reference's name
  then<O, P>(step: Step<string, Prev, O, State, P>, options: EntryOptions = {}): Workflow<Id, In, Out, State, O, Places & P> {
    return this.#add({ type: "step", step: asAny(step) }, options);
  }

  /** Steps at the same time, each with the output of the step before. The next one gets their outputs by id. */
  parallel<const T extends readonly AnyTyped<Prev, State>[]>(
    steps: T,
    options: EntryOptions = {},
  ): Workflow<Id, In, Out, State, { [S in T[number] as ById<S>]: GivesOf<S> }, Places & AllPlaces<T[number]>> {
    return this.#add({ type: "parallel", steps: steps.map(asAny) }, options);
  }

  /** The first step whose condition holds. The next one gets its output under its id, or nothing when no condition holds. */
  branch<const T extends readonly Arm<Prev, State>[]>(
    arms: T,
    options: EntryOptions = {},
  ): Workflow<Id, In, Out, State, { [A in T[number] as ById<A[1]>]?: GivesOf<A[1]> }, Places & AllPlaces<T[number][1]>> {
    return this.#add({ type: "conditional", arms: arms.map(([condition, step]) => ({ condition, step: asAny(step) })) }, options);
  }

  /** Makes the next step's input, with a function or from a table of sources. */
  map<O>(map: (context: FlowContext<Prev, State>) => O | Promise<O>, options?: EntryOptions): Workflow<Id, In, Out, State, O, Places>;
  map<const M extends MapTable<Prev, State>>(table: M, options?: EntryOptions): Workflow<Id, In, Out, State, Mapped<M, In>, Places>;
  map(
    from: ((context: FlowContext<Prev, State>) => unknown) | MapTable<Prev, State>,
    options: EntryOptions = {},
  ): Workflow<Id, In, Out, State, never, Places> {
    const { id = `mapping_${this.id}_${this.#countOf("mapping")}` } = options;
    // What stands before this place is what the context's type says.
    const map =
      typeof from === "function" ? (context: FlowContext) => from(context as FlowContext<Prev, State>) : fromTable(from as MapTable);
    return this.#add({ type: "mapping", id, map }, options);
  }

  /** The step for each item of the list that the step before gives, one at a time unless `concurrency` says otherwise. */
  foreach<O, P>(
    step: Prev extends readonly unknown[] ? Step<string, Item<Prev>, O, State, P> : { readonly error: "foreach needs a list before it" },
    options: EntryOptions & { readonly concurrency?: number } = {},
  ): Workflow<Id, In, Out, State, O[], Places & P> {
    const { concurrency = 1 } = options;
    if (!Number.isInteger(concurrency) || concurrency < 1)
      throw new FermataError("MISCONFIGURED", "concurrency must be a whole number of at least 1.");
    return this.#add({ type: "foreach", step: asAny(step as object), concurrency }, options);
  }

  /** The step again and again, with its own output, while the condition holds. */
  dowhile<S extends AnyTyped<Prev, State>>(
    step: S & Loopable<S>,
    condition: LoopCondition<S, State>,
    options: EntryOptions = {},
  ): Workflow<Id, In, Out, State, GivesOf<S>, Places & PlacesOf<S>> {
    return this.#add({ type: "loop", loopType: "dowhile", step: asAny(step), condition }, options);
  }

  /** The step again and again, with its own output, until the condition holds. */
  dountil<S extends AnyTyped<Prev, State>>(
    step: S & Loopable<S>,
    condition: LoopCondition<S, State>,
    options: EntryOptions = {},
  ): Workflow<Id, In, Out, State, GivesOf<S>, Places & PlacesOf<S>> {
    return this.#add({ type: "loop", loopType: "dountil", step: asAny(step), condition }, options);
  }

  /** Waits so many milliseconds, and hands on what came before. */
  sleep(
    duration: number | ((context: FlowContext<Prev, State>) => number | Promise<number>),
    options: EntryOptions = {},
  ): Workflow<Id, In, Out, State, Prev, Places> {
    const { id = `sleep_${this.id}_${this.#countOf("sleep")}` } = options;
    return this.#add({ type: "sleep", id, duration }, options);
  }

  /** Waits until the date, and hands on what came before. */
  sleepUntil(
    date: Date | ((context: FlowContext<Prev, State>) => Date | Promise<Date>),
    options: EntryOptions = {},
  ): Workflow<Id, In, Out, State, Prev, Places> {
    const { id = `sleepUntil_${this.id}_${this.#countOf("sleepUntil")}` } = options;
    return this.#add({ type: "sleepUntil", id, date }, options);
  }

  /** Closes the graph. It does not compile when the last step does not give what `outputSchema` says. */
  commit(
    ..._mismatch: [Prev] extends [Out] ? [] : [error: "The last step does not give what outputSchema says", gives: Prev, wanted: Out]
  ): this {
    if (this.#graph.length === 0) throw new FermataError("MISCONFIGURED", `Workflow "${this.id}" has no steps.`);
    this.#committed = true;
    return this;
  }

  /** A run that can be started. Nothing is kept of it before it is. */
  async createRun(options: { readonly runId?: string; readonly resourceId?: string } = {}): Promise<WorkflowRun<In, Out>> {
    return new WorkflowRun<In, Out>(this.#owner(), this, options.runId, options.resourceId);
  }

  /** Where the workflow's runs live. */
  #owner(): WorkflowHost {
    if (!this.#committed) throw new FermataError("MISCONFIGURED", `Workflow "${this.id}" is not committed: end its chain with .commit().`);
    return (this.#host ??= ownHost(this));
  }

  get host(): WorkflowHost {
    return this.#owner();
  }

  #countOf(type: GraphNode["type"]): number {
    return this.#graph.filter((node) => node.type === type).length;
  }

  #add<Next, All>(node: GraphNode, { description, metadata }: EntryOptions): Workflow<Id, In, Out, State, Next, All> {
    if (this.#committed) throw new FermataError("MISCONFIGURED", `Workflow "${this.id}" is committed: its graph cannot change any more.`);
    this.#graph.push({ ...node, ...(description !== undefined && { description }), ...(metadata && { metadata }) });
    // The same builder; only what the compiler knows of it has changed.
    return this as unknown as Workflow<Id, In, Out, State, Next, All>;
  }
}

function asAny(step: object): AnyStep {
  // Every typed step is one: its types stand in members that do not exist.
  return step instanceof Workflow ? step.asStep() : (step as AnyStep);
}

/**
 * Begins a workflow.
 * @example
 * const workflow = createWorkflow({ id: "sum", inputSchema, outputSchema }).then(add).then(double).commit();
 * const run = await workflow.createRun();
 * const { status, result } = await run.start({ inputData: { a: 1, b: 2 } });
 * @throws FermataError `MISCONFIGURED`
 */
export function createWorkflow<const Id extends string, I extends Schema = Schema, O extends Schema = Schema, S extends Schema = Schema>(
  config: WorkflowConfig<Id, I, O, S>,
): Workflow<Id, Input<I>, Output<O>, Output<S>, Output<I>> {
  return new Workflow(config);
}

/** A workflow whose types do not matter where it stands. */
export interface AnyWorkflow extends WorkflowDefinition {
  readonly isCommitted: boolean;
  attach(host: WorkflowHost): void;
  adopt(host: WorkflowHost): void;
  asTool(name: string): AnyTool;
  createRun(options?: { readonly runId?: string; readonly resourceId?: string }): Promise<AnyRun>;
}

/** A run whose types do not matter where it stands. */
export type AnyRun = Pick<
  WorkflowRun,
  | "runId"
  | "workflowId"
  | "cancel"
  | "observeStream"
  | "restart"
  | "resume"
  | "resumeStream"
  | "timeTravel"
  | "timeTravelStream"
  | "getState"
>;
