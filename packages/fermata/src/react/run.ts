/** A run of a workflow, outside React: started here, or taken up again after the page was loaded anew. */
import { FermataClientError, type RunClient, type WorkflowClient, type WorkflowEvent } from "../client/index.ts";
import { Store } from "./store.ts";

export interface RunStep {
  readonly id: string;
  readonly status: string;
  readonly output?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
  /** What a step that waits has said. */
  readonly suspendPayload?: unknown;
}

export interface WorkflowRunState {
  readonly runId: string | undefined;
  /** `none` before a run is started. */
  readonly status: "none" | "running" | "suspended" | "success" | "failed" | "canceled" | "paused" | "tripwire";
  /** The steps that have begun, by id. */
  readonly steps: Readonly<Record<string, RunStep>>;
  readonly result: unknown;
  /** Why the run, or reading it, failed. */
  readonly error: unknown;
}

/** Where the id of a run outlives the page: `sessionStorage` or `localStorage` in a browser. */
export interface KeyStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const NONE: WorkflowRunState = { runId: undefined, status: "none", steps: {}, result: undefined, error: undefined };

export class WorkflowRun {
  readonly store = new Store<WorkflowRunState>(NONE);
  readonly #workflow: WorkflowClient;
  readonly #keys: KeyStore | undefined;
  readonly #key: string;
  #reading: AbortController | undefined;

  constructor(workflow: WorkflowClient, keys: KeyStore | undefined, key: string) {
    this.#workflow = workflow;
    this.#keys = keys;
    this.#key = key;
  }

  /** Takes up the run with this id, or the one that the page has kept. Shows what has happened, then what happens. */
  async attach(runId = this.#keys?.getItem(this.#key) ?? undefined): Promise<void> {
    if (runId === undefined || runId === this.store.state.runId) return;
    this.store.set({ ...NONE, runId, status: "running" });
    await this.#follow((signal) => this.#workflow.run(runId).observe({}, { signal, onAbort: "detach" }));
  }

  /** Starts a run, and resolves when it has ended or waits. */
  async start(inputData: unknown, options: object = {}): Promise<void> {
    this.detach();
    const run = await this.#workflow.createRun();
    this.#keys?.setItem(this.#key, run.runId);
    this.store.set({ ...NONE, runId: run.runId, status: "running" });
    await this.#follow((signal) => run.stream({ ...options, inputData }, { signal, onAbort: "detach" }));
  }

  /** Answers a step that waits. `step` may be left out when one waits. */
  async resume(resumeData: unknown, step?: string): Promise<void> {
    const run = this.#run();
    this.store.set({ status: "running", error: undefined });
    await this.#follow((signal) => run.resumeStream({ ...(step !== undefined && { step }), resumeData }, { signal, onAbort: "detach" }));
  }

  async cancel(): Promise<void> {
    await this.#run().cancel();
  }

  /** Forgets the run. It goes on. */
  reset(): void {
    this.detach();
    this.#keys?.removeItem(this.#key);
    this.store.set(NONE);
  }

  /** Stops reading. The run goes on. */
  detach(): void {
    this.#reading?.abort();
    this.#reading = undefined;
  }

  #run(): RunClient {
    const { runId } = this.store.state;
    if (runId === undefined) throw new Error("No run has been started.");
    return this.#workflow.run(runId);
  }

  async #follow(open: (signal: AbortSignal) => Promise<AsyncIterable<WorkflowEvent>>): Promise<void> {
    this.detach();
    const reading = new AbortController();
    this.#reading = reading;
    try {
      for await (const event of await open(reading.signal)) this.#see(event);
    } catch (error) {
      if (reading.signal.aborted) return;
      // A run that is not there any more has nothing to be taken up.
      if (FermataClientError.is(error) && error.status === 404) this.reset();
      else this.store.set({ status: "failed", error });
    }
  }

  #see(event: WorkflowEvent): void {
    if (!("payload" in event)) return;
    switch (event.type) {
      case "workflow-start":
        return this.store.set({ status: "running" });
      case "workflow-step-start":
      case "workflow-step-waiting":
      case "workflow-step-suspended":
      case "workflow-step-result": {
        const { id, status } = event.payload;
        const { output, error, suspendPayload } = event.payload as Partial<RunStep>; // each event has its own of them
        const step: RunStep = {
          id,
          status,
          ...(output !== undefined && { output }),
          ...(error && { error }),
          ...(suspendPayload !== undefined && { suspendPayload }),
        };
        return this.store.set({ steps: { ...this.store.state.steps, [id]: step } });
      }
      case "workflow-finish": {
        const { workflowStatus, finalWorkflowResult, metadata } = event.payload;
        return this.store.set({ status: workflowStatus as WorkflowRunState["status"], result: finalWorkflowResult, error: metadata.error }); // the ends of a run
      }
      default: // changes nothing that is shown
    }
  }
}
