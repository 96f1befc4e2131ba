/** What limits a route, in words, for the table of routes. */
import type { ServerConfig } from "../../mastra.ts";
import type { RouteName } from "./applicant.ts";
import { isExecution } from "./limits.ts";
import { MICRO, toPolicies, type Policy } from "./policies.ts";

const DEFAULT_TIMEOUT_MS = 180_000;

/** @param bodyBytes what its body may have; absent for a route without one */
type Describe = (route: RouteName, bodyBytes: number | undefined, streams: boolean) => string;

/** @throws FermataError `MISCONFIGURED` */
export function limitsOf({ limits = {}, timeout = DEFAULT_TIMEOUT_MS }: ServerConfig): Describe {
  const policies = toPolicies(limits);
  return (route, bodyBytes, streams) => {
    const executes = isExecution(route);
    return [
      ...(bodyBytes === undefined ? [] : [`body ${inMebibytes(bodyBytes)}`]),
      `begins within ${inSeconds(timeout)}`,
      ...(streams && limits.streamMs !== undefined ? [`streams for ${inSeconds(limits.streamMs)}`] : []),
      ...(executes && limits.concurrentRuns !== undefined ? [`${limits.concurrentRuns} at once in a process`] : []),
      ...policies.filter((policy) => policy.covers(route) && (executes || policy.unit === "requests")).map(inWords),
    ].join(", ");
  };
}

/** `calls: 60 requests per principal in 60 s` */
function inWords({ name, per, unit, quota, windowMs, agents }: Policy): string {
  const whose = typeof per === "function" ? "caller" : per;
  const what = unit === "concurrentRuns" ? "runs at once" : unit;
  const window = unit === "concurrentRuns" || per === "run" ? "" : ` in ${inSeconds(windowMs)}`;
  const whom = agents === undefined ? "" : ` with ${[...agents].join(", ")}`;
  return `${name}: ${unit === "money" ? quota / MICRO : quota} ${what} ${whose === "everyone" ? "for everyone" : `per ${whose}`}${window}${whom}`;
}

function inSeconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

function inMebibytes(bytes: number): string {
  return `${Math.round((bytes / 1_048_576) * 100) / 100} MiB`;
}
