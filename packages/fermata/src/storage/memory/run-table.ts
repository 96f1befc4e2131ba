import type { RunEvent, RunRecord, RunStatus } from "../runs.ts";
import { toJsonText } from "../../schema/json-text.ts";
import type { Reach } from "../reach.ts";

/** A run, its journal and its events. */
export interface RunRow {
  readonly key: number;
  readonly tenant: string;
  run: RunRecord;
  owner?: string;
  epoch: number;
  signals: number;
  cancelRequested: boolean;
  lost: number;
  wakeAt: number;
  /** JSON, `undefined` for what has none. */
  readonly journal: Map<string, string | undefined>;
  readonly events: Map<number, { readonly type: string; readonly data: string | undefined; readonly at: number }>;
}

/** Runs in the process, at most so many: the oldest that have ended go first, then the oldest. */
export class RunTable {
  readonly rows = new Map<number, RunRow>();
  readonly workers = new Map<string, number>();
  readonly #max: number;
  #lastKey = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(row: Omit<RunRow, "key" | "journal" | "events">): RunRow {
    const added: RunRow = { ...row, key: ++this.#lastKey, journal: new Map(), events: new Map() };
    this.rows.set(added.key, added);
    if (this.rows.size > this.#max) {
      const [oldest] = this.rows.values();
      const ended = this.rows.values().find(({ run }) => isEnd(run.status)) ?? oldest;
      if (ended) this.rows.delete(ended.key);
    }
    return added;
  }

  withId(tenant: string, id: string): RunRow[] {
    return [...this.rows.values()].filter((row) => row.tenant === tenant && row.run.id === id);
  }

  find({ tenant, resourceId }: Reach, id: string): RunRow | undefined {
    return this.withId(tenant, id).find(({ run }) => resourceId === undefined || run.resourceId === resourceId);
  }
}

export function isEnd(status: RunStatus): boolean {
  return status === "done" || status === "failed" || status === "cancelled";
}

export function fromText(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}

export function addEvents(row: RunRow, events: readonly Omit<RunEvent, "at">[] = []): void {
  const at = Date.now();
  for (const { seq, type, data } of events) if (!row.events.has(seq)) row.events.set(seq, { type, data: toJsonText(data), at });
}
