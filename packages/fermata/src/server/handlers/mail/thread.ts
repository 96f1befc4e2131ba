/** A thread as a caller names it, and the turns on it. */
import type { Agent } from "../../../agents/agent.ts";
import { AGENT_KIND } from "../../../agents/keeping/kept-turn.ts";
import { owner } from "../../../agents/run-parts.ts";
import { FermataError } from "../../../errors.ts";
import type { ThreadOwner } from "../../../runs/scoped-runs.ts";
import type { RunQuery, RunRecord } from "../../../storage/runs.ts";
import type { Call } from "../../call.ts";
import { findRun, runsOf } from "../runs/find-run.ts";

/** What the server knows of the caller goes before what the caller says. @throws FermataError `VALIDATION_FAILED` without a thread */
export function threadOf(named: { readonly threadId: string; readonly resourceId?: string | undefined }, call: Call): ThreadOwner {
  const { resourceId: resource } = named;
  const { threadId = named.threadId, resourceId } = owner(
    { thread: named.threadId, ...(resource !== undefined && { resource }) },
    call.requestContext,
  );
  return { threadId, resourceId: runsOf(call).reach.resourceId ?? resourceId };
}

/** The thread of a run. @throws FermataError `NOT_FOUND`; `CONFLICT` for a run without one */
export async function threadOfRun(agent: Agent, runId: string, call: Call): Promise<ThreadOwner> {
  const run = await findRun(runId, call);
  if (run.kind !== AGENT_KIND || run.name !== agent.id) throw new FermataError("NOT_FOUND", `Run ${runId} not found`);
  const { threadId, resourceId } = run;
  if (threadId === undefined) throw new FermataError("CONFLICT", `Run ${runId} is no turn of a thread: nothing can be sent to it.`);
  return { threadId, resourceId };
}

export function turnsOf(agent: Agent, { threadId, resourceId }: ThreadOwner): RunQuery {
  return { kind: AGENT_KIND, name: agent.id, threadId, resourceId };
}

/** The turns that are under way, the one that has its turn first. */
export async function underWay(agent: Agent, thread: ThreadOwner, call: Call): Promise<readonly RunRecord[]> {
  const { items } = await runsOf(call).store.list({ ...turnsOf(agent, thread), status: "running" });
  return items.toReversed();
}
