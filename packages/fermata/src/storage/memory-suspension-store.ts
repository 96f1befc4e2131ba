import type { Suspension, SuspensionFilter, SuspensionStore } from "./suspension-store.ts";

export interface MemorySuspensionLimits {
  /** Runs held at most; the oldest are dropped first. Default 1,000. */
  readonly maxRuns?: number;
  /** Characters of state held at most. Default 32 Mi. */
  readonly maxChars?: number;
}

/** Holds suspended runs in the process. They are gone when it ends; what it holds is bounded. */
export class MemorySuspensionStore implements SuspensionStore {
  /** In the order of suspension: a `Map` keeps the order of insertion. */
  readonly #runs = new Map<string, Suspension>();
  readonly #maxRuns: number;
  readonly #maxChars: number;
  #chars = 0;

  constructor(limits: MemorySuspensionLimits = {}) {
    this.#maxRuns = limits.maxRuns ?? 1_000;
    this.#maxChars = limits.maxChars ?? 32 * 1024 * 1024;
  }

  async put(suspension: Suspension): Promise<void> {
    this.#drop(suspension.runId);
    this.#runs.set(suspension.runId, suspension);
    this.#chars += suspension.state.length;
    for (const runId of this.#runs.keys()) {
      if (this.#runs.size <= this.#maxRuns && this.#chars <= this.#maxChars) break;
      this.#drop(runId);
    }
  }

  async claim(agentId: string, runId: string): Promise<Suspension | undefined> {
    const found = this.#runs.get(runId);
    if (found?.agentId !== agentId) return undefined;
    this.#drop(runId);
    return found;
  }

  async list(filter: SuspensionFilter, page: number, perPage: number): Promise<{ runs: readonly Suspension[]; total: number }> {
    const matching = [...this.#runs.values()]
      .filter((run) => matches(run, filter))
      .toReversed()
      .toSorted((a, b) => b.suspendedAt - a.suspendedAt);
    return { runs: matching.slice(page * perPage, (page + 1) * perPage), total: matching.length };
  }

  async ping(): Promise<void> {}

  #drop(runId: string): void {
    const found = this.#runs.get(runId);
    if (!found) return;
    this.#runs.delete(runId);
    this.#chars -= found.state.length;
  }
}

function matches(run: Suspension, filter: SuspensionFilter): boolean {
  return (
    (filter.runId === undefined || run.runId === filter.runId) &&
    (filter.agentId === undefined || run.agentId === filter.agentId) &&
    (filter.threadId === undefined || run.threadId === filter.threadId) &&
    (filter.resourceId === undefined || run.resourceId === filter.resourceId) &&
    (filter.from === undefined || run.suspendedAt >= filter.from) &&
    (filter.to === undefined || run.suspendedAt <= filter.to)
  );
}
