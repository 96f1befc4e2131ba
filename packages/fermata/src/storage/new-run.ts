import type { NewRun, RunRecord } from "./runs.ts";

/** The record of a run that is created now (epoch milliseconds). */
export function newRunRecord(
  { id, kind, name, threadId, parentRunId, input, metadata, graphHash, workerId }: NewRun,
  resourceId: string,
  now: number,
): RunRecord {
  return {
    id,
    resourceId,
    kind,
    name,
    ...(threadId !== undefined && { threadId }),
    ...(parentRunId !== undefined && { parentRunId }),
    status: workerId === undefined ? "ready" : "running",
    ...(input !== undefined && { input }),
    ...(metadata !== undefined && { metadata }),
    ...(graphHash !== undefined && { graphHash }),
    createdAt: now,
    updatedAt: now,
  };
}
