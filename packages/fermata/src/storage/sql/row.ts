/** From rows to values. The columns are our own, so a value of another type is a fault of the store and not of the caller. */
import { toJsonText } from "../../schema/json-text.ts";
import type { Row, SqlValue } from "./database.ts";

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`Column ${column} is no text.`);
  return value;
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

export function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw new TypeError(`Column ${column} is no number.`);
  return value;
}

export function optionalNumber(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : number(row, column);
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new TypeError(`Column ${column} has no bytes.`);
  return value;
}

/** What `toJson` wrote; `undefined` for NULL. */
export function json(row: Row, column: string): unknown {
  const value = optionalText(row, column);
  return value === undefined ? undefined : JSON.parse(value);
}

/** JSON text, NULL for `undefined`. PostgreSQL's `text` takes it as it is, since JSON escapes what it would not take. */
export function toJson(value: unknown): SqlValue {
  return toJsonText(value) ?? null;
}
