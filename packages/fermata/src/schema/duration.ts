import { FermataError } from "../errors.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds, from a number of them or a text such as `30d`, `12h`, `90m`, `10s`.
 * @throws FermataError `MISCONFIGURED` for what is neither; `name` says where it stands.
 */
export function toMilliseconds(name: string, duration: number | string): number {
  if (typeof duration === "number" && Number.isFinite(duration) && duration > 0) return duration;
  const [, count, unit] = (typeof duration === "string" && /^(\d+)([smhd])$/.exec(duration)) || [];
  const ms = Number(count) * (UNITS[unit ?? ""] ?? NaN);
  if (ms > 0) return ms;
  throw new FermataError(
    "MISCONFIGURED",
    `${name} must be milliseconds, or a text such as "30d", "12h", "90m" or "10s", not ${JSON.stringify(duration)}.`,
  );
}
