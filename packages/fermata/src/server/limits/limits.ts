/** Who may take how much: policies that are asked before a request is worked on, and while its runs spend. */
import { FermataError } from "../../errors.ts";
import type { LimitsConfig } from "../../mastra/edge-config.ts";
import type { Mastra } from "../../mastra.ts";
import { memoryLimits } from "../../storage/memory/limits.ts";
import type { LimitStore } from "../../storage/limits.ts";
import { SYSTEM } from "../../storage/store.ts";
import { Admission } from "./admission.ts";
import type { Applicant, RouteName } from "./applicant.ts";
import { counterOf, keyOf } from "./key.ts";
import { Places } from "./places.ts";
import { QuotaCounter } from "./quota-counter.ts";
import { toPolicies, type Policy } from "./policies.ts";
import { RunMeter } from "./run-meter.ts";
import { Counters, SharedCounters } from "./shared-counter.ts";
import type { Standings } from "./standings.ts";

/** Nobody is known yet. Who sends wrong tokens is counted too, by address. */
const BEFORE_AUTH: ReadonlySet<unknown> = new Set(["address", "everyone"]);

export class Limits {
  readonly #store: LimitStore;
  readonly #requests = new Counters<QuotaCounter>();
  readonly #counters: SharedCounters;
  readonly #config: LimitsConfig;
  readonly #early: readonly Policy[];
  readonly #late: readonly Policy[];
  readonly #spending: readonly Policy[];
  readonly #places: Places;
  #running = 0;

  /** `undefined` where nothing is limited. @throws FermataError `MISCONFIGURED` */
  static of(mastra: Mastra): Limits | undefined {
    const { limits } = mastra.getServer();
    if (!limits || (limits.policies === undefined && limits.concurrentRuns === undefined)) return undefined;
    return new Limits(limits, mastra);
  }

  constructor(config: LimitsConfig, mastra: Mastra) {
    const store = mastra.storage?.for(SYSTEM).limits ?? memoryLimits();
    this.#store = store;
    this.#config = config;
    this.#counters = new SharedCounters(store);
    this.#places = new Places(store, mastra.getLogger());
    const policies = toPolicies(config);
    const isSpending = ({ unit }: Policy): boolean => unit === "tokens" || unit === "money";
    this.#spending = policies.filter(isSpending);
    const atTheDoor = policies.filter(({ per }) => per !== "run" && per !== "thread");
    this.#early = atTheDoor.filter((policy) => BEFORE_AUTH.has(policy.per) && policy.unit === "requests");
    this.#late = atTheDoor.filter((policy) => !this.#early.includes(policy));
  }

  /** Before it is known who calls. @throws FermataError `RATE_LIMITED`, `UNAVAILABLE` */
  async knock(applicant: Applicant, standings: Standings): Promise<void> {
    for (const policy of this.#early) if (concerns(policy, applicant)) await this.#take(policy, applicant, standings);
  }

  /** Once it is known. @throws FermataError `RATE_LIMITED`, `UNAVAILABLE` */
  async admit(applicant: Applicant, standings: Standings): Promise<Admission> {
    const left: (() => void)[] = [];
    try {
      const executes = isExecution(applicant.route);
      if (executes) left.push(this.#enterProcess());
      for (const policy of this.#late) {
        if (!concerns(policy, applicant)) continue;
        if (policy.unit === "requests") await this.#take(policy, applicant, standings);
        else if (!executes) continue;
        else if (policy.unit === "concurrentRuns") left.push(await this.#enter(policy, applicant, standings));
        else await this.#look(policy, applicant, standings);
      }
      const meters = executes && this.#spending.length > 0;
      const meter = meters ? new RunMeter(this.#counters, this.#config.price, this.#spending, applicant) : undefined;
      return new Admission(meter, left);
    } catch (error) {
      for (const give of left) give();
      throw error;
    }
  }

  async #take(policy: Policy, applicant: Applicant, standings: Standings): Promise<void> {
    const given = keyOf(policy, applicant);
    const key = typeof given === "string" ? given : await given;
    const answer = this.#requests.get(key, () => new QuotaCounter(this.#store, key, policy.windowMs, policy.quota)).take();
    const { granted, left, resetAt } = answer instanceof Promise ? await answer : answer;
    if (!granted) throw standings.refuse(policy, resetAt);
    standings.add(policy, left, resetAt);
  }

  /** Whether something is left to spend. */
  async #look(policy: Policy, applicant: Applicant, standings: Standings): Promise<void> {
    const counter = await counterOf(this.#counters, policy, applicant);
    const { known } = counter;
    if (known && known.used >= policy.quota) throw standings.refuse(policy, known.resetAt);
    const { before, resetAt } = await counter.add(0);
    if (before >= policy.quota) throw standings.refuse(policy, resetAt);
    standings.add(policy, policy.quota - before, resetAt);
  }

  async #enter(policy: Policy, applicant: Applicant, standings: Standings): Promise<() => void> {
    const leave = await this.#places.enter(await keyOf(policy, applicant), policy.quota);
    if (!leave) throw standings.refusePlace(policy);
    return leave;
  }

  #enterProcess(): () => void {
    const { concurrentRuns } = this.#config;
    if (concurrentRuns === undefined) return () => undefined;
    if (this.#running >= concurrentRuns)
      throw new FermataError("UNAVAILABLE", "As many runs are going on as the server takes. Try again.", {
        details: { retryAfterSeconds: 1 },
      });
    this.#running += 1;
    let isIn = true;
    return () => {
      if (isIn) this.#running -= 1;
      isIn = false;
    };
  }
}

function concerns({ covers, agents }: Policy, { route, agentId }: Applicant): boolean {
  return covers(route) && (agents === undefined || (agentId !== undefined && agents.has(agentId)));
}

/** What looks at a run or ends it must be possible for who has no place left. */
const WATCHES = /\.(?:cancel|observe|abort|stop)/i;

/** Whether the request starts or goes on with work, and so takes a place and spends. */
export function isExecution({ id, access }: RouteName): boolean {
  return access.endsWith(":execute") && !WATCHES.test(id);
}
