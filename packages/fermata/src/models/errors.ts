/**
 * What a failed model call may tell the caller. A provider's text, address, headers and body never get into a message:
 * they may hold keys, prompts or account data. They stay in `cause`, for the log.
 */
import { FermataError, isAbort } from "../errors.ts";

/** The longest wait that a provider's `Retry-After` can ask for, in milliseconds. */
const MAX_RETRY_AFTER_MS = 60_000;

/** The details of `RATE_LIMITED`. */
export interface RateLimitDetails {
  /** What the provider asked for; absent when it did not say. */
  readonly retryAfterSeconds?: number;
}

/**
 * Projects anything that a model call can throw to a coded error whose message is safe for everybody.
 * A `FermataError` stays as it is; an aborted call becomes `CANCELLED`; `cause` keeps the original.
 */
export function toModelError(error: unknown): FermataError {
  if (FermataError.is(error)) return error;
  if (isAbort(error)) return new FermataError("CANCELLED", "The model call was aborted.", { cause: error });
  const status = statusOf(error);
  if (status !== undefined) return fromStatus(status, error);
  if (isNetworkFailure(error)) {
    return new FermataError("UPSTREAM_FAILED", "The model provider could not be reached, or the connection was lost.", { cause: error });
  }
  const word = errorWord(error);
  if (word !== undefined && LIMIT_WORDS.has(word)) return rateLimited("The model provider's rate limit is reached.", error);
  if (isRetryable(error)) return new FermataError("UPSTREAM_FAILED", "The model provider failed for the moment.", { cause: error });
  return new FermataError("MODEL_FAILED", "The model failed.", { cause: error });
}

/** Whether the same call may work when it is made again: 408, 409, 429, 5xx, a lost connection, or the provider says so. */
export function isRetryable(error: unknown): boolean {
  if (FermataError.is(error)) return error.code === "RATE_LIMITED" || error.code === "UPSTREAM_FAILED";
  if (!isRecord(error) || isAbort(error)) return false;
  if (typeof error.isRetryable === "boolean") return error.isRetryable;
  const status = statusOf(error);
  if (status !== undefined) return isPassingStatus(status);
  const word = errorWord(error);
  return isNetworkFailure(error) || (word !== undefined && (LIMIT_WORDS.has(word) || PASSING_WORDS.has(word)));
}

/**
 * Milliseconds that the provider asked to wait (`retry-after-ms`, or `retry-after` in seconds or as a date), at most
 * `MAX_RETRY_AFTER_MS`; `undefined` when it did not ask.
 */
export function retryAfterMs(error: unknown): number | undefined {
  if (!isRecord(error) || !isRecord(error.responseHeaders)) return undefined;
  const precise = Number.parseFloat(header(error.responseHeaders, "retry-after-ms") ?? "");
  if (Number.isFinite(precise) && precise >= 0) return Math.min(precise, MAX_RETRY_AFTER_MS);
  const text = header(error.responseHeaders, "retry-after");
  if (text === undefined) return undefined;
  const waitMs = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number.parseFloat(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS) : undefined;
}

function fromStatus(status: number, error: unknown): FermataError {
  const message = `The model provider answered with HTTP ${status}.`;
  if (status === 429) return rateLimited(message, error);
  if (isPassingStatus(status)) return new FermataError("UPSTREAM_FAILED", message, { cause: error });
  if (status === 401 || status === 403) {
    return new FermataError("MISCONFIGURED", `${message} The server's credentials for it are missing or not accepted.`, { cause: error });
  }
  return new FermataError("MODEL_FAILED", message, { cause: error });
}

function rateLimited(message: string, error: unknown): FermataError<RateLimitDetails> {
  const waitMs = retryAfterMs(error);
  const details = waitMs === undefined ? undefined : { retryAfterSeconds: Math.ceil(waitMs / 1000) };
  return new FermataError("RATE_LIMITED", message, { cause: error, ...(details && { details }) });
}

function isPassingStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** `statusCode` is the AI SDK's name, `status` that of many clients; inside a stream providers send the number as `code`, and `data` is the parsed body. */
function statusOf(error: unknown): number | undefined {
  if (!isRecord(error)) return undefined;
  for (const value of [error.statusCode, error.status, error.code]) {
    if (typeof value === "number" && value >= 400 && value <= 599) return value;
  }
  return statusOf(error.error) ?? statusOf(error.data);
}

const LIMIT_WORDS = new Set(["rate_limit_exceeded", "rate_limit_error", "too_many_requests"]);
const PASSING_WORDS = new Set([
  "server_error",
  "internal_server_error",
  "overloaded_error",
  "overloaded",
  "api_error",
  "timeout_error",
  "timeout",
]);

/** The provider's own word for a failure that came inside a stream, where there is no status. */
function errorWord(error: unknown): string | undefined {
  if (!isRecord(error)) return undefined;
  for (const value of [error.code, error.type]) {
    if (typeof value === "string" && (LIMIT_WORDS.has(value) || PASSING_WORDS.has(value))) return value;
  }
  return errorWord(error.error) ?? errorWord(error.data);
}

const NETWORK_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
]);
const NETWORK_MESSAGES = new Set(["fetch failed", "terminated", "network error", "Failed to fetch", "Load failed"]);

function isNetworkFailure(error: unknown, depth = 0): boolean {
  if (!isRecord(error) || depth > 4) return false;
  if (typeof error.code === "string" && (NETWORK_CODES.has(error.code) || error.code.startsWith("UND_ERR_"))) return true;
  if (error instanceof TypeError && NETWORK_MESSAGES.has(error.message)) return true;
  return isNetworkFailure(error.cause, depth + 1);
}

function header(headers: Record<string, unknown>, name: string): string | undefined {
  for (const key in headers) {
    if (key.toLowerCase() === name) {
      const value = headers[key];
      return typeof value === "string" ? value : undefined;
    }
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
