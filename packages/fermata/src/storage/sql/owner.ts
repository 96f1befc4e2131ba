import type { Reach } from "../reach.ts";
import type { SqlValue } from "./database.ts";

/** One statement in two forms: for one resource, and for all resources of the tenant. */
export interface Owned {
  readonly own: string;
  readonly all: string;
}

/**
 * Fills in the owner. `{owner}` in the text becomes a condition on `column` for the last value, or nothing.
 * @param values how many values the text has besides the owner.
 */
export function owned(values: number, text: string, column = "resource_id"): Owned {
  return { own: text.replaceAll("{owner}", `and ${column} = $${values + 1}`), all: text.replaceAll("{owner}", "") };
}

/** The form for this reach, with its values. */
export function forReach(
  { own, all }: Owned,
  reach: Reach,
  values: readonly SqlValue[],
): { readonly text: string; readonly values: readonly SqlValue[] } {
  return reach.resourceId === undefined ? { text: all, values } : { text: own, values: [...values, reach.resourceId] };
}
