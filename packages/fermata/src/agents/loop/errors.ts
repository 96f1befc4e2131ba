import { FermataError, messageOf } from "../../errors.ts";
import type { ChunkError } from "../chunks.ts";

/** A failure as a chunk shows it: the message of a coded error, a fixed one for anything else. */
export function toChunkError(error: unknown): ChunkError {
  if (FermataError.is(error)) {
    return {
      name: error.name,
      message: error.message,
      code: error.code,
      ...(error.details !== undefined && { details: error.details }),
      ...(error.cause !== undefined && { cause: toCause(error.cause) }),
    };
  }
  return { name: "Error", message: "The run failed.", code: "INTERNAL", cause: toCause(error) };
}

/** What a tool threw. The model is told the message; the public is not. */
export function toToolError(toolName: string, error: unknown): ChunkError {
  const known = FermataError.is(error);
  return {
    name: "Error",
    message: known ? error.message : `Tool "${toolName}" failed.`,
    code: known ? error.code : "TOOL_FAILED",
    id: "TOOL_EXECUTION_FAILED",
    cause: toCause(error),
  };
}

export function toolNotFound(toolName: string): ChunkError {
  return { name: "ToolNotFoundError", message: `There is no tool called "${toolName}".`, code: "NOT_FOUND" };
}

/** For the operator: name and message, never a stack. */
function toCause(error: unknown): { name: string; message: string } {
  return { name: error instanceof Error ? error.name : "Error", message: messageOf(error) };
}
