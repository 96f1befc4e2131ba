import type { RunWorker, Settlement } from "../../runs/run-worker.ts";
import type { LiveRun } from "../../runs/live-run.ts";
import type { Principal } from "../../context/principal.ts";
import { FermataError } from "../../errors.ts";
import type { AgentChunk } from "../chunks.ts";
import type { AgentHost } from "../host.ts";
import { toChunkError } from "../loop/errors.ts";
import { closeAnswer } from "./close-answer.ts";
import { AGENT_KIND, KeptTurn } from "./kept-turn.ts";
import { whyNotAgain } from "./orphan.ts";

/** Milliseconds in which chunks are gathered before they are written. */
const BATCH_MS = 25;

/** Makes the worker of an instance keep the turns of agents. */
export function serveAgentRuns(worker: RunWorker, host: AgentHost): void {
  worker.handle(AGENT_KIND, (live) => (live.local instanceof KeptTurn ? live.local.drive(live) : endOrphan(live, host)), {
    waitMs: BATCH_MS,
  });
}

/** A turn whose process is gone, or that was cancelled while it waited for an answer. */
async function endOrphan(live: LiveRun, host: AgentHost): Promise<Settlement> {
  const { id: runId, record, ref } = live;
  const principal = { tenant: ref.tenant, subject: ref.resourceId, scopes: [] };
  const suspensions = host.suspensionsFor?.(principal) ?? host.suspensions;
  if (live.cancellation.isCancelled) {
    await suspensions.claim(record.name, runId);
    await close(live, host, principal, "aborted");
    const abort: AgentChunk = { type: "abort", runId, from: "AGENT", payload: {} };
    return { end: { status: "cancelled" }, closing: [chunkEvent(abort), { type: "abort", data: {} }] };
  }
  // Its process went away when it had said what the run waits for, and had not yet put the run away.
  const { total } = await suspensions.list({ runId, agentId: record.name }, 0, 1);
  if (total > 0) return { end: { status: "suspended" }, closing: [{ type: "suspended", data: {} }] };
  const outcome = await beginAgain(live, host, principal);
  if (typeof outcome === "object") return outcome;
  await close(live, host, principal, "failed");
  const { name, message, code } = toChunkError(new FermataError("UNAVAILABLE", outcome));
  const error = { name, message, ...(code !== undefined && { code }) };
  const chunk: AgentChunk = { type: "error", runId, from: "AGENT", payload: { type: "error", error } };
  return { end: { status: "failed", error }, closing: [chunkEvent(chunk), { type: "error", data: { error } }] };
}

/** Nothing of what somebody has seen is lost with the process; but the run's end does not wait for a store of another kind that is down. */
async function close(live: LiveRun, host: AgentHost, principal: Principal, status: "failed" | "aborted"): Promise<void> {
  if (live.record.threadId === undefined || !host.runsFor) return;
  try {
    const events = await host.runsFor(principal).events(live.record);
    const chunks = events.flatMap(({ type, data }) => (type === "chunk" ? [data as AgentChunk] : [])); // written by `KeptTurn`
    await closeAnswer(host, live.record, principal, chunks, status);
  } catch (error) {
    if (live.isLost) throw error;
    host.logger.error("The answer of a turn whose process is gone could not be closed", { runId: live.id, error });
  }
}

/** How the turn ended that was begun in this one's place, or why none was. */
async function beginAgain(live: LiveRun, host: AgentHost, principal: Principal): Promise<Settlement | string> {
  const gone = "The process that worked on this run is gone.";
  if (!host.revive || !host.runsFor) return gone;
  const reason = whyNotAgain(live.journal, await host.runsFor(principal).events(live.record));
  if (reason !== undefined) return reason;
  const settlement = Promise.withResolvers<Settlement>();
  try {
    return (await host.revive({ live, settle: settlement.resolve })) ? await settlement.promise : gone;
  } catch (error) {
    if (live.isLost) throw error;
    host.logger.error("A turn could not be begun again", { runId: live.id, error });
    return `${gone} It could not be begun again.`;
  }
}

function chunkEvent(data: AgentChunk): { type: string; data: AgentChunk } {
  return { type: "chunk", data };
}
