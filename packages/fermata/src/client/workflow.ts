/** Workflows and their runs as the client knows them. */
import type { z } from "zod";
import type { Contract } from "../contract/index.ts";
import type { CallOptions, Invoke, StreamingOptions } from "./api.ts";
import type {
  PlacesOf,
  StepId,
  StepOutput,
  StepResume,
  StepSuspend,
  WorkflowEvent,
  WorkflowInput,
  WorkflowOutput,
  WorkflowState,
} from "./infer.ts";
import type { Values } from "./request.ts";
import type { ClientStream } from "./stream.ts";

type Routes = Contract["workflows"];
type Reply<R extends keyof Routes> = z.output<Routes[R]["response"]>;
type AnyResult = Reply<"startAsync">;
type Message = Reply<"start">;
type StartBody = z.input<Routes["start"]["body"]>;
type ResumeBody = z.input<Routes["resume"]["body"]>;

/** What a run is started with. Its input may be left out only when the workflow takes anything. */
export type StartOptions<W> = Omit<StartBody, "inputData" | "initialState" | "requestContext"> &
  (unknown extends WorkflowInput<W> ? { readonly inputData?: unknown } : { readonly inputData: WorkflowInput<W> }) & {
    readonly initialState?: WorkflowState<W>;
  };

type Labelled = Omit<ResumeBody, "requestContext" | "step" | "resumeData">;

/** The answer to a step that waits, with the data that the step takes. `step` may be left out when the run waits at one place. */
export type ResumeOptions<P> = Labelled &
  (unknown extends P
    ? { readonly step?: string | readonly string[]; readonly resumeData?: unknown }
    : | { [K in StepId<P>]: { readonly step: K; readonly resumeData: StepResume<P, K> } }[StepId<P>]
      | { readonly step?: readonly string[]; readonly resumeData?: { [K in StepId<P>]: StepResume<P, K> }[StepId<P>] });

/** A step of a finished or waiting run. */
export type StepReport<Out = unknown, Suspend = unknown> =
  | { readonly status: "success"; readonly output: Out; readonly startedAt?: number; readonly endedAt?: number }
  | { readonly status: "failed"; readonly error: { readonly name: string; readonly message: string; readonly code?: string } }
  | { readonly status: "suspended"; readonly suspendPayload?: Suspend; readonly suspendedAt?: number }
  | { readonly status: "running" | "waiting" };

type StepReports<P> = unknown extends P
  ? AnyResult["steps"]
  : { readonly [K in StepId<P>]?: StepReport<StepOutput<P, K>, StepSuspend<P, K>> } & { readonly input?: unknown };

/** How a run came out, or what it waits for. */
export type RunResult<W> = Pick<AnyResult, "runId" | "stepExecutionPath" | "resumeLabels"> & {
  readonly input?: WorkflowInput<W>;
  readonly steps: StepReports<PlacesOf<W>>;
} & (
    | { readonly status: "success"; readonly result: WorkflowOutput<W> }
    | { readonly status: "failed" | "tripwire"; readonly error: NonNullable<AnyResult["error"]> }
    | {
        readonly status: "suspended";
        /** The paths of ids under which the run can be resumed. */
        readonly suspended: readonly (readonly string[])[];
        readonly suspendPayload: { readonly [K in StepId<PlacesOf<W>>]?: StepSuspend<PlacesOf<W>, K> };
      }
    | { readonly status: "canceled" | "paused" | "pending" | "running" | "waiting" }
  );

/** An event of a workflow's stream; the last one carries the workflow's own result. */
export type WorkflowPart<W> =
  | Exclude<WorkflowEvent, { type: "workflow-finish" }>
  | (Extract<WorkflowEvent, { type: "workflow-finish" }> & { payload: { finalWorkflowResult?: WorkflowOutput<W> } });

type TimeTravel = Omit<z.input<Routes["timeTravel"]["body"]>, "requestContext">;

