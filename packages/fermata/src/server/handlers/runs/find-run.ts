import { FermataError } from "../../../errors.ts";
import { ScopedRuns } from "../../../runs/scoped-runs.ts";
import { reachOf } from "../../../storage/reach.ts";
import type { RunRecord } from "../../../storage/runs.ts";
import type { Call } from "../../call.ts";

/** The runs that the caller reaches. */
export function runsOf({ mastra, principal }: Pick<Call, "mastra" | "principal">): ScopedRuns {
  return new ScopedRuns(mastra.runWorker, reachOf(principal));
}

/** @throws FermataError `NOT_FOUND` */
export async function findRun(runId: string, call: Call): Promise<RunRecord> {
  const run = await runsOf(call).get(runId);
  if (!run) throw new FermataError("NOT_FOUND", `Run ${runId} not found`);
  return run;
}
