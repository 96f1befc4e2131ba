/** Runs the function of one step: checks what goes in, repeats failures, and records how it came out. */
import { FermataError, isAbort } from "../errors.ts";
import { toLines } from "../schema/messages.ts";
import { validate, type Schema, type Validated } from "../schema/schema.ts";
import type { StepError } from "./chunks.ts";
import type { Engine } from "./engine.ts";
import { isFinal, toStepError } from "./errors.ts";
import { CANCELED, fromRecord, note, show, shownId, succeeded, type Outcome, type Scope, type Seen, type StepRecord } from "./execution.ts";
import type { AnyStep, RetryConfig } from "./graph.ts";
import { settleOrCancel } from "./settle.ts";
import { StepCall } from "./step-context.ts";

/** What the journal holds of a place where somebody was waited for. */
interface WaitRecord {
  readonly payload: unknown;
  readonly startedAt: number;
  /** What the step changed of the shared state before it waited. */
  readonly state?: Readonly<Record<string, unknown>>;
}

/** What is said to a waiting step. */
export interface StepAnswer {
  readonly data: unknown;
  readonly at: number;
}

/** The waits of a step that have been answered, and whether one has not. */
interface Waits {
  readonly answered: number;
  readonly isOpen: boolean;
  readonly last: { readonly answer: StepAnswer; readonly wait: WaitRecord } | undefined;
  readonly openPayload: unknown;
}

function waitsOf(key: string, { state, execution: { engine } }: Scope): Waits {
  let last: Waits["last"];
  for (let n = 0; ; n++) {
    const name = `${key}#${n}`;
    // Both are written under these names by nobody else.
    const wait = engine.result(name) as WaitRecord | undefined;
    if (!wait) return { answered: n, isOpen: false, last, openPayload: undefined };
    const answer = engine.answer(name)?.payload as StepAnswer | undefined;
    if (wait.state) state.apply(wait.state);
    if (!answer) return { answered: n, isOpen: true, last, openPayload: wait.payload };
    last = { answer, wait };
  }
}

/** A step at `key`. `index` is there for an item of a `foreach`, which shows itself as progress only. */
export function runStep(step: AnyStep, input: unknown, key: string, scope: Scope, index?: number): Promise<Outcome> {
  const { execution } = scope;
  const { engine } = execution;
  const known = engine.result(key) as StepRecord | undefined; // this key holds nothing else
  if (known) {
    if (known.state) scope.state.apply(known.state);
    if (known.status === "success" && index === undefined) scope.results.set(step.id, known.output);
    return Promise.resolve(fromRecord(known));
  }
  if (scope.replayOnly) return Promise.resolve(succeeded(undefined));
  const waits = waitsOf(key, scope);
  if (waits.isOpen) return Promise.resolve({ status: "suspended", payload: waits.openPayload });
  const run = new StepRun(step, input, key, scope, index, waits);
  if (step.idempotent === false) return runOnce(run, `${key}!${waits.answered}`, engine, () => interrupted(step, input, key, scope));
  return run.run();
}

/** What has begun is marked, and a mark that is there says that it had begun before. */
async function runOnce(run: StepRun, mark: string, engine: Engine, whenBegun: () => Promise<Outcome>): Promise<Outcome> {
  if (engine.has(mark)) return whenBegun();
  await engine.record(mark, Date.now());
  return run.run();
}

/** What must not happen twice had begun when its process went away: nobody knows how far it came. */
async function interrupted(step: AnyStep, input: unknown, key: string, scope: Scope): Promise<Outcome> {
  const { engine, live } = scope.execution;
  const now = Date.now();
  const error = toStepError(
    new FermataError(
      "CONFLICT",
      `Step "${step.id}" was interrupted, and it must not run twice. Find out what it did before the run goes on.`,
    ),
  );
  const payload = { ...shownId(scope, step.id), payload: input, startedAt: now, status: "failed" as const, error, endedAt: now };
  show(scope, { type: "workflow-step-result", runId: live.id, from: "WORKFLOW", payload });
  await engine.record(key, { status: "failed", error, startedAt: now, endedAt: now } satisfies StepRecord);
  return { status: "failed", error };
}

