/** Policies as the app writes them, checked and made ready. */
import { FermataError } from "../../errors.ts";
import type { LimitPer, LimitPolicy, LimitsConfig } from "../../mastra/edge-config.ts";
import { toMilliseconds } from "../../schema/duration.ts";
import type { RouteName } from "./applicant.ts";

export type Unit = "requests" | "concurrentRuns" | "tokens" | "money";

/** Money is counted in whole millionths. */
export const MICRO = 1_000_000;

export interface Policy {
  readonly name: string;
  readonly per: LimitPer;
  readonly unit: Unit;
  /** In whole units of the counter. */
  readonly quota: number;
  readonly windowMs: number;
  /** `RateLimit-Policy` of this one (draft-ietf-httpapi-ratelimit-headers-11). */
  readonly header: string;
  /** Whether the route, known by its name and what it asks for, is among those of the policy. */
  readonly covers: (route: RouteName) => boolean;
  readonly agents: ReadonlySet<string> | undefined;
}

const UNITS: readonly Unit[] = ["requests", "concurrentRuns", "tokens", "money"];
const QUOTA_UNIT: Readonly<Record<Unit, string>> = {
  requests: "",
  concurrentRuns: `;qu="concurrent-requests"`,
  tokens: `;qu="tokens"`,
  money: `;qu="money"`,
};
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** @throws FermataError `MISCONFIGURED` */
export function toPolicies(config: LimitsConfig): readonly Policy[] {
  const names = new Set<string>();
  return (config.policies ?? []).map((given) => {
    const policy = toPolicy(given, config);
    if (names.has(policy.name)) throw wrong(policy.name, "another policy has the same name");
    names.add(policy.name);
    return policy;
  });
}

function toPolicy(given: LimitPolicy, { price }: LimitsConfig): Policy {
  const { name, per = "principal", routes } = given;
  if (!NAME.test(name)) throw wrong(name, "its name must be letters, digits, `-`, `_` and `.`");
  const [unit, ...others] = UNITS.filter((candidate) => given[candidate] !== undefined);
  if (unit === undefined || others.length > 0) throw wrong(name, "it needs exactly one of requests, concurrentRuns, tokens and money");
  const limit = given[unit] ?? 0;
  if (!(limit > 0) || (unit !== "money" && !Number.isInteger(limit))) throw wrong(name, `${unit} must be more than 0, and whole`);
  if (unit === "money" && !price) throw wrong(name, "a limit on money needs limits.price, which says what an answer costs");
  const isSpending = unit === "tokens" || unit === "money";
  if ((per === "run" || per === "thread") && !isSpending) throw wrong(name, `per: "${per}" goes with tokens and money`);
  if (per === "run" && given.window !== undefined) throw wrong(name, `per: "run" has no window: it is the run itself`);
  const windowMs = toMilliseconds(`limits.policies: the window of "${name}"`, given.window ?? "1m");
  const quota = unit === "money" ? Math.round(limit * MICRO) : limit;
  const window = unit === "concurrentRuns" || per === "run" ? "" : `;w=${Math.ceil(windowMs / 1_000)}`;
  return {
    name,
    per,
    unit,
    quota,
    windowMs,
    header: `"${name}";q=${unit === "money" ? Math.floor(limit) : limit}${QUOTA_UNIT[unit]}${window}`,
    covers: coverage(routes === undefined ? undefined : [routes].flat()),
    agents: given.agents === undefined ? undefined : new Set([given.agents].flat()),
  };
}

/** `agents:execute`, `*:read`, `agents:*`, `public`, `agents.generate`, `custom` … */
function coverage(patterns: readonly string[] | undefined): (route: RouteName) => boolean {
  if (!patterns) return () => true;
  return ({ id, access }) => {
    const [resource, action] = access.split(":");
    return patterns.some((pattern) => {
      if (pattern === "*" || pattern === id || pattern === access) return true;
      const [wanted, how] = pattern.split(":");
      return action !== undefined && how !== undefined && (wanted === "*" || wanted === resource) && (how === "*" || how === action);
    });
  };
}

function wrong(name: string, why: string): FermataError {
  return new FermataError("MISCONFIGURED", `limits.policies: "${name}": ${why}.`);
}
