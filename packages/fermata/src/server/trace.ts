/** W3C Trace Context: a caller's trace goes through the log and back, so that what it saw and what the server saw can be put together. */

export interface Trace {
  /** 32 hexadecimal digits: the caller's. */
  readonly traceId: string;
  /** The header of the reply, which names the server's part of the trace. */
  readonly traceparent: string;
}

const TRACEPARENT = /^(?!ff)[\da-f]{2}-((?!0{32})[\da-f]{32})-(?!0{16})[\da-f]{16}-([\da-f]{2})(?:-.*)?$/;

/** The trace that the request belongs to; `undefined` where it names none, or none that is valid. */
export function traceOf(request: Request): Trace | undefined {
  const given = request.headers.get("traceparent");
  const [, traceId, flags] = (given !== null && given.length <= 512 && TRACEPARENT.exec(given)) || [];
  if (traceId === undefined || flags === undefined) return undefined;
  return { traceId, traceparent: `00-${traceId}-${newSpanId()}-${flags}` };
}

function newSpanId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  bytes[7] = (bytes[7] ?? 0) || 1; // all zeros is no id
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
