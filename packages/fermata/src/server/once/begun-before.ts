import { AGENT_KIND } from "../../agents/keeping/kept-turn.ts";
import { ScopedRuns } from "../../runs/scoped-runs.ts";
import { reachOf } from "../../storage/reach.ts";
import type { RunRecord } from "../../storage/runs.ts";
import { endingOf } from "../../workflows/run-view.ts";
import type { Call } from "../call.ts";
import type { RawInput } from "../request-input.ts";

/** The run that a call with a key has begun, if it came so far. `runId` is the one that the call was given. */
export async function begunBefore(runId: string, { query, body }: RawInput, call: Call): Promise<RunRecord | undefined> {
  const named = namedIn(body) ?? query.runId?.[0];
  const run = await new ScopedRuns(call.mastra.runWorker, reachOf(call.principal)).get(named ?? runId);
  if (!run) return undefined;
  // Of an agent's turns with the id that a caller has chosen, an older one may still be there.
  if (run.kind === AGENT_KIND) return named === undefined || run.metadata?.call === runId ? run : undefined;
  // A workflow's run may have been made and not begun.
  return run.status === "suspended" && endingOf(run)?.next !== undefined ? undefined : run;
}

function namedIn(body: unknown): string | undefined {
  const named = typeof body === "object" && body !== null && "runId" in body ? body.runId : undefined;
  return typeof named === "string" ? named : undefined;
}
