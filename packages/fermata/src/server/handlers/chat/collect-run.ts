import type { OpenRun } from "../../../agents/delegation.ts";
import type { Run } from "../../../agents/loop/run.ts";
import type { RunEncoder } from "../../../protocols/run-encoder.ts";

/** Runs to the end while the encoder listens. Rejects with the failure of a run that failed or was aborted. */
export async function collectRun(open: OpenRun, encoder: RunEncoder): Promise<Run> {
  const run = await open.start({ push: (chunk) => void encoder.encode(chunk) });
  if (run.status === "failed" || run.status === "aborted") throw run.error;
  return run;
}
