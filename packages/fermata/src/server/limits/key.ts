import { LOCAL_PRINCIPAL } from "../../context/principal.ts";
import type { Applicant } from "./applicant.ts";
import type { Policy } from "./policies.ts";
import type { SharedCounter, SharedCounters } from "./shared-counter.ts";

const MAX_LENGTH = 160;

/** The name of the counter that `policy` keeps for this caller. What is too long for a key is told by its hash. */
export function keyOf({ name, per }: Policy, applicant: Applicant): string | Promise<string> {
  const key = `${name}/${partition(per, applicant)}`;
  return key.length <= MAX_LENGTH ? key : hashed(name, key);
}

/** The counter that `policy` keeps for this caller. */
export function counterOf(counters: SharedCounters, policy: Policy, applicant: Applicant): SharedCounter | Promise<SharedCounter> {
  const key = keyOf(policy, applicant);
  return typeof key === "string" ? counters.get(key, policy.windowMs) : key.then((made) => counters.get(made, policy.windowMs));
}

/** The counter that `policy` keeps for a thread. */
export async function threadCounter(
  counters: SharedCounters,
  { name, windowMs }: Policy,
  { principal = LOCAL_PRINCIPAL }: Applicant,
  threadId: string,
): Promise<SharedCounter> {
  const key = `${name}/thread/${encodeURIComponent(principal.tenant)}/${encodeURIComponent(threadId)}`;
  return counters.get(key.length <= MAX_LENGTH ? key : await hashed(name, key), windowMs);
}

function partition(per: Policy["per"], applicant: Applicant): string {
  const { tenant, subject } = applicant.principal ?? LOCAL_PRINCIPAL;
  if (typeof per === "function") return `own/${encodeURIComponent(per({ tenant, subject, request: applicant.request }))}`;
  switch (per) {
    case "principal":
      return `principal/${encodeURIComponent(tenant)}/${encodeURIComponent(subject)}`;
    case "tenant":
      return `tenant/${encodeURIComponent(tenant)}`;
    case "address":
      return `address/${encodeURIComponent(applicant.address ?? "unknown")}`;
    case "agent":
      return `agent/${encodeURIComponent(applicant.agentId ?? "")}`;
    case "everyone":
      return "everyone";
    // These two are counted by what spends, see `RunMeter`.
    case "run":
    case "thread":
      return per;
  }
}

async function hashed(name: string, key: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));
  return `${name}/sha256/${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
