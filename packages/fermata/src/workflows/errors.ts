import { FermataError, messageOf } from "../errors.ts";
import { fieldOf } from "../schema/messages.ts";
import type { Issue } from "../schema/schema.ts";
import type { StepError } from "./chunks.ts";

/** A failure as it is kept: without a stack. Only what is part of the contract has a code. */
export function toStepError(error: unknown): StepError {
  if (FermataError.is(error)) {
    return { name: error.name, message: error.message, code: error.code, ...(error.details !== undefined && { details: error.details }) };
  }
  return { name: error instanceof Error ? error.name : "Error", message: messageOf(error) };
}

/** The reference's form: the field of a value as a whole is empty. */
export function invalidData(what: "input" | "resume" | "state", issues: readonly Issue[]): FermataError {
  const lines = issues.map((issue) => `- ${issue.path.length === 0 ? "" : fieldOf(issue)}: ${issue.message}`).join("\n");
  return new FermataError("VALIDATION_FAILED", `Invalid ${what} data: \n${lines}`);
}

/** Whether the same would fail in the same way again. */
export function isFinal(error: unknown): boolean {
  return FermataError.is(error) && error.status < 500 && error.code !== "TIMEOUT" && error.code !== "RATE_LIMITED";
}
