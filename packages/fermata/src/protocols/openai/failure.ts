/** Failures in the words of OpenAI's API. */
import type { ChunkError } from "../../agents/chunks.ts";
import { ERROR_STATUS, type ErrorCode } from "../../errors.ts";

/** OpenAI's kind of failure, by HTTP status. */
export function failureType(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

/** `NOT_FOUND` as `not_found`. */
export function failureCode(code: string): string {
  return code.toLowerCase();
}

/** The failure of a run that has begun. */
export function chunkFailure({ message, code = "INTERNAL" }: ChunkError): { message: string; type: string; code: string; param: null } {
  const status = Object.hasOwn(ERROR_STATUS, code) ? ERROR_STATUS[code as ErrorCode] : 500;
  return { message, type: failureType(status), code: failureCode(code), param: null };
}
