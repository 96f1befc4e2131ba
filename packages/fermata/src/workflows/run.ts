import type { RequestContext } from "../context/request-context.ts";
import type { WorkflowChunk, WorkflowStatus, WorkflowUsage } from "./chunks.ts";
import type { WorkflowDefinition } from "./definition.ts";
import type { WorkflowHost } from "./host.ts";
import { cancelRun, findRecord, findRun, settledState, startRun, type Begun } from "./operations.ts";
import { resultOf, type WorkflowResult } from "./result.ts";
import { restartRun, resumeRun, timeTravelRun, type ResumeRequest, type TimeTravelRequest } from "./resume.ts";
import type { EventData } from "./run-view.ts";

export interface StartOptions<In> {
  readonly inputData: In;
  readonly initialState?: unknown;
  readonly requestContext?: RequestContext;
  /** Stop after the next step; `start` goes on from there. */
  readonly perStep?: boolean;
}

type StartArgs<In> = unknown extends In ? [options?: Partial<StartOptions<In>>] : [options: StartOptions<In>];
type StreamArgs<In> = unknown extends In
  ? [options?: Partial<StartOptions<In>> & StreamOptions]
  : [options: StartOptions<In> & StreamOptions];

export interface StreamOptions {
  /** End the stream when the run waits. Default true. */
  readonly closeOnSuspend?: boolean;
}

export type ResumeOptions = Omit<ResumeRequest, "runId">;
export type TimeTravelOptions = Omit<TimeTravelRequest, "runId">;

/** One run of a workflow. It belongs to nobody's connection: it goes on until it ends, waits or is cancelled. */
export class WorkflowRun<In = unknown, Out = unknown> {
  readonly runId: string;
  readonly workflowId: string;
  readonly resourceId: string | undefined;
  readonly #host: WorkflowHost;
  readonly #workflow: WorkflowDefinition;
  /** Nobody else can know the run's id. */
  #isFresh: boolean;
  /** A start under way: to cancel means that as well. */
  #begun: Promise<Begun> | undefined;

  /** @param runId the id of a run that may be known elsewhere; absent for a new one. */
  constructor(host: WorkflowHost, workflow: WorkflowDefinition, runId: string | undefined, resourceId?: string) {
    this.#isFresh = runId === undefined;
    this.runId = runId ?? crypto.randomUUID();
    this.workflowId = workflow.id;
    this.resourceId = resourceId;
    this.#host = host;
    this.#workflow = workflow;
  }

  /** Runs to the end, or to the next wait. A run that fails resolves too; it rejects when it could not begin. */
  async start(...[options = {}]: StartArgs<In>): Promise<WorkflowResult<Out, In>> {
    return this.#settled(await this.#start(options));
  }

  /** Begins, and does not wait. */
  async startAsync(...[options = {}]: StartArgs<In>): Promise<{ runId: string }> {
    await this.#start(options);
    return { runId: this.runId };
  }

  /** Begins, and can be read while it happens. */
  stream(...[options = {}]: StreamArgs<In>): WorkflowStream<WorkflowResult<Out, In>> {
    return this.#stream(this.#start(options), options);
  }

  async resume(options: ResumeOptions = {}): Promise<WorkflowResult<Out, In>> {
    return this.#settled(await resumeRun(this.#host, this.#workflow, { ...options, runId: this.runId }));
  }

  resumeStream(options: ResumeOptions & StreamOptions = {}): WorkflowStream<WorkflowResult<Out, In>> {
    return this.#stream(resumeRun(this.#host, this.#workflow, { ...options, runId: this.runId }), options);
  }

