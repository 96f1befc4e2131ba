/**
 * W3C Trace Context: a caller's trace goes through the log, back, and on to the models that are asked, so that what each of them saw can be
 * put together.
 */
import type { TraceHeaders } from "../context/trace.ts";

export interface Trace {
  /** 32 hexadecimal digits: the caller's. */
  readonly traceId: string;
  /** Names the server's part of the trace: to the caller, and to the models that the request has asked. */
  readonly headers: TraceHeaders;
}

const TRACEPARENT = /^(?!ff)[\da-f]{2}-((?!0{32})[\da-f]{32})-(?!0{16})[\da-f]{16}-([\da-f]{2})(?:-.*)?$/;

/** What others in the trace have noted for themselves: passed on as it is. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** The trace that the request belongs to; `undefined` where it names none, or none that is valid. */
export function traceOf(request: Request): Trace | undefined {
  const given = request.headers.get("traceparent");
  const [, traceId, flags] = (given !== null && given.length <= 512 && TRACEPARENT.exec(given)) || [];
  if (traceId === undefined || flags === undefined) return undefined;
  const tracestate = request.headers.get("tracestate");
  const isPassedOn = tracestate !== null && TRACESTATE.test(tracestate);
  return { traceId, headers: { traceparent: `00-${traceId}-${newSpanId()}-${flags}`, ...(isPassedOn && { tracestate }) } };
}

function newSpanId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  bytes[7] = (bytes[7] ?? 0) || 1; // all zeros is no id
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
