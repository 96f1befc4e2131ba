import type { Suspension, SuspensionStore } from "../../src/storage/suspension-store.ts";

/** Holds suspended runs as text alone: what does not survive a restart does not survive here. */
export function textSuspensionStore(): SuspensionStore & { readonly rows: Map<string, string> } {
  const rows = new Map<string, string>();
  const read = (text: string): Suspension => JSON.parse(text) as Suspension; // written by `put`
  return {
    rows,
    async put(suspension) {
      rows.set(suspension.runId, JSON.stringify(suspension));
    },
    async claim(agentId, runId) {
      const text = rows.get(runId);
      if (text === undefined || read(text).agentId !== agentId) return undefined;
      rows.delete(runId);
      return read(text);
    },
    async list(filter, page, perPage) {
      const runs = [...rows.values()]
        .map(read)
        .filter(({ agentId, runId }) => (filter.agentId ?? agentId) === agentId && (filter.runId ?? runId) === runId);
      return { runs: runs.slice(page * perPage, (page + 1) * perPage), total: runs.length };
    },
    async ping() {},
  };
}