  /** Stops the run wherever it is: its model calls, tools, steps and the workflows inside it. */
  async cancel(): Promise<{ message: string }> {
    await this.#begun?.catch(() => undefined);
    await cancelRun(this.#host, this.#workflow, this.runId);
    return { message: "Workflow run canceled" };
  }

  /** Tries again what did not end well. */
  async restart(options: { readonly requestContext?: RequestContext } = {}): Promise<WorkflowResult<Out, In>> {
    return this.#settled(await restartRun(this.#host, this.#workflow, { ...options, runId: this.runId }));
  }

  /** Takes the run back to a step and goes on from there. */
  async timeTravel(options: TimeTravelOptions): Promise<WorkflowResult<Out, In>> {
    return this.#settled(await timeTravelRun(this.#host, this.#workflow, { ...options, runId: this.runId }));
  }

  timeTravelStream(options: TimeTravelOptions & StreamOptions): WorkflowStream<WorkflowResult<Out, In>> {
    return this.#stream(timeTravelRun(this.#host, this.#workflow, { ...options, runId: this.runId }), options);
  }

  /** Everything from the first chunk on, then what comes. */
  observeStream(): ReadableStream<WorkflowChunk> {
    return this.#stream(
      findRecord(this.#host, this.#workflow, this.runId).then(({ id, resourceId }) => ({ id, resourceId, after: 0 })),
      {},
    ).fullStream;
  }

  /** How the run stands. @throws FermataError `NOT_FOUND` */
  async getState(): Promise<WorkflowResult<Out, In>> {
    return resultOf(await findRun(this.#host, this.#workflow, this.runId)) as WorkflowResult<Out, In>; // as the schemas say
  }

  #start(options: Partial<StartOptions<In>>): Promise<Begun> {
    this.#begun = startRun(this.#host, this.#workflow, {
      ...options,
      runId: this.runId,
      resourceId: this.resourceId,
      isFresh: this.#isFresh,
    });
    this.#isFresh = false;
    return this.#begun;
  }

  #stream(begun: Promise<Begun>, options: StreamOptions): WorkflowStream<WorkflowResult<Out, In>> {
    const { runs } = this.#host;
    return new WorkflowStream(
      this.runId,
      begun,
      (run) => this.#settled(run),
      (run, signal) => chunksOf(runs.read(run, { after: run.after, signal, staysOnWait: options.closeOnSuspend === false })),
    );
  }

  async #settled(run: Begun): Promise<WorkflowResult<Out, In>> {
    return resultOf(await settledState(this.#host, this.#workflow, run)) as WorkflowResult<Out, In>; // as the schemas say
  }
}

/** The chunks among the events of a run. */
export async function* chunksOf(events: AsyncIterable<{ readonly data: unknown }>): AsyncGenerator<WorkflowChunk> {
  for await (const { data } of events) {
    const { chunk } = data as EventData; // written by the interpreter
    if (chunk) yield chunk;
  }
}

/** A run that can be read while it happens. To stop reading does not stop the run. */
export class WorkflowStream<R extends WorkflowResult = WorkflowResult> implements AsyncIterable<WorkflowChunk> {
  readonly runId: string;
  readonly #begun: Promise<Begun>;
  readonly #settled: (run: Begun) => Promise<R>;
  readonly #read: (run: Begun, signal: AbortSignal) => AsyncGenerator<WorkflowChunk>;
  #result: Promise<R> | undefined;

  constructor(
    runId: string,
    begun: Promise<Begun>,
    settled: (run: Begun) => Promise<R>,
    read: (run: Begun, signal: AbortSignal) => AsyncGenerator<WorkflowChunk>,
  ) {
    this.runId = runId;
    this.#begun = begun;
    this.#settled = settled;
    this.#read = read;
    begun.catch(() => undefined); // whoever reads or awaits is told
  }

  /** All chunks of this stretch of the run; each access gives a stream of its own. */
  get fullStream(): ReadableStream<WorkflowChunk> {
    const controller = new AbortController();
    let chunks: AsyncGenerator<WorkflowChunk> | undefined;
    return new ReadableStream<WorkflowChunk>(
      {
        pull: async (target) => {
          chunks ??= this.#read(await this.#begun, controller.signal);
          const next = await chunks.next();
          if (next.done === true) target.close();
          else target.enqueue(next.value);
        },
        cancel: () => controller.abort(),
      },
      { highWaterMark: 0 },
    );
  }

  [Symbol.asyncIterator](): AsyncIterator<WorkflowChunk> {
    return this.fullStream[Symbol.asyncIterator]();
  }

  /** How the run came out, or what it waits for. Rejects when it could not begin. */
  get result(): Promise<R> {
    return (this.#result ??= this.#begun.then((run) => this.#settled(run)));
  }

  get status(): Promise<WorkflowStatus> {
    return this.result.then(({ status }) => status);
  }

  /** The tokens that agents in the run have used, as far as their streams were passed through. */
  get usage(): Promise<WorkflowUsage> {
    return this.result.then(() => this.#usage());
  }

  async #usage(): Promise<WorkflowUsage> {
    const controller = new AbortController();
    let usage: WorkflowUsage | undefined;
    for await (const chunk of this.#read(await this.#begun, controller.signal))
      if (chunk.type === "workflow-finish" && "payload" in chunk) usage = chunk.payload.output.usage;
    return (
      usage ?? { inputTokens: 0, outputTokens: 0, totalTokens: 0, cachedInputTokens: 0, cacheCreationInputTokens: 0, reasoningTokens: 0 }
    );
  }
}
