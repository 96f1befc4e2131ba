/** Runs the function of one step: checks what goes in, repeats failures, and records how it came out. */
import { FermataError, isAbort } from "../errors.ts";
import { toLines } from "../schema/messages.ts";
import { validate, type Schema, type Validated } from "../schema/schema.ts";
import type { StepTimes } from "./chunks.ts";
import { isFinal, toStepError } from "./errors.ts";
import { CANCELED, fromRecord, note, show, shownId, succeeded, type Outcome, type Scope, type StepRecord } from "./execution.ts";
import type { AnyStep, RetryConfig } from "./graph.ts";
import { settleOrAbort } from "./settle.ts";
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
    const answer = engine.answer(name)?.payload as StepAnswer | undefined;
    if (!wait) return { answered: n, isOpen: false, last, openPayload: undefined };
    if (wait.state) state.apply(wait.state);
    if (!answer) return { answered: n, isOpen: true, last, openPayload: wait.payload };
    last = { answer, wait };
  }
}

/** A step at `key`. `index` is there for an item of a `foreach`, which shows itself as progress only. */
export async function runStep(step: AnyStep, input: unknown, key: string, scope: Scope, index?: number): Promise<Outcome> {
  const { execution } = scope;
  const { engine } = execution;
  const known = engine.result(key) as StepRecord | undefined; // this key holds nothing else
  if (known) {
    if (known.state) scope.state.apply(known.state);
    return fromRecord(known);
  }
  if (scope.replayOnly) return succeeded(undefined);
  const waits = waitsOf(key, scope);
  if (waits.isOpen) return { status: "suspended", payload: waits.openPayload };
  const begun = `${key}!${waits.answered}`;
  if (step.idempotent === false && engine.has(begun)) return interrupted(step, input, key, scope);
  scope.announce();
  execution.hasWorked = true;
  if (step.idempotent === false) await engine.record(begun, Date.now());
  return new StepRun(step, input, key, scope, index, waits).run();
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
  readonly #index: number | undefined;
  readonly #waits: Waits;
  readonly #times: StepTimes;
  readonly #startedAt: number;
  readonly #named: { stepName: string; id: string; stepCallId?: string };

  constructor(step: AnyStep, input: unknown, key: string, scope: Scope, index: number | undefined, waits: Waits) {
    this.#step = step;
    this.#input = input;
    this.#key = key;
    this.#scope = scope;
    this.#index = index;
    this.#waits = waits;
    this.#startedAt = waits.last?.wait.startedAt ?? Date.now();
    this.#times = {
      payload: input,
      startedAt: this.#startedAt,
      ...(waits.last && { resumePayload: waits.last.answer.data, resumedAt: waits.last.answer.at }),
    };
    this.#named = { ...shownId(scope, step.id), ...(index === undefined && { stepCallId: crypto.randomUUID() }) };
  }

  get #isShown(): boolean {
    return this.#index === undefined;
  }

  async run(): Promise<Outcome> {
    const { execution } = this.#scope;
    const { answered, last } = this.#waits;
    if (last) note(execution, { kind: "answered", name: `${this.#key}#${answered - 1}` });
    const { payload, startedAt: _startedAt, ...resumed } = this.#times;
    if (this.#isShown) {
      const payloadNow = { ...this.#named, payload, startedAt: this.#startedAt, status: "running" as const, ...resumed };
      show(this.#scope, { type: "workflow-step-start", runId: execution.live.id, from: "WORKFLOW", payload: payloadNow });
    }
    const input = await this.#check();
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
        const value: unknown = await settleOrAbort(execution.engine.signal, Promise.resolve(this.#step.execute?.(call as never)));
        return await (call.ending ? this.#end(call) : this.#succeed("success", value, call));
      } catch (error) {
        if (execution.live.isLost) throw error;
        if (call.ending) return this.#end(call);
        if (execution.engine.signal.aborted) return this.#cancel();
        if (attempt >= attempts || isFinal(error)) return this.#fail(error);
        execution.logger.warn("A step failed and is repeated", { runId: execution.live.id, step: this.#named.id, attempt, error });
        if (!(await this.#pause(delayOf(retryConfig, attempt)))) return this.#cancel();
      }
    }
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
  async #check(): Promise<{ ok: true; value: unknown } | { ok: false; error: FermataError }> {
    const { inputSchema, requestContextSchema, id } = this.#step;
    const { workflow, execution } = this.#scope;
    if (requestContextSchema) {
      const checked = await validate(requestContextSchema, execution.requestContext.all);
      if (!checked.ok)
        return {
          ok: false,
          error: new FermataError("VALIDATION_FAILED", `Request context validation failed for step '${id}':\n${toLines(checked.issues)}`),
        };
    }
    if (!inputSchema || workflow.options?.validateInputs === false) return { ok: true, value: this.#input };
    const given = check(inputSchema, this.#input);
    const checked = given instanceof Promise ? await given : given;
    if (checked.ok) return checked;
    return { ok: false, error: new FermataError("VALIDATION_FAILED", `Step input validation failed: \n${toLines(checked.issues)}`) };
  }

  async #end(call: StepCall): Promise<Outcome> {
    const { ending } = call;
    if (ending?.kind === "bail") return this.#succeed("bailed", ending.result, call);
    if (ending?.kind === "abort") {
      this.#scope.execution.live.cancel();
      return this.#cancel();
    }
    return this.#suspend(ending?.payload, ending?.labels ?? [], call.changes);
  }

  async #succeed(status: "success" | "bailed", output: unknown, call: StepCall): Promise<Outcome> {
    const endedAt = Date.now();
    const state = call.changes;
    if (state) this.#scope.state.apply(state);
    this.#result({ status: "success", output, endedAt });
    const record: StepRecord = { status, output, startedAt: this.#startedAt, endedAt, ...(state && { state }) };
    const { isLast, execution } = this.#scope;
    if (isLast) execution.engine.recordLast(this.#key, record);
    else await execution.engine.record(this.#key, record);
    return fromRecord(record);
  }

  async #fail(error: unknown): Promise<Outcome> {
    const { execution } = this.#scope;
    const endedAt = Date.now();
    const shown = toStepError(error);
    execution.logger.warn("A step failed", { runId: execution.live.id, workflow: execution.workflowId, step: this.#named.id, error });
    this.#result({ status: "failed", error: shown, endedAt });
    await execution.engine.record(this.#key, { status: "failed", error: shown, startedAt: this.#startedAt, endedAt } satisfies StepRecord);
    return { status: "failed", error: shown };
  }

  /** Nothing is recorded: a run that is restarted runs the step again. */
  #cancel(): Outcome {
    this.#result({
      status: "failed",
      error: { name: "AbortError", message: "The step was cancelled.", code: "CANCELLED" },
      endedAt: Date.now(),
    });
    return CANCELED;
  }

  async #suspend(payload: unknown, labels: readonly string[], state: StepCall["changes"]): Promise<Outcome> {
    const { execution, path, items } = this.#scope;
    const name = `${this.#key}#${this.#waits.answered}`;
    const [index] = items;
    note(execution, {
      kind: "wait",
      wait: { name, path: [...path, this.#step.id], labels, payload, ...(index !== undefined && { index }) },
    });
    if (this.#isShown) {
      const { resumePayload: _resume, resumedAt: _at, ...times } = this.#times;
      const shown = { ...this.#named, ...times, status: "suspended" as const, suspendPayload: payload, suspendedAt: Date.now() };
      show(this.#scope, { type: "workflow-step-suspended", runId: execution.live.id, from: "WORKFLOW", payload: shown });
    }
    if (state) this.#scope.state.apply(state);
    await execution.engine.record(name, { payload, startedAt: this.#startedAt, ...(state && { state }) } satisfies WaitRecord);
    return { status: "suspended", payload };
  }

  #result(
    result:
      | { status: "success"; output: unknown; endedAt: number }
      | { status: "failed"; error: ReturnType<typeof toStepError>; endedAt: number },
  ): void {
    if (!this.#isShown) return;
    const { status, endedAt, ...rest } = result;
    const { payload, startedAt, ...resumed } = this.#times;
    show(this.#scope, {
      type: "workflow-step-result",
      runId: this.#scope.execution.live.id,
      from: "WORKFLOW",
      payload: { ...this.#named, payload, startedAt: startedAt ?? this.#startedAt, status, ...resumed, ...rest, endedAt },
    });
  }
}

function check(schema: Schema, value: unknown): Validated | Promise<Validated> {
  return validate(schema, value);
}

const DEFAULT_MAX_DELAY_MS = 60_000;

function delayOf({ delay = 0, backoff = "fixed", maxDelay = DEFAULT_MAX_DELAY_MS }: RetryConfig = {}, attempt: number): number {
  return Math.min(backoff === "exponential" ? delay * 2 ** attempt : delay, maxDelay);
}
