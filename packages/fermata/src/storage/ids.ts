import { FermataError } from "../errors.ts";

/** Far above what ids need, and below what an index entry of PostgreSQL can hold even with three of them. */
const MAX_BYTES_OF_ID = 512;

/**
 * Ids come from clients. What a database could not hold faithfully is refused, because to change an id would make two different ones equal.
 * @throws FermataError `VALIDATION_FAILED`
 */
export function assertId(id: string, what: string): void {
  if (id.length === 0) throw new FermataError("VALIDATION_FAILED", `The ${what} must not be empty.`);
  if (id.length > MAX_BYTES_OF_ID / 3) {
    if (new TextEncoder().encode(id).length > MAX_BYTES_OF_ID) {
      throw new FermataError("VALIDATION_FAILED", `The ${what} must not be longer than ${MAX_BYTES_OF_ID} bytes.`);
    }
  }
  if (id.includes("\0") || !id.isWellFormed())
    throw new FermataError("VALIDATION_FAILED", `The ${what} holds characters that cannot be stored.`);
}
