/** Reads JSON Schemas that somebody else wrote: references, alternatives and nesting are followed to a limit and never further. */
import type { JSONSchema7, JSONSchema7Definition } from "@ai-sdk/provider";

export type SchemaType = "string" | "number" | "integer" | "boolean" | "array" | "object" | "null" | "any";

/** A schema may be nested this deep; what lies deeper is treated as absent. */
export const MAX_DEPTH = 6;
/** Properties of one object that are looked at. */
const MAX_PROPERTIES = 64;
const MAX_HOPS = 12;

/** `definition` with `$ref`, `allOf` and the first useful branch of `anyOf`/`oneOf` folded in. Never throws; a broken reference gives `{}`. */
export function resolveSchema(definition: JSONSchema7Definition | undefined, root: JSONSchema7): JSONSchema7 {
  let schema = asSchema(definition);
  for (let hop = 0; hop < MAX_HOPS; hop++) {
    if (typeof schema.$ref === "string") {
      const { $ref, ...rest } = schema;
      schema = { ...asSchema(lookUp($ref, root)), ...rest };
    } else if (Array.isArray(schema.allOf)) {
      const { allOf, ...rest } = schema;
      schema = allOf.slice(0, MAX_PROPERTIES).reduce<JSONSchema7>((all, part) => merge(all, asSchema(part)), rest);
    } else if (Array.isArray(schema.anyOf) || Array.isArray(schema.oneOf)) {
      const { anyOf, oneOf, ...rest } = schema;
      schema = merge(rest, chooseBranch(anyOf ?? oneOf ?? [], root));
    } else break;
  }
  return schema;
}

/** Constants written as alternatives are one enum; otherwise the first branch that is not null. */
function chooseBranch(branches: JSONSchema7Definition[], root: JSONSchema7): JSONSchema7 {
  const schemas = branches.slice(0, MAX_PROPERTIES).map(asSchema);
  const constants = schemas.filter((branch) => branch.const !== undefined);
  if (constants.length > 1) return { enum: constants.flatMap((branch) => (branch.const === undefined ? [] : [branch.const])) };
  const useful = schemas.find((branch) => branch.type !== "null" && branch.const !== null);
  if (useful?.$ref !== undefined) return asSchema(lookUp(useful.$ref, root));
  return useful ?? {};
}

function merge(left: JSONSchema7, right: JSONSchema7): JSONSchema7 {
  const merged: JSONSchema7 = { ...left, ...right };
  if (left.properties && right.properties) merged.properties = { ...left.properties, ...right.properties };
  if (Array.isArray(left.required) && Array.isArray(right.required)) merged.required = [...left.required, ...right.required];
  if (left.description !== undefined) merged.description = left.description;
  return merged;
}

function asSchema(definition: unknown): JSONSchema7 {
  // A schema arrives as parsed JSON, so any object is read as one; every member is checked where it is used.
  return typeof definition === "object" && definition !== null && !Array.isArray(definition) ? definition : {};
}

function lookUp(reference: string, root: JSONSchema7): JSONSchema7Definition | undefined {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let here: unknown = root;
  for (const part of reference.slice(2).split("/").slice(0, MAX_HOPS)) {
    if (typeof here !== "object" || here === null) return undefined;
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    here = Object.hasOwn(here, key) ? Reflect.get(here, key) : undefined;
  }
  return asSchema(here);
}

/** The type of a resolved schema, with `null` set aside; guessed from the other keywords when it is not stated. */
export function typeOf(schema: JSONSchema7): SchemaType {
  const stated = Array.isArray(schema.type) ? schema.type.find((type) => type !== "null") : schema.type;
  if (stated !== undefined) return stated;
  if (schema.properties) return "object";
  if (schema.items !== undefined) return "array";
  const sample = schema.const ?? (Array.isArray(schema.enum) ? schema.enum[0] : undefined);
  if (typeof sample === "string" || typeof sample === "number" || typeof sample === "boolean")
    return typeof sample as "string" | "number" | "boolean";
  if (schema.format !== undefined || schema.pattern !== undefined) return "string";
  return "any";
}

/** Name and schema of each property, in the order they were declared. */
export function propertiesOf(schema: JSONSchema7): [string, JSONSchema7Definition][] {
  const properties = schema.properties;
  return typeof properties === "object" && properties !== null ? Object.entries(properties).slice(0, MAX_PROPERTIES) : [];
}

export function requiredOf(schema: JSONSchema7): ReadonlySet<string> {
  return new Set(Array.isArray(schema.required) ? schema.required : []);
}

/** The description, or nothing when there is none that is text. */
export function descriptionOf(schema: JSONSchema7): string {
  return typeof schema.description === "string" ? schema.description.slice(0, 400) : "";
}

/** The schema of an array's items. */
export function itemsOf(schema: JSONSchema7, root: JSONSchema7): JSONSchema7 {
  return resolveSchema(Array.isArray(schema.items) ? schema.items[0] : schema.items, root);
}
