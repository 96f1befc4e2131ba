/** The command cannot be carried out as it was given. The message says what to do; the process ends with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command was carried out and failed, and the message says all there is to say. The process ends with 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
