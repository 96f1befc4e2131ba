/**
 * One table of codes, one class, recognised by a brand instead of `instanceof` so that two installed copies of the package
 * understand each other. Every code has a section in `docs/errors.md`.
 */

/** The HTTP status that each code travels with. A 4xx is the caller's fault and is never worth repeating; a 5xx may work when tried again. */
export const ERROR_STATUS = {
  VALIDATION_FAILED: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  TIMEOUT: 408,
  CONFLICT: 409,
  GONE: 410,
  PAYLOAD_TOO_LARGE: 413,
  URI_TOO_LONG: 414,
  UNPROCESSABLE: 422,
  RATE_LIMITED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  NOT_IMPLEMENTED: 501,
  /** The model could not be reached or was overloaded, after all repeats. */
  UPSTREAM_FAILED: 502,
  UNAVAILABLE: 503,
  UPSTREAM_TIMEOUT: 504,
  /** The app is set up wrongly (an agent without a model, a provider without a key): repeating the request cannot help, but it is not the caller's fault. */
  MISCONFIGURED: 422,
  /** The model's answer does not fit the schema that was asked for. */
  STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED: 422,
  /** The model failed in a way that a repeat will not mend. */
  MODEL_FAILED: 422,
  /** A tool threw. The same arguments would throw again, so it is not a 5xx. */
  TOOL_FAILED: 422,
  /** What a run, a thread or a caller may spend is used up: it may not ask a model again. */
  BUDGET_EXCEEDED: 422,
  /** A processor stopped the run. */
  TRIPWIRE: 422,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

const BRAND = Symbol.for("fermata.error");

export interface FermataErrorOptions<D = unknown> {
  /** Facts for the caller. They are sent, so nothing secret goes in here. */
  readonly details?: D;
  /** What really happened. It is logged and never sent. */
  readonly cause?: unknown;
}

/**
 * A failure that is part of the contract: its message and details are meant for the caller.
 * Anything else that is thrown reaches the caller as `INTERNAL`, without its message.
 */
export class FermataError<D = unknown> extends Error {
  override readonly name = "FermataError";
  readonly code: ErrorCode;
  readonly details: D | undefined;

  constructor(code: ErrorCode, message: string, options: FermataErrorOptions<D> = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** The HTTP status of `code`. */
  get status(): number {
    return ERROR_STATUS[this.code];
  }

  /** Works across realms and duplicate installs, where `instanceof` does not. */
  static is(error: unknown): error is FermataError {
    return typeof error === "object" && error !== null && BRAND in error;
  }
}

/** The message of anything that can be thrown. For logs, and for telling a model what went wrong; not for callers. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  if (typeof error === "string") return error;
  if (typeof error === "object" && error !== null && "message" in error && typeof error.message === "string") return error.message;
  try {
    return String(error);
  } catch {
    return "unknown failure"; // an object without a prototype, for example
  }
}

/** Whether `error` is what an aborted `AbortSignal` makes a call reject with. */
export function isAbort(error: unknown): boolean {
  return typeof error === "object" && error !== null && "name" in error && error.name === "AbortError";
}
