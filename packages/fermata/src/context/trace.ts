/** The W3C trace that a request belongs to, as the headers of calls to others on its behalf. */
export interface TraceHeaders {
  readonly traceparent: string;
  readonly tracestate?: string;
}
