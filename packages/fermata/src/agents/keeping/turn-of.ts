import { LOCAL_PRINCIPAL, type Principal } from "../../context/principal.ts";
import { RequestContext } from "../../context/request-context.ts";
import type { Durability } from "../../runs/run-log.ts";
import type { ScopedRuns } from "../../runs/scoped-runs.ts";
import type { DelegateOptions, RunLogging } from "../delegation.ts";
import type { AgentHost } from "../host.ts";
import type { AgentOptions } from "../options.ts";
import { owner } from "../run-parts.ts";
import { KeptTurn } from "./kept-turn.ts";

type Options = (AgentOptions | DelegateOptions) & RunLogging;

/** Where a turn of its own is kept; `undefined` where it is not, or when it is part of another run. */
export function turnOf(host: AgentHost, options: Options, agents: Durability): KeptTurn | undefined {
  if ("depth" in options && options.depth > 0) return undefined;
  const wanted = ("durability" in options ? options.durability : undefined) ?? agents;
  const durability = host.runsFor ? wanted : "memory";
  if (durability === "memory" && !host.threadRunsFor) return undefined;
  const principal = options.principal ?? options.requestContext?.principal ?? LOCAL_PRINCIPAL;
  const runs = durability === "memory" ? followed(host, options, principal) : host.runsFor?.(principal);
  if (!runs) return undefined;
  const { logger = host.logger, attending, isRepeatable, onBegun } = options;
  return new KeptTurn({ runs, durability, logger, attending, isRepeatable, onBegun });
}

/** Where a turn goes that is kept nowhere, when somebody follows its thread or has sent something to it. */
function followed(host: AgentHost, options: Options, principal: Principal): ScopedRuns | undefined {
  if (options.isFollowed) return host.threadRunsFor?.(principal);
  if (!host.threadWatch || host.threadWatch.isEmpty) return undefined;
  const runs = host.threadRunsFor?.(principal);
  const memory = "memory" in options ? options.memory : undefined;
  return runs?.isFollowed(owner(memory, options.requestContext ?? new RequestContext())) ? runs : undefined;
}
