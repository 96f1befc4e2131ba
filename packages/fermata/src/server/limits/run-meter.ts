import type { Meter, Spender, Spending } from "../../context/meter.ts";
import { FermataError } from "../../errors.ts";
import type { LimitsConfig } from "../../mastra/edge-config.ts";
import type { Applicant } from "./applicant.ts";
import { counterOf, threadCounter } from "./key.ts";
import { MICRO, type Policy } from "./policies.ts";
import type { SharedCounter, SharedCounters } from "./shared-counter.ts";

/** What the runs of one request spend, and whether they may spend more. */
export class RunMeter implements Meter {
  readonly #counters: SharedCounters;
  readonly #priceOf: LimitsConfig["price"];
  readonly #policies: readonly Policy[];
  readonly #applicant: Applicant;
  #tokens = 0;
  #money = 0;

  constructor(counters: SharedCounters, price: LimitsConfig["price"], policies: readonly Policy[], applicant: Applicant) {
    this.#counters = counters;
    this.#priceOf = price;
    this.#policies = policies;
    this.#applicant = applicant;
  }

  async check(spender: Spender): Promise<FermataError | undefined> {
    for (const policy of this.#concerned(spender)) {
      const used = policy.per === "run" ? this.#ofRun(policy) : await this.#used(policy, spender);
      if (used >= policy.quota) return exceeded(policy, used);
    }
    return undefined;
  }

  async spend(spending: Spending): Promise<void> {
    const tokens = tokensOf(spending);
    const money = Math.round(this.#price(spending) * MICRO);
    this.#tokens += tokens;
    this.#money += money;
    for (const policy of this.#concerned(spending)) {
      if (policy.per !== "run") await (await this.#counter(policy, spending))?.add(policy.unit === "tokens" ? tokens : money);
    }
  }

  #concerned({ agentId }: Spender): readonly Policy[] {
    const { route } = this.#applicant;
    return this.#policies.filter(({ covers, agents }) => covers(route) && (agents === undefined || agents.has(agentId)));
  }

  #ofRun({ unit }: Policy): number {
    return unit === "tokens" ? this.#tokens : this.#money;
  }

  async #used(policy: Policy, spender: Spender): Promise<number> {
    const counter = await this.#counter(policy, spender);
    if (!counter) return 0;
    const { known } = counter;
    // What is used up stays used up; what is not may have been used elsewhere.
    return known && known.used >= policy.quota ? known.used : (await counter.add(0)).before;
  }

  #counter(policy: Policy, { agentId, threadId }: Spender): Promise<SharedCounter> | SharedCounter | undefined {
    if (policy.per !== "thread") return counterOf(this.#counters, policy, { ...this.#applicant, agentId });
    return threadId === undefined ? undefined : threadCounter(this.#counters, policy, this.#applicant, threadId);
  }

  #price({ provider, modelId, usage }: Spending): number {
    const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0, reasoningTokens = 0 } = usage;
    return this.#priceOf?.({ provider, modelId, inputTokens, outputTokens, cachedInputTokens, reasoningTokens }) ?? 0;
  }
}

function tokensOf({ usage }: Spending): number {
  return usage.totalTokens ?? (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
}

function exceeded({ name, per, unit, quota }: Policy, used: number): FermataError {
  const scale = unit === "money" ? MICRO : 1;
  const whose = per === "run" || per === "thread" ? ` of the ${per}` : "";
  return new FermataError("BUDGET_EXCEEDED", `Budget "${name}"${whose}: ${quota / scale} ${unit} are used up.`, {
    details: { policy: name, limit: quota / scale, used: used / scale, unit },
  });
}
