import { earlierCollides } from "../runs/earlier.ts";
import type { Call } from "../../call.ts";

/** What every run has of the request that asked for it. @throws FermataError `CONFLICT` when an earlier attempt of the call has begun it */
export function callerOptions(call: Call) {
  const { requestContext, signal, logger, principal, runId, earlier } = call;
  if (earlier) throw earlierCollides(earlier);
  return { requestContext, abortSignal: signal, logger, principal, ...(runId !== undefined && { runId, call: runId }) };
}
