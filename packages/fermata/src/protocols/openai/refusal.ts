/** Refusals that name the parameter, in the way of OpenAI's API. */
import { FermataError, type ErrorCode } from "../../errors.ts";

/** What an error tells OpenAI's clients beside its message. */
export interface RefusalDetails {
  /** The parameter at fault, as a path: `tools[0].name`. */
  readonly param: string | null;
  /** OpenAI's own word for the failure. */
  readonly code: string;
}

export function refused(
  param: string | null,
  message: string,
  code = "invalid_value",
  status: ErrorCode = "VALIDATION_FAILED",
): FermataError<RefusalDetails> {
  return new FermataError(status, message, { details: { param, code } });
}

/** A parameter that OpenAI's API has and this server cannot honour. */
export function unsupported(param: string, reason?: string): FermataError<RefusalDetails> {
  return refused(
    param,
    `Unsupported parameter: "${param}"${reason === undefined ? " cannot be honoured by this server." : ` ${reason}`}`,
    "unsupported_parameter",
  );
}

type Body = Readonly<Record<string, unknown>>;

/** Whether a value asks for nothing more than what happens anyway. */
export type Harmless = (value: unknown) => boolean;

/** @throws FermataError for a member of the parameter `name` that is not among the known ones. */
export function refuseOtherMembers(name: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== "object" || value === null) return;
  for (const [member, given] of Object.entries(value))
    if (given !== undefined && given !== null && !known.includes(member)) {
      const param = `${name}.${member}`;
      throw refused(param, `Unknown or unsupported parameter: "${param}".`, "unknown_parameter");
    }
}

/** @throws FermataError for a parameter that is neither known nor harmless: it would be ignored in silence otherwise. */
export function refuseOthers(body: Body, known: ReadonlySet<string>, harmless: Readonly<Record<string, Harmless>>): void {
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined || value === null) continue;
    if (Object.hasOwn(harmless, name)) {
      if (!harmless[name]?.(value)) throw unsupported(name, `cannot be honoured with this value.`);
    } else if (!known.has(name)) throw refused(name, `Unknown or unsupported parameter: "${name}".`, "unknown_parameter");
  }
}

export const oneOf =
  (...values: readonly unknown[]): Harmless =>
  (value) =>
    values.includes(value);
