import { FermataError } from "../../errors.ts";
import type { Metadata } from "../metadata.ts";

/**
 * What the metadata must be: `{ city: "Bern" }`, `{ age: { $gte: 18, $lt: 65 } }`, `{ $or: [{ a: 1 }, { "b.c": { $in: [1, 2] } }] }`.
 * A key with dots, or an object without operators, leads into objects. Texts are compared as texts and numbers as numbers.
 */
export type VectorFilter = Readonly<Record<string, unknown>>;

type Scalar = string | number | boolean | null;
type Test = (value: unknown) => boolean;
type Matches = (metadata: Metadata) => boolean;

/** Deeper ones are an attack on the stack. */
const MOST_LEVELS = 16;

/** @throws FermataError `VALIDATION_FAILED` when the filter says something unknown. */
export function compileFilter(filter: VectorFilter | null | undefined): Matches {
  return compile(filter ?? {}, 0);
}

/** The conditions that a row must meet whatever else the filter says: a database can use them to leave most rows where they are. */
export function equalitiesOf(filter: VectorFilter | null | undefined): [string, Exclude<Scalar, null>][] {
  return Object.entries(filter ?? {}).filter((entry): entry is [string, Exclude<Scalar, null>] => {
    const [key, value] = entry;
    return (
      !key.startsWith("$") && !key.includes(".") && (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    );
  });
}

function compile(filter: VectorFilter, level: number): Matches {
  if (level > MOST_LEVELS) throw invalid("is nested too deeply");
  const all = Object.entries(filter).map(([key, value]): Matches => {
    if (key === "$and" || key === "$or") {
      const parts = listOf(key, value).map((part) => compile(objectOf(key, part), level + 1));
      return key === "$and" ? (metadata) => parts.every((part) => part(metadata)) : (metadata) => parts.some((part) => part(metadata));
    }
    if (key === "$not") {
      const part = compile(objectOf(key, value), level + 1);
      return (metadata) => !part(metadata);
    }
    if (key.startsWith("$")) throw invalid(`has the unknown operator ${key}`);
    const test = testOf(value, level + 1);
    return (metadata) => test(valueAt(metadata, key));
  });
  return (metadata) => all.every((part) => part(metadata));
}

function testOf(condition: unknown, level: number): Test {
  if (level > MOST_LEVELS) throw invalid("is nested too deeply");
  if (isScalar(condition)) return (value) => equal(value, condition);
  if (typeof condition !== "object" || condition === null || Array.isArray(condition))
    throw invalid("compares with something that is neither a scalar nor an object");
  const entries = Object.entries(condition);
  if (!entries.some(([key]) => key.startsWith("$"))) {
    const inner = compile(Object.fromEntries(entries), level + 1);
    return (value) => isObject(value) && inner(value);
  }
  const tests = entries.map(([operator, operand]) => operatorTest(operator, operand, level + 1));
  return (value) => tests.every((test) => test(value));
}

function operatorTest(operator: string, operand: unknown, level: number): Test {
  switch (operator) {
    case "$eq":
      return equals(operator, operand);
    case "$ne": {
      const test = equals(operator, operand);
      return (value) => !test(value);
    }
    case "$in":
    case "$nin": {
      const options = listOf(operator, operand).map((option) => equals(operator, option));
      return (value) => options.some((test) => test(value)) === (operator === "$in");
    }
    case "$gt":
      return ordered(operator, operand, (order) => order > 0);
    case "$gte":
      return ordered(operator, operand, (order) => order >= 0);
    case "$lt":
      return ordered(operator, operand, (order) => order < 0);
    case "$lte":
      return ordered(operator, operand, (order) => order <= 0);
    case "$exists":
      if (typeof operand !== "boolean") throw invalid("needs true or false for $exists");
      return (value) => (value !== undefined) === operand;
    case "$not": {
      const test = testOf(operand, level);
      return (value) => !test(value);
    }
    default:
      throw invalid(`has the unknown operator ${operator}`);
  }
}

function equals(operator: string, operand: unknown): Test {
  if (!isScalar(operand)) throw invalid(`needs a scalar for ${operator}`);
  return (value) => equal(value, operand);
}

/** What is not there is equal to null. */
function equal(value: unknown, operand: Scalar): boolean {
  return operand === null ? value === null || value === undefined : value === operand;
}

function ordered(operator: string, operand: unknown, fits: (order: number) => boolean): Test {
  if (typeof operand === "number") return (value) => typeof value === "number" && fits(value - operand);
  if (typeof operand === "string") return (value) => typeof value === "string" && fits(value < operand ? -1 : value > operand ? 1 : 0);
  throw invalid(`needs a number or a text for ${operator}`);
}

function valueAt(metadata: Metadata, key: string): unknown {
  if (Object.hasOwn(metadata, key)) return metadata[key];
  let value: unknown = metadata;
  for (const name of key.split(".")) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function isObject(value: unknown): value is Metadata {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(operator: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`needs a list for ${operator}`);
  return value;
}

function objectOf(operator: string, value: unknown): VectorFilter {
  if (!isObject(value)) throw invalid(`needs filters for ${operator}`);
  return value;
}

function invalid(what: string): FermataError {
  return new FermataError("VALIDATION_FAILED", `The filter ${what}.`);
}
