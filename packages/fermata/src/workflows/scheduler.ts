/** Begins the runs that schedules ask for: each time once, however many processes there are. */
import type { Agent } from "../agents/agent.ts";
import { LOCAL_PRINCIPAL } from "../context/principal.ts";
import { RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import { ScopedRuns } from "../runs/scoped-runs.ts";
import type { OwnedSchedule, ScheduleTrigger, ScheduleWorkStore } from "../storage/schedules.ts";
import { nextFireAfter } from "./cron.ts";
import type { WorkflowHost } from "./host.ts";
import { startRun } from "./operations.ts";
import { declaredSchedules } from "./schedule.ts";
import { beginTurn } from "./scheduled-turn.ts";
import type { AnyWorkflow } from "./workflow.ts";

/** Schedules that one look at the store brings. */
const AT_ONCE = 50;
/** Milliseconds after which the store is looked at again even though nothing is due: others may have changed it. */
const LONGEST_WAIT_MS = 30_000;
/** Milliseconds until the next try with a store that does not answer. */
const RETRY_MS = 1_000;
/** Milliseconds after its time until a schedule whose run cannot be begun, for no reason of the store's, is moved on. */
const GIVE_UP_MS = 60_000;

export interface SchedulerParts {
  readonly host: WorkflowHost;
  readonly store: ScheduleWorkStore;
  /** The registered workflows by key. */
  readonly workflows: ReadonlyMap<string, AnyWorkflow>;
  /** The registered agents by key. */
  readonly agents?: ReadonlyMap<string, Agent>;
  /** Whether turns of agents are kept where other processes find them. */
  readonly keepsTurns?: boolean;
}

export class Scheduler {
  readonly #host: WorkflowHost;
  readonly #store: ScheduleWorkStore;
  readonly #workflows: ReadonlyMap<string, AnyWorkflow>;
  readonly #agents: ReadonlyMap<string, Agent>;
  readonly #keepsTurns: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | undefined;
  #mustLookAgain = false;
  #hasDeclared = false;
  #isRunning = false;
  #isStopping = false;
  #isSilent = false;

  constructor({ host, store, workflows, agents = new Map(), keepsTurns = false }: SchedulerParts) {
    this.#host = host;
    this.#store = store;
    this.#workflows = workflows;
    this.#agents = agents;
    this.#keepsTurns = keepsTurns;
  }

  /** Writes down what the workflows declare, and fires what is due from now on. Repeated calls change nothing; without workflows and agents nothing happens. */
  start(): void {
    if (this.#isRunning || this.#isStopping || this.#workflows.size + this.#agents.size === 0) return;
    this.#isRunning = true;
    this.look();
  }

  /** Looks at the store now: there may be something new. */
  look(): void {
    if (!this.#isRunning) return this.start();
    if (this.#isStopping) return;
    clearTimeout(this.#timer);
    if (this.#looking) this.#mustLookAgain = true;
    else this.#looking = this.#turn();
  }

  /** Begins a run now, whatever the schedule says. Resolves to the trigger. @throws FermataError as the start of a run does */
  async run(schedule: OwnedSchedule): Promise<ScheduleTrigger> {
    const now = Date.now();
    const runId = `sched_${schedule.id}_manual_${crypto.randomUUID()}`;
    const failure = await this.#begin(schedule, runId);
    const trigger = triggerOf(runId, now, "manual", failure);
    await this.#store.note(schedule, trigger);
    return trigger;
  }

  /** Fires nothing any more. Resolves when what is being fired has begun. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  async #turn(): Promise<void> {
    let waitMs: number | undefined = RETRY_MS;
    try {
      waitMs = await this.#lookOnce();
      this.#isSilent = false;
    } catch (error) {
      // Once per outage.
      if (!this.#isSilent) this.#host.logger.error("Schedules cannot be looked after", { error });
      this.#isSilent = true;
    }
    this.#looking = undefined;
    if (this.#isStopping) return;
    if (this.#mustLookAgain) waitMs = 0;
    this.#mustLookAgain = false;
    if (waitMs === undefined) return;
    this.#timer = setTimeout(() => this.look(), waitMs);
    this.#timer.unref();
  }

  /** Fires what is due. Resolves to the milliseconds until the next look; `undefined` when there is nothing to wait for. */
  async #lookOnce(): Promise<number | undefined> {
    await this.#declare();
    const found = await this.#store.upcoming({ workflowIds: namesOf(this.#workflows), agentIds: namesOf(this.#agents) }, AT_ONCE);
    const now = Date.now();
    const due = found.filter(({ nextFireAt }) => nextFireAt <= now);
    await Promise.all(due.map((schedule) => this.#fire(schedule)));
    if (due.length > 0) return 0;
    const [next] = found;
    if (!next && !this.#host.worker.log.isShared) return undefined;
    return Math.min(LONGEST_WAIT_MS, next ? next.nextFireAt - now : LONGEST_WAIT_MS);
  }

  async #declare(): Promise<void> {
    if (this.#hasDeclared) return;
    const all = [...this.#workflows.values()];
    const schedules = all.flatMap(({ id, schedules: declared }) => declaredSchedules(id, declared ?? []));
    await this.#store.declare(
      LOCAL_PRINCIPAL.tenant,
      all.map(({ id }) => id),
      schedules,
    );
    this.#hasDeclared = true;
  }

  /**
   * The run's id tells the schedule and the time, so that whoever begins it a second time finds it there. Therefore it can be begun before the
   * schedule is moved on, and a process that ends between the two loses nothing. A run that is kept nowhere cannot be found: it comes second.
   */
  async #fire(schedule: OwnedSchedule): Promise<void> {
    const { nextFireAt, cron, timezone, id } = schedule;
    const runId = `sched_${id}_${nextFireAt}`;
    // Times that were missed are made up for by one run.
    const next = nextFireAfter(cron, timezone, Math.max(Date.now(), nextFireAt));
    const isKept = this.#isKept(schedule);
    const failure = isKept ? await this.#begin(schedule, runId).catch((error: unknown) => this.#giveUp(schedule, error)) : undefined;
    const trigger = triggerOf(runId, nextFireAt, "schedule-fire", failure);
    const isMine = await this.#store.advance(schedule, nextFireAt, next, trigger);
    if (isMine && !isKept) await this.#begin(schedule, runId);
    if (isMine && failure) this.#host.logger.error("A schedule could not begin its run", { scheduleId: id, runId, error: failure });
  }

  /** One that fails for ever must not stand before the others for ever. */
  #giveUp({ id, nextFireAt }: OwnedSchedule, error: unknown): FermataError {
    if ((FermataError.is(error) && error.code === "UNAVAILABLE") || Date.now() - nextFireAt < GIVE_UP_MS) throw error;
    this.#host.logger.error("A schedule is moved on without a run", { scheduleId: id, error });
    return new FermataError("INTERNAL", "The run could not be begun.");
  }

  /** Resolves to why there is no run, if it is the schedule's own fault. Another fault is thrown: to try again may help. */
  #begin(schedule: OwnedSchedule, runId: string): Promise<FermataError | undefined> {
    return schedule.agentId === undefined ? this.#beginRun(schedule, runId) : this.#beginTurn(schedule, schedule.agentId, runId);
  }

  #isKept({ agentId, workflowId }: OwnedSchedule): boolean {
    if (agentId === undefined) return this.#host.findWorkflow(workflowId)?.options.durability !== "memory";
    return this.#keepsTurns && this.#findAgent(agentId)?.durability !== "memory";
  }

  #findAgent(agentId: string): Agent | undefined {
    return this.#agents.get(agentId) ?? this.#agents.values().find(({ id }) => id === agentId);
  }

  async #beginTurn(schedule: OwnedSchedule, agentId: string, runId: string): Promise<FermataError | undefined> {
    const agent = this.#findAgent(agentId);
    if (!agent) return new FermataError("NOT_FOUND", `Agent with id ${agentId} not found`);
    try {
      await beginTurn(agent, schedule, runId, this.#host.logger);
    } catch (error) {
      if (!(error instanceof FermataError)) throw error;
      if (error.code === "VALIDATION_FAILED" || error.code === "MISCONFIGURED") return error;
      // Another process was first.
      if (error.code !== "CONFLICT") throw error;
    }
    return undefined;
  }

  async #beginRun({ tenant, resourceId, workflowId, target }: OwnedSchedule, runId: string): Promise<FermataError | undefined> {
    const workflow = this.#host.findWorkflow(workflowId);
    if (!workflow) return new FermataError("NOT_FOUND", "Workflow not found");
    const reach = { tenant, subject: "schedule", ...(resourceId !== "" && { resourceId }) };
    const host: WorkflowHost = { ...this.#host, runs: new ScopedRuns(this.#host.worker, reach) };
    const { inputData, initialState, requestContext } = target;
    const context = requestContext && RequestContext.fromSaved(requestContext);
    try {
      await startRun(host, workflow, { runId, inputData, initialState, requestContext: context, onInvalidInput: "record" });
    } catch (error) {
      if (!(error instanceof FermataError)) throw error;
      if (error.code === "VALIDATION_FAILED") return error;
      // Another process was first.
      if (error.code !== "CONFLICT") throw error;
    }
    return undefined;
  }
}

/** The keys and ids that schedules may name. */
function namesOf(all: ReadonlyMap<string, { readonly id: string }>): readonly string[] {
  return [...new Set([...all].flatMap(([key, { id }]) => [key, id]))];
}

function triggerOf(
  runId: string,
  scheduledFireAt: number,
  kind: ScheduleTrigger["kind"],
  failure: FermataError | undefined,
): ScheduleTrigger {
  const outcome = failure ? "failed" : "published";
  return { runId, scheduledFireAt, actualFireAt: Date.now(), outcome, kind, ...(failure && { error: failure.message }) };
}
