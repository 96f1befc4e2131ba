import type { Metadata } from "../metadata.ts";
import type { ClaimedRun, Lease, RunEvent, RunRecord, RunStatus } from "../runs.ts";
import type { Row, SqlValue } from "./database.ts";
import { json, number, optionalNumber, optionalText, text, toJson } from "./row.ts";

export const RUN_COLUMNS =
  "run_key, tenant, id, resource_id, kind, name, thread_id, parent_run_id, status, input, output, error, metadata, graph_hash, owner, epoch, signals, cancel_requested, lost, created_at, updated_at, finished_at";

export function toRun(row: Row): RunRecord {
  const [threadId, parentRunId, graphHash] = [
    optionalText(row, "thread_id"),
    optionalText(row, "parent_run_id"),
    optionalText(row, "graph_hash"),
  ];
  const [input, output, error] = [json(row, "input"), json(row, "output"), json(row, "error")];
  // Written by `metadataText`.
  const metadata = json(row, "metadata") as Metadata | undefined;
  const finishedAt = optionalNumber(row, "finished_at");
  return {
    id: text(row, "id"),
    resourceId: text(row, "resource_id"),
    kind: text(row, "kind"),
    name: text(row, "name"),
    ...(threadId !== undefined && { threadId }),
    ...(parentRunId !== undefined && { parentRunId }),
    // Only the store writes this column.
    status: text(row, "status") as RunStatus,
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(error !== undefined && { error }),
    ...(metadata !== undefined && { metadata }),
    ...(graphHash !== undefined && { graphHash }),
    createdAt: number(row, "created_at"),
    updatedAt: number(row, "updated_at"),
    ...(finishedAt !== undefined && { finishedAt }),
  };
}

export function toLease(row: Row): Lease {
  return {
    key: number(row, "run_key"),
    runId: text(row, "id"),
    tenant: text(row, "tenant"),
    resourceId: text(row, "resource_id"),
    workerId: text(row, "owner"),
    epoch: number(row, "epoch"),
  };
}

export function toEvent(row: Row): RunEvent {
  return { seq: number(row, "seq"), type: text(row, "type"), data: json(row, "data"), at: number(row, "at") };
}

/** Runs that a worker has got, with their journals and the numbers of their last events. */
export function toClaimed(rows: readonly Row[], results: readonly Row[], last: readonly Row[]): ClaimedRun[] {
  const journals = new Map<number, Map<string, unknown>>();
  for (const row of results) {
    const key = number(row, "run_key");
    const journal = journals.get(key) ?? new Map<string, unknown>();
    journals.set(key, journal.set(text(row, "key"), json(row, "value")));
  }
  const lastSeq = new Map(last.map((row) => [number(row, "run_key"), number(row, "seq")]));
  return rows.map((row) => ({
    lease: toLease(row),
    run: toRun(row),
    journal: journals.get(number(row, "run_key")) ?? new Map<string, unknown>(),
    lastSeq: lastSeq.get(number(row, "run_key")) ?? 0,
    signals: number(row, "signals"),
    cancelRequested: number(row, "cancel_requested") === 1,
    lost: number(row, "lost"),
  }));
}

export function eventValues(runKey: number, { seq, type, data }: Omit<RunEvent, "at">, now: number): SqlValue[] {
  return [runKey, seq, type, toJson(data), now];
}
