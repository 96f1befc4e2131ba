import { FermataError } from "../errors.ts";

/** Facts about a thread or a resource, as JSON. */
export type Metadata = Readonly<Record<string, unknown>>;

/** Keeps what has, under every key that is given, an equal value. */
export type MetadataFilter = Readonly<Record<string, string | number | boolean | null>>;

export function matchesMetadata(metadata: Metadata | undefined, filter: MetadataFilter | undefined): boolean {
  for (const [key, value] of filterEntries(filter)) {
    if (metadata === undefined || !Object.hasOwn(metadata, key) || metadata[key] !== value) return false;
  }
  return true;
}

/** @throws FermataError `VALIDATION_FAILED` when a value is not a scalar. */
export function filterEntries(filter: MetadataFilter | undefined): [string, string | number | boolean | null][] {
  const entries = Object.entries(filter ?? {});
  for (const [key, value] of entries) {
    if (value !== null && !["string", "number", "boolean"].includes(typeof value)) {
      throw new FermataError("VALIDATION_FAILED", `The metadata filter "${key}" must be a string, a number, a boolean or null.`);
    }
  }
  return entries;
}

/** JSON text that every database can look into: PostgreSQL's `jsonb` takes neither NUL nor half a surrogate pair. */
export function metadataText(metadata: Metadata): string {
  return JSON.stringify(clean(metadata));
}

/** A text that every database takes. */
export function cleanText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "");
}

function clean(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== "object" || value === null) return value;
  if ("toJSON" in value && typeof value.toJSON === "function") return clean(value.toJSON());
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [cleanText(key), clean(entry)]));
}
