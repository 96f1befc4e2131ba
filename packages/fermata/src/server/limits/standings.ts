import { FermataError } from "../../errors.ts";
import { MICRO, type Policy } from "./policies.ts";

/** Where a caller stands with each policy, in the words of draft-ietf-httpapi-ratelimit-headers-11. */
export class Standings {
  readonly #policies: string[] = [];
  readonly #left: string[] = [];

  add({ name, unit, header }: Policy, left: number, resetAt: number): void {
    this.#policies.push(header);
    const remaining = unit === "money" ? Math.floor(left / MICRO) : Math.max(0, left);
    this.#left.push(`"${name}";r=${remaining};t=${secondsUntil(resetAt)}`);
  }

  /** Adds it to the head of a reply. */
  tell(headers: Headers): void {
    if (this.#policies.length === 0) return;
    headers.set("ratelimit-policy", this.#policies.join(", "));
    headers.set("ratelimit", this.#left.join(", "));
  }

  refuse(policy: Policy, resetAt: number): FermataError {
    this.add(policy, 0, resetAt);
    const { name, unit, quota } = policy;
    const retryAfterSeconds = secondsUntil(resetAt);
    const limit = unit === "money" ? quota / MICRO : quota;
    return new FermataError("RATE_LIMITED", `Limit "${name}": ${limit} ${unit} are used up. Try again in ${retryAfterSeconds} s.`, {
      details: { policy: name, limit, unit, retryAfterSeconds },
    });
  }

  /** All places are taken; nobody knows for how long. */
  refusePlace({ name, quota, header }: Policy): FermataError {
    this.#policies.push(header);
    this.#left.push(`"${name}";r=0`);
    return new FermataError("RATE_LIMITED", `Limit "${name}": ${quota} runs are going on. Try again when one has ended.`, {
      details: { policy: name, limit: quota, unit: "concurrentRuns", retryAfterSeconds: 1 },
    });
  }
}

function secondsUntil(time: number): number {
  return Math.max(1, Math.ceil((time - Date.now()) / 1_000));
}
