/** Turns that no log keeps, while this process works on them: whoever has named one can stop it, as those that are kept. */
import type { Mastra } from "../../../mastra.ts";
import type { Attendance } from "../../attendance.ts";
import type { Call } from "../../call.ts";

const underWay = new WeakMap<Mastra, Map<string, Attendance>>();

/** Does the work of a turn. While it lasts, `stopUnkept` knows the turn by its id. */
export async function whileUnderWay<T>(runId: string | undefined, call: Call, work: () => Promise<T>): Promise<T> {
  if (runId === undefined) return work();
  const turns = underWay.get(call.mastra) ?? new Map<string, Attendance>();
  underWay.set(call.mastra, turns);
  const name = nameOf(runId, call);
  turns.set(name, call.attendance);
  return work().finally(() => {
    if (turns.get(name) === call.attendance) turns.delete(name);
  });
}

/** Whether there was such a turn of the caller's. */
export function stopUnkept(runId: string, call: Call): boolean {
  const attendance = underWay.get(call.mastra)?.get(nameOf(runId, call));
  attendance?.abort(new DOMException("The run was cancelled.", "AbortError"));
  return attendance !== undefined;
}

function nameOf(runId: string, { principal: { tenant, subject } }: Call): string {
  return JSON.stringify([tenant, subject, runId]);
}
