import { messageOf } from "../../errors.ts";

type Json = null | string | number | boolean | readonly Json[] | { [key: string]: Json | undefined };

const MAX_DEPTH = 100;

/** `value` as JSON has it. What JSON cannot hold becomes text (BigInt), a marker (cycles), or nothing (functions). Plain values are handed back uncopied. Never throws. */
export function toJsonValue(value: unknown): Json {
  try {
    return isPlain(value, 0) ? (value as Json) : copy(value, []);
  } catch (error) {
    return `[not JSON: ${messageOf(error)}]`; // a getter or a `toJSON` of the value's own threw
  }
}

function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype || "toJSON" in value) return false;
  for (const key in value) {
    const item: unknown = value[key as keyof typeof value];
    if (item !== undefined && !isPlain(item, depth + 1)) return false;
  }
  return true;
}

function copy(value: unknown, ancestors: readonly object[]): Json {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) return null;
  if (ancestors.includes(value)) return "[circular]";
  if (ancestors.length >= MAX_DEPTH) return "[too deep]";
  const path = [...ancestors, value];
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof Map) return copy(Object.fromEntries(value), path);
  if (value instanceof Set) return copy([...value], path);
  if ("toJSON" in value && typeof value.toJSON === "function") return copy(value.toJSON(), path);
  if (Array.isArray(value)) return value.map((item) => copy(item, path));
  // Not by assignment: a key may be called `__proto__`.
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      item === undefined || typeof item === "function" || typeof item === "symbol" ? [] : [[key, copy(item, path)]],
    ),
  );
}