/** One execution of a step's function, with its repeats. */
class StepRun {
  readonly #step: AnyStep;
  readonly #input: unknown;
  readonly #key: string;
  readonly #scope: Scope;
  readonly #waits: Waits;
  readonly #startedAt: number;
  readonly #id: string;
  /** Absent for an item of a `foreach`, which does not show itself. */
  readonly #callId: string | undefined;

  constructor(step: AnyStep, input: unknown, key: string, scope: Scope, index: number | undefined, waits: Waits) {
    this.#step = step;
    this.#input = input;
    this.#key = key;
    this.#scope = scope;
    this.#waits = waits;
    this.#startedAt = waits.last?.wait.startedAt ?? Date.now();
    this.#id = shownId(scope, step.id).id;
    this.#callId = index === undefined ? scope.execution.callIds.next() : undefined;
  }

  async run(): Promise<Outcome> {
    const { execution } = this.#scope;
    const { answered, last } = this.#waits;
    this.#begin();
    const checking = this.#check();
    const input = checking instanceof Promise ? await checking : checking;
    if (!input.ok) return this.#fail(input.error);
    const { retries, retryConfig } = { retries: this.#step.retries, retryConfig: this.#scope.workflow.retryConfig };
    const attempts = this.#step.idempotent === false ? 0 : (retries ?? retryConfig?.attempts ?? 0);
    for (let attempt = 0; ; attempt++) {
      const call = new StepCall(this.#scope, this.#step, this.#key, {
        input: input.value,
        attempt,
        answered,
        resume: last?.answer.data,
        suspended: last?.wait.payload,
      });
      try {
        // The context fits the schemas of the step, which is what its function is typed by.
        const value: unknown = await settleOrCancel(
          execution.engine.cancellation,
          Promise.resolve(this.#step.execute?.(call.context as never)),
        );
        return await (call.ending ? this.#end(call) : this.#succeed("success", value, call));
      } catch (error) {
        if (execution.live.isLost) throw error;
        if (call.ending) return this.#end(call);
        if (execution.engine.cancellation.isCancelled) return this.#cancel();
        if (attempt >= attempts || isFinal(error)) return this.#fail(error);
        execution.logger.warn("A step failed and is repeated", { runId: execution.live.id, step: this.#id, attempt, error });
        if (!(await this.#pause(delayOf(retryConfig, attempt)))) return this.#cancel();
      }
    }
  }

  #begin(): void {
    const { execution } = this.#scope;
    const { answered, last } = this.#waits;
    this.#scope.announce();
    execution.hasWorked = true;
    if (last) note(execution, { kind: "answered", name: `${this.#key}#${answered - 1}` });
    const seen = this.#seen;
    if (!seen) return;
    const payload = { ...seen, status: "running" as const, ...this.#resumed };
    show(this.#scope, { type: "workflow-step-start", runId: execution.live.id, from: "WORKFLOW", payload });
  }

  /** The step as all its chunks show it. */
  get #seen(): Seen | undefined {
    if (this.#callId === undefined) return undefined;
    return { stepName: this.#step.id, id: this.#id, stepCallId: this.#callId, payload: this.#input, startedAt: this.#startedAt };
  }

  get #resumed(): { readonly resumePayload: unknown; readonly resumedAt: number } | undefined {
    const { last } = this.#waits;
    return last && { resumePayload: last.answer.data, resumedAt: last.answer.at };
  }

  async #pause(ms: number): Promise<boolean> {
    if (ms <= 0) return true;
    try {
      await this.#scope.execution.engine.sleepUntil(Date.now() + ms);
      return true;
    } catch (error) {
      if (!isAbort(error)) throw error;
      return false;
    }
  }

  /** Input and context against their schemas. Most schemas answer at once. */
  #check(): CheckedInput | Promise<CheckedInput> {
    const { inputSchema, requestContextSchema } = this.#step;
    if (requestContextSchema) return this.#checkContext(requestContextSchema);
    if (!inputSchema || this.#scope.workflow.options?.validateInputs === false) return { ok: true, value: this.#input };
    const checked = validate(inputSchema, this.#input);
    return checked instanceof Promise ? checked.then(toChecked) : toChecked(checked);
  }

  async #checkContext(schema: Schema): Promise<CheckedInput> {
    const { id, inputSchema } = this.#step;
    const { workflow, execution } = this.#scope;
    const checked = await validate(schema, execution.requestContext.all);
    if (!checked.ok) {
      const message = `Request context validation failed for step '${id}':\n${toLines(checked.issues)}`;
      return { ok: false, error: new FermataError("VALIDATION_FAILED", message) };
    }
    if (!inputSchema || workflow.options?.validateInputs === false) return { ok: true, value: this.#input };
    return toChecked(await validate(inputSchema, this.#input));
  }

  #end(call: StepCall): Outcome | Promise<Outcome> {
    const { ending } = call;
    if (ending?.kind === "bail") return this.#succeed("bailed", ending.result, call);
    if (ending?.kind === "abort") {
      this.#scope.execution.live.cancel();
      return this.#cancel();
    }
    return this.#suspend(ending?.payload, ending?.labels ?? [], call.changes);
  }

  #succeed(status: "success" | "bailed", output: unknown, call: StepCall): Outcome | Promise<Outcome> {
    const { isLast, execution, results, state } = this.#scope;
    const endedAt = Date.now();
    const { changes } = call;
    if (changes) state.apply(changes);
    const seen = this.#seen;
    if (seen) {
      if (status === "success") results.set(this.#step.id, output);
      const payload = { ...seen, status: "success" as const, ...this.#resumed, output, endedAt };
      show(this.#scope, { type: "workflow-step-result", runId: execution.live.id, from: "WORKFLOW", payload });
    }
    const startedAt = this.#startedAt;
    const record: StepRecord = changes ? { status, output, startedAt, endedAt, state: changes } : { status, output, startedAt, endedAt };
    const outcome: Outcome = { status, output };
    if (!isLast) return execution.engine.record(this.#key, record).then(() => outcome);
    execution.engine.recordLast(this.#key, record);
    return outcome;
  }

  async #fail(error: unknown): Promise<Outcome> {
    const { execution } = this.#scope;
    const endedAt = Date.now();
    const shown = toStepError(error);
    execution.logger.warn("A step failed", { runId: execution.live.id, workflow: execution.workflowId, step: this.#id, error });
    this.#showFailure(shown, endedAt);
    await execution.engine.record(this.#key, { status: "failed", error: shown, startedAt: this.#startedAt, endedAt } satisfies StepRecord);
    return { status: "failed", error: shown };
  }

  /** Nothing is recorded: a run that is restarted runs the step again. */
  #cancel(): Outcome {
    this.#showFailure({ name: "AbortError", message: "The step was cancelled.", code: "CANCELLED" }, Date.now());
    return CANCELED;
  }

  #showFailure(error: StepError, endedAt: number): void {
    const seen = this.#seen;
    if (!seen) return;
    const payload = { ...seen, status: "failed" as const, ...this.#resumed, error, endedAt };
    show(this.#scope, { type: "workflow-step-result", runId: this.#scope.execution.live.id, from: "WORKFLOW", payload });
  }

  async #suspend(payload: unknown, labels: readonly string[], state: StepCall["changes"]): Promise<Outcome> {
    const { execution, path, items } = this.#scope;
    const name = `${this.#key}#${this.#waits.answered}`;
    const [index] = items;
    note(execution, {
      kind: "wait",
      wait: { name, path: [...path, this.#step.id], labels, payload, ...(index !== undefined && { index }) },
    });
    const seen = this.#seen;
    if (seen) {
      const shown = { ...seen, status: "suspended" as const, suspendPayload: payload, suspendedAt: Date.now() };
      show(this.#scope, { type: "workflow-step-suspended", runId: execution.live.id, from: "WORKFLOW", payload: shown });
    }
    if (state) this.#scope.state.apply(state);
    await execution.engine.record(name, { payload, startedAt: this.#startedAt, ...(state && { state }) } satisfies WaitRecord);
    return { status: "suspended", payload };
  }
}

type CheckedInput = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: FermataError };

function toChecked(checked: Validated): CheckedInput {
  if (checked.ok) return checked;
  return { ok: false, error: new FermataError("VALIDATION_FAILED", `Step input validation failed: \n${toLines(checked.issues)}`) };
}

const DEFAULT_MAX_DELAY_MS = 60_000;

function delayOf({ delay = 0, backoff = "fixed", maxDelay = DEFAULT_MAX_DELAY_MS }: RetryConfig = {}, attempt: number): number {
  return Math.min(backoff === "exponential" ? delay * 2 ** attempt : delay, maxDelay);
}
