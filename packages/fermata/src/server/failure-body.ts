/** The bodies of failures: this server's own form, and that of OpenAI's API. */
import type { FermataError } from "../errors.ts";
import { MissingPermission } from "./auth/refusals.ts";
import { failureCode, failureType } from "../protocols/openai/failure.ts";

export type FailureForm = "own" | "openai";

type Issues = readonly { readonly field: string; readonly message: string }[];

export function failureBody(form: FailureForm, failure: FermataError, requestId: string, issues?: Issues): unknown {
  const { message, code, details } = failure;
  const missing = failure instanceof MissingPermission ? `Missing required permission: ${failure.details?.permission}` : undefined;
  if (missing !== undefined && form === "own") return { error: message, message: missing, code, details, requestId };
  if (form === "own") return { error: message, code, ...(issues ? { issues } : details !== undefined && { details }), requestId };
  const { param, code: word } = named(details);
  const [first] = issues ?? [];
  const error = {
    message: first ? `${message}: ${first.field}: ${first.message}` : (missing ?? message),
    type: failureType(failure.status),
    code: word ?? failureCode(code),
    param: param ?? (first && first.field !== "root" ? first.field : null),
  };
  return { error, code, ...(issues && { issues }), requestId };
}

/** What a refusal of the protocol's own says. Other details are not of this form and are left out. */
function named(details: unknown): { param?: string; code?: string } {
  if (typeof details !== "object" || details === null || !("param" in details) || !("code" in details)) return {};
  const { param, code } = details;
  return { ...(typeof param === "string" && { param }), ...(typeof code === "string" && { code }) };
}
