import type { Call } from "../../call.ts";

/** What every run has of the request that asked for it. */
export function callerOptions(call: Call) {
  return { requestContext: call.requestContext, abortSignal: call.signal, logger: call.logger, principal: call.principal };
}