/** One run of a workflow. It belongs to nobody's connection: it goes on until it ends, waits or is cancelled. */
export interface RunClient<W = unknown> {
  readonly runId: string;
  readonly workflowId: string;
  /** Begins, and does not wait. */
  start(options: StartOptions<W>, call?: CallOptions): Promise<Message>;
  /** Begins, and waits until the run ends or waits. A run that fails resolves too. */
  startAsync(options: StartOptions<W>, call?: CallOptions): Promise<RunResult<W>>;
  /** Begins, and gives the run's events as they come. */
  stream(options: StartOptions<W> & { readonly closeOnSuspend?: boolean }, call?: StreamingOptions): Promise<ClientStream<WorkflowPart<W>>>;
  /** Everything from the first event on, then what comes. */
  observe(options?: { readonly offset?: number }, call?: StreamingOptions): Promise<ClientStream<WorkflowPart<W>>>;
  /** Answers a step that waits, and does not wait. */
  resume(options: ResumeOptions<PlacesOf<W>>, call?: CallOptions): Promise<Message>;
  /** Answers a step that waits, and waits until the run ends or waits again. */
  resumeAsync(options: ResumeOptions<PlacesOf<W>>, call?: CallOptions): Promise<RunResult<W>>;
  resumeStream(options: ResumeOptions<PlacesOf<W>>, call?: StreamingOptions): Promise<ClientStream<WorkflowPart<W>>>;
  resumeNoWait(options: ResumeOptions<PlacesOf<W>>, call?: CallOptions): Promise<{ runId: string }>;
  cancel(call?: CallOptions): Promise<Message>;
  /** Tries again what did not end well. */
  restart(call?: CallOptions): Promise<Message>;
  restartAsync(call?: CallOptions): Promise<RunResult<W>>;
  /** Takes the run back to a step and lets it go on. */
  timeTravel(options: TimeTravel, call?: CallOptions): Promise<Message>;
  timeTravelAsync(options: TimeTravel, call?: CallOptions): Promise<RunResult<W>>;
  timeTravelStream(options: TimeTravel, call?: StreamingOptions): Promise<ClientStream<WorkflowPart<W>>>;
  /** How the run stands. */
  get(query?: Omit<z.input<Routes["getRun"]["query"]>, "requestContext">, call?: CallOptions): Promise<Reply<"getRun">>;
  /** Deletes the run with its log. */
  delete(call?: CallOptions): Promise<Message>;
}

export interface WorkflowClient<W = unknown> {
  readonly id: string;
  /** Describes the workflow. */
  details(call?: CallOptions): Promise<Reply<"get">>;
  listRuns(query?: z.input<Routes["listRuns"]["query"]>, call?: CallOptions): Promise<Reply<"listRuns">>;
  /** Makes a run that waits for its start. */
  createRun(options?: { readonly runId?: string } & z.input<Routes["createRun"]["body"]>, call?: CallOptions): Promise<RunClient<W>>;
  /** A run that exists. Nothing is asked of the server. */
  run(runId: string): RunClient<W>;
  /** Takes up the runs that nobody works on any more. */
  restartActiveRuns(call?: CallOptions): Promise<Message>;
}

export function createWorkflow<W>(invoke: Invoke, workflowId: string): WorkflowClient<W> {
  const params = { workflowId };
  const workflow = {
    id: workflowId,
    details: (call?: CallOptions) => invoke("workflows", "get", { params }, call),
    listRuns: (query?: Values, call?: CallOptions) => invoke("workflows", "listRuns", { params, ...(query && { query }) }, call),
    createRun: async ({ runId, ...body }: { readonly runId?: string } = {}, call?: CallOptions) => {
      const made = await invoke("workflows", "createRun", { params, query: { runId }, body }, call);
      return createRun<W>(invoke, workflowId, (made as Reply<"createRun">).runId);
    },
    run: (runId: string) => createRun<W>(invoke, workflowId, runId),
    restartActiveRuns: (call?: CallOptions) => invoke("workflows", "restartAll", { params }, call),
  };
  // What each route replies with stands in the contract; `W` narrows it.
  return workflow as WorkflowClient<W>;
}

function createRun<W>(invoke: Invoke, workflowId: string, runId: string): RunClient<W> {
  const params = { workflowId };
  const send = (name: string, body?: Values, call?: StreamingOptions, query?: Values): Promise<unknown> =>
    invoke("workflows", name, { params, query: { runId, ...query }, ...(body && { body }) }, call);
  const own = (name: string, query?: Values, call?: CallOptions): Promise<unknown> =>
    invoke("workflows", name, { params: { workflowId, runId }, ...(query && { query }) }, call);
  const posts = (name: string) => (body: Values, call?: StreamingOptions) => send(name, body, call);
  const run = {
    runId,
    workflowId,
    start: posts("start"),
    startAsync: posts("startAsync"),
    stream: posts("stream"),
    observe: (query?: Values, call?: StreamingOptions) => send("observe", undefined, call, query),
    resume: posts("resume"),
    resumeAsync: posts("resumeAsync"),
    resumeStream: posts("resumeStream"),
    resumeNoWait: posts("resumeNoWait"),
    cancel: (call?: CallOptions) => own("cancel", undefined, call),
    restart: (call?: CallOptions) => send("restart", {}, call),
    restartAsync: (call?: CallOptions) => send("restartAsync", {}, call),
    timeTravel: posts("timeTravel"),
    timeTravelAsync: posts("timeTravelAsync"),
    timeTravelStream: posts("timeTravelStream"),
    get: (query?: Values, call?: CallOptions) => own("getRun", query, call),
    delete: (call?: CallOptions) => own("deleteRun", undefined, call),
  };
  return run as RunClient<W>; // as above
}
