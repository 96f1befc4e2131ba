import { assertId } from "../ids.ts";
import { ownerOf } from "../reach.ts";
import type { Reach } from "../reach.ts";
import type { Suspension, SuspensionFilter, SuspensionStore } from "../suspension-store.ts";

interface Row {
  readonly tenant: string;
  readonly resourceId: string;
  readonly suspension: Suspension;
}

interface Limits {
  readonly maxRuns: number;
  readonly maxChars: number;
}

/** Suspended runs held in the process, for any reach; the oldest are dropped first. */
export function memorySuspensions(limits: Limits): (reach: Reach) => SuspensionStore {
  /** In the order of suspension. */
  const rows = new Map<string, Row>();
  let chars = 0;

  const nameOf = (tenant: string, runId: string, resourceId: string): string => `${tenant}\0${runId}\0${resourceId}`;
  const drop = (name: string): void => {
    chars -= rows.get(name)?.suspension.state.length ?? 0;
    rows.delete(name);
  };
  const within = ({ tenant, resourceId }: Reach, row: Row): boolean =>
    row.tenant === tenant && (resourceId === undefined || row.resourceId === resourceId);

  return (reach) => ({
    async put(suspension) {
      assertId(suspension.runId, "run's id");
      const resourceId = ownerOf(reach, suspension.resourceId);
      const name = nameOf(reach.tenant, suspension.runId, resourceId);
      drop(name);
      rows.set(name, { tenant: reach.tenant, resourceId, suspension: { ...suspension, ...(resourceId !== "" && { resourceId }) } });
      chars += suspension.state.length;
      for (const oldest of rows.keys()) {
        if (rows.size <= limits.maxRuns && chars <= limits.maxChars) break;
        drop(oldest);
      }
    },
    async claim(agentId, runId) {
      for (const [name, row] of rows) {
        if (row.suspension.runId !== runId || row.suspension.agentId !== agentId || !within(reach, row)) continue;
        drop(name);
        return row.suspension;
      }
      return undefined;
    },
    async list(filter, page, perPage) {
      const found = [...rows.values()]
        .filter((row) => within(reach, row) && matches(row.suspension, filter))
        .map(({ suspension }) => suspension);
      found.sort((a, b) => b.suspendedAt - a.suspendedAt || (a.runId < b.runId ? 1 : -1));
      return { runs: found.slice(page * perPage, (page + 1) * perPage), total: found.length };
    },
    async ping() {},
  });
}

function matches(run: Suspension, { runId, agentId, threadId, resourceId, from = -Infinity, to = Infinity }: SuspensionFilter): boolean {
  return (
    (runId === undefined || run.runId === runId) &&
    (agentId === undefined || run.agentId === agentId) &&
    (threadId === undefined || run.threadId === threadId) &&
    (resourceId === undefined || run.resourceId === resourceId) &&
    run.suspendedAt >= from &&
    run.suspendedAt <= to
  );
}
