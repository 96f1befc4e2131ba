/**
 * Schemas as people bring them: anything that implements Standard Schema (Zod 4, Valibot, ArkType, …), or a plain JSON Schema.
 */
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { z } from "zod";
import { FermataError, messageOf } from "../errors.ts";
import { refuseCostlySchema } from "./json-schema-limits.ts";

/** A JSON Schema document. */
export type JsonSchema = { readonly [key: string]: unknown };

/** A schema of values of type `T`. */
export type Schema<T = unknown> = StandardSchemaV1<unknown, T> | StandardSchemaV1<T, T> | JsonSchema;

/** What a value is once it has passed the schema `S`. */
export type Output<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : unknown;

/** What may be given to the schema `S`. */
export type Input<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferInput<S> : unknown;

/** One thing that is wrong with a value. */
export interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export type Validated = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly issues: readonly Issue[] };

export function isStandardSchema(schema: unknown): schema is StandardSchemaV1 {
  return (typeof schema === "object" || typeof schema === "function") && schema !== null && "~standard" in schema;
}

/** Checks `value`. Stays synchronous when the schema does. */
export function validate(schema: Schema, value: unknown): Validated | Promise<Validated> {
  if (!isStandardSchema(schema)) return validateJson(schema, value);
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then(toValidated) : toValidated(result);
}

/** Refuses a JSON Schema that no value can be checked against, before anybody works for one. @throws FermataError `VALIDATION_FAILED` */
export function assertSchema(schema: Schema): void {
  if (!isStandardSchema(schema)) fromJsonSchema(schema);
}

/** A value from outside against a schema from outside: together they can be more than the stack holds. */
function validateJson(schema: JsonSchema, value: unknown): Validated {
  const checker = fromJsonSchema(schema);
  try {
    const result = z.safeParse(checker, value);
    return result.success ? { ok: true, value: result.data } : toValidated(result.error);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new FermataError("VALIDATION_FAILED", "The value is too deep to be checked against its JSON Schema.", { cause });
  }
}

function toValidated(result: StandardSchemaV1.Result<unknown>): Validated {
  if (result.issues === undefined) return { ok: true, value: result.value };
  return { ok: false, issues: result.issues.slice(0, MAX_ISSUES).map(toIssue) };
}

/** Nobody reads more, and a schema can be made to find the same fault many times. */
const MAX_ISSUES = 100;

function toIssue(issue: StandardSchemaV1.Issue): Issue {
  const path = (issue.path ?? []).map((segment) => (typeof segment === "object" ? segment.key : segment));
  return { path, message: issue.message };
}

const compiled = new WeakMap<object, z.ZodType>();

/**
 * A checker for a JSON Schema.
 * `pattern` is not enforced: such a schema can arrive with a request, and a regular expression from outside can stall the process.
 */
function fromJsonSchema(schema: JsonSchema): z.ZodType {
  const known = compiled.get(schema);
  if (known) return known;
  refuseCostlySchema(schema);
  try {
    const made = z.fromJSONSchema(withoutPatterns(schema) as Parameters<typeof z.fromJSONSchema>[0]);
    compiled.set(schema, made);
    return made;
  } catch (cause) {
    throw new FermataError("VALIDATION_FAILED", `Unusable JSON Schema: ${messageOf(cause)}`, { cause });
  }
}

function withoutPatterns(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutPatterns);
  if (typeof node !== "object" || node === null) return node;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    if ((key === "pattern" && typeof value === "string") || key === "patternProperties") continue;
    // A property may be called `__proto__`; assignment would set the prototype.
    Object.defineProperty(copy, key, { value: withoutPatterns(value), enumerable: true, configurable: true, writable: true });
  }
  return copy;
}

type Dialect = "draft-2020-12" | "draft-07";
const converted: Record<Dialect, WeakMap<object, JsonSchema>> = { "draft-2020-12": new WeakMap(), "draft-07": new WeakMap() };

/** The JSON Schema of what may be given to `schema`; converted once per schema and dialect. */
export function toJsonSchema(schema: Schema, dialect: Dialect = "draft-2020-12"): JsonSchema {
  if (!isStandardSchema(schema)) return schema;
  const cache = converted[dialect];
  const known = cache.get(schema);
  if (known) return known;
  const made = convert(schema, dialect);
  cache.set(schema, made);
  return made;
}

/** Says of an object that takes no further keys that it does not; providers that keep to a schema ask for it. */
function closeObject({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (zodSchema._zod.def.type === "object" && zodSchema._zod.def.catchall === undefined) jsonSchema.additionalProperties = false;
}

function convert(schema: StandardSchemaV1, dialect: Dialect): JsonSchema {
  const standard: StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props> = schema["~standard"];
  if (standard.vendor === "zod" && "_zod" in schema) {
    // Dates and the like have no JSON Schema of their own: they become `{}` instead of an error.
    const options = { target: dialect, io: "input", unrepresentable: "any", override: closeObject } as const;
    return z.toJSONSchema(schema as unknown as z.core.$ZodType, options) as JsonSchema;
  }
  if (standard.jsonSchema) return standard.jsonSchema.input({ target: dialect });
  throw new FermataError(
    "MISCONFIGURED",
    `A schema of "${standard.vendor}" cannot be turned into JSON Schema. Use a version of the library that implements Standard JSON Schema, or give a JSON Schema.`,
  );
}
