import type { RunWorker, Settlement } from "../../runs/run-worker.ts";
import type { LiveRun } from "../../runs/live-run.ts";
import { FermataError } from "../../errors.ts";
import type { AgentChunk } from "../chunks.ts";
import type { AgentHost } from "../host.ts";
import { toChunkError } from "../loop/errors.ts";
import { AGENT_KIND, KeptTurn } from "./kept-turn.ts";

/** Milliseconds in which chunks are gathered before they are written. */
const BATCH_MS = 25;

/** Makes the worker of an instance keep the turns of agents. */
export function serveAgentRuns(worker: RunWorker, host: AgentHost): void {
  worker.handle(AGENT_KIND, (live) => (live.local instanceof KeptTurn ? live.local.drive(live) : endOrphan(live, host)), {
    waitMs: BATCH_MS,
  });
}

/** A turn that nobody can go on with: its process is gone, or it was cancelled while it waited for an answer. */
async function endOrphan(live: LiveRun, host: AgentHost): Promise<Settlement> {
  const { id: runId, record, ref } = live;
  const principal = { tenant: ref.tenant, subject: ref.resourceId, scopes: [] };
  const suspensions = host.suspensionsFor?.(principal) ?? host.suspensions;
  if (live.signal.aborted) {
    await suspensions.claim(record.name, runId);
    const abort: AgentChunk = { type: "abort", runId, from: "AGENT", payload: {} };
    return { end: { status: "cancelled" }, closing: [chunkEvent(abort), { type: "abort", data: {} }] };
  }
  // Its process went away when it had said what the run waits for, and had not yet put the run away.
  const { total } = await suspensions.list({ runId, agentId: record.name }, 0, 1);
  if (total > 0) return { end: { status: "suspended" }, closing: [{ type: "suspended", data: {} }] };
  const { name, message, code } = toChunkError(new FermataError("UNAVAILABLE", "The process that worked on this run is gone."));
  const error = { name, message, ...(code !== undefined && { code }) };
  const chunk: AgentChunk = { type: "error", runId, from: "AGENT", payload: { type: "error", error } };
  return { end: { status: "failed", error }, closing: [chunkEvent(chunk), { type: "error", data: { error } }] };
}

function chunkEvent(data: AgentChunk): { type: string; data: AgentChunk } {
  return { type: "chunk", data };
}
