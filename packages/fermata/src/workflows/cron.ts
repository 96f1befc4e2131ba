import { Cron } from "croner";
import { FermataError } from "../errors.ts";

/** A time that does not come: the last one that a `Date` can hold. */
const NEVER = 8_640_000_000_000_000;
const FIELDS = /^(?:@\w+|\S+(?:\s+\S+){4,6})$/;

/**
 * The first time after `after` that a cron expression stands for, epoch milliseconds. Five to seven fields; six begin with seconds, seven end
 * with a year. When clocks go forward, a time that is left out comes right after the gap; when they go back, a time that comes twice counts once.
 * @param timezone an IANA name. Default UTC.
 */
export function nextFireAfter(cron: string, timezone: string | undefined, after: number): number {
  return new Cron(cron, { timezone: timezone ?? "UTC", paused: true }).nextRun(new Date(after))?.getTime() ?? NEVER;
}

/**
 * The next time from now on.
 * @throws FermataError with `code` when the expression or the time zone cannot be read, or the expression stands for no time to come.
 */
export function firstFire(cron: string, timezone: string | undefined, code: "VALIDATION_FAILED" | "MISCONFIGURED"): number {
  const refuse = (why: string): FermataError => new FermataError(code, `The schedule's ${why}.`);
  if (timezone !== undefined && !isTimezone(timezone)) throw refuse("timezone is not known: it takes an IANA name such as Europe/Berlin");
  if (!FIELDS.test(cron.trim())) throw refuse("cron must have five to seven fields");
  let next: number;
  try {
    next = nextFireAfter(cron, timezone, Date.now());
  } catch {
    throw refuse("cron cannot be read");
  }
  if (next === NEVER) throw refuse("cron stands for no time to come");
  return next;
}

function isTimezone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}
