import type { Metadata } from "../metadata.ts";
import type { Lease, RunEvent, RunRecord, RunStatus } from "../runs.ts";
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

export function eventValues(runKey: number, { seq, type, data }: Omit<RunEvent, "at">, now: number): SqlValue[] {
  return [runKey, seq, type, toJson(data), now];
}
