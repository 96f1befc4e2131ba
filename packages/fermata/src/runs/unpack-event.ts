import { PACKED, unpackChunks, type NewEvent } from "./packed-events.ts";
import { STEPS, unpackSteps } from "./packed-steps.ts";

/** The events of a row in the log of this run. */
export function unpackEvent<E extends NewEvent>(row: E, runId: string): readonly (E | NewEvent)[] {
  if (row.type === STEPS) return unpackSteps(row, runId);
  return row.type === PACKED ? unpackChunks(row) : [row];
}
