/** Failures as replies. What is not part of the contract is logged and leaves the server without its message. */
import { FermataError, isAbort } from "../errors.ts";
import type { Mastra, ServerConfig } from "../mastra.ts";
import { toModelError } from "../models/errors.ts";
import type { Logger } from "../telemetry/logger.ts";
import { challengeOf } from "./auth/refusals.ts";
import { InvalidRequest } from "./body.ts";
import { failureBody, type FailureForm } from "./failure-body.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** What is answered before the request was read: nothing can follow it on the same connection. */
const LEAVES_BODY: ReadonlySet<string> = new Set(["PAYLOAD_TOO_LARGE", "TIMEOUT"]);
export const CLOSE = { connection: "close" };

/** The reply to any failure. What is not part of the contract goes to the app's `onError` first, when it has one. */
export async function failureReply(
  error: unknown,
  requestId: string,
  mastra: Mastra,
  context: unknown,
  form: FailureForm = "own",
): Promise<Response> {
  const config = mastra.getServer();
  const logger = mastra.getLogger();
  if (!config.onError || toKnown(error).code !== "INTERNAL") return toErrorReply(error, requestId, logger, config, form);
  try {
    return await config.onError(error, context);
  } catch (failure) {
    logger.error("onError failed", { requestId, error: failure });
    return toErrorReply(error, requestId, logger, config, form);
  }
}

function toErrorReply(error: unknown, requestId: string, logger: Logger, config: ServerConfig, form: FailureForm): Response {
  if (error instanceof InvalidRequest) return invalidReply(error, requestId, logger, config, form);
  const known = toKnown(error);
  if (known.status >= 500 || known.cause !== undefined)
    logger[known.status >= 500 ? "error" : "warn"](known.message, { requestId, code: known.code, error: known.cause ?? error });
  return new Response(JSON.stringify(failureBody(form, known, requestId)), {
    status: known.status,
    headers: {
      ...JSON_TYPE,
      "x-request-id": requestId,
      ...retryAfter(known),
      ...challengeOf(known),
      ...(LEAVES_BODY.has(known.code) && CLOSE),
    },
  });
}

function toKnown(error: unknown): FermataError {
  if (FermataError.is(error)) return error;
  if (isAbort(error)) return new FermataError("CANCELLED", "The request was cancelled.");
  if (isProviderFailure(error)) return toModelError(error);
  return new FermataError("INTERNAL", "Internal Server Error", { cause: error });
}

function isProviderFailure(error: unknown): boolean {
  return typeof error === "object" && error !== null && "name" in error && error.name === "AI_APICallError";
}

function retryAfter(error: FermataError): Record<string, string> {
  const { details } = error;
  const seconds = typeof details === "object" && details !== null && "retryAfterSeconds" in details ? details.retryAfterSeconds : undefined;
  return typeof seconds === "number" ? { "retry-after": String(Math.ceil(seconds)) } : {};
}

function invalidReply(error: InvalidRequest, requestId: string, logger: Logger, config: ServerConfig, form: FailureForm): Response {
  const { issues, part } = error;
  if (config.onValidationError) {
    try {
      const own = config.onValidationError({ issues }, part);
      if (own) return new Response(JSON.stringify(own.body), { status: own.status, headers: JSON_TYPE });
    } catch (failure) {
      logger.error("onValidationError failed", { requestId, error: failure });
    }
  }
  return new Response(JSON.stringify(failureBody(form, error, requestId, issues)), {
    status: 400,
    headers: { ...JSON_TYPE, "x-request-id": requestId },
  });
}
