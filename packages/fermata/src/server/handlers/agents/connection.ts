import type { Agent } from "../../../agents/agent.ts";
import type { Attending } from "../../../agents/attending.ts";
import type { OnDisconnect } from "../../../agents/options.ts";
import type { Call } from "../../call.ts";

/** How long a turn that is kept goes on for a reader who may come back. */
const GRACE_MS = 30_000;

/** Ties a turn to the connection that it is asked for on: what becomes of it when nobody reads any more. */
export function connection(
  agent: Agent,
  given: OnDisconnect | undefined,
  call: Call,
): { readonly abortSignal: AbortSignal; readonly attending: Attending } {
  const { attendance } = call;
  const wanted = given ?? agent.onDisconnect;
  // A call with a key has a time to come back in already.
  attendance.graceMs = wanted === undefined ? Math.max(attendance.graceMs, isKept(agent, call) ? GRACE_MS : 0) : graceOf(wanted);
  return { abortSignal: call.signal, attending: attendance };
}

/** Whether the turn is in the log, where it can be read again and cancelled. */
export function isKept(agent: Agent, call: Call): boolean {
  return call.mastra.runsFor !== undefined && agent.durability !== "memory";
}

function graceOf(policy: OnDisconnect): number {
  if (typeof policy === "object") return policy.graceMs;
  return policy === "continue" ? Infinity : 0;
}
