/** Builds a value that is valid for a JSON Schema, from a message and from tool results where they say something fitting. */
import type { JSONSchema7, JSONSchema7Definition, JSONValue } from "@ai-sdk/provider";
import { fillArguments } from "./arguments.ts";
import { isObject } from "./json.ts";
import { createPassage } from "./passage.ts";
import { itemsOf, MAX_DEPTH, propertiesOf, requiredOf, resolveSchema, typeOf } from "./schema.ts";
import { wordsOf } from "./words.ts";

export interface Sources {
  readonly text: string;
  readonly now: Date;
  /** Results of tools; members with a property's name are used for it. */
  readonly data: readonly JSONValue[];
}

/** A valid instance of `definition`. Deeper than `MAX_DEPTH` levels only what is required is built, and that as plainly as can be. */
export function createInstance(definition: JSONSchema7Definition | undefined, root: JSONSchema7, sources: Sources, depth = 0): JSONValue {
  const schema = resolveSchema(definition, root);
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return choose(schema.enum, sources.text);
  switch (typeOf(schema)) {
    case "object":
      return objectInstance(schema, root, sources, depth);
    case "array":
      return arrayInstance(schema, root, sources, depth);
    case "number":
    case "integer":
      return numberInstance(schema, sources.text);
    case "boolean":
      return false;
    case "null":
      return null;
    case "string":
      return stringInstance(schema, sources);
    case "any":
      return depth === 0 ? { answer: sources.text } : sources.text.slice(0, 200);
  }
}

function choose(options: readonly JSONValue[], text: string): JSONValue {
  const lower = text.toLowerCase();
  return (
    options.find((option) => typeof option === "string" && lower.includes(option.toLowerCase().replaceAll("_", " "))) ?? options[0] ?? null
  );
}

function objectInstance(schema: JSONSchema7, root: JSONSchema7, sources: Sources, depth: number): JSONValue {
  const filled =
    depth === 0 ? fillArguments(schema, root, createPassage(sources.text), { now: sources.now, toolName: "", description: "" }).input : {};
  const required = requiredOf(schema);
  const object: Record<string, JSONValue> = {};
  for (const [name, property] of propertiesOf(schema)) {
    const given = givenFor(name, property, root, sources);
    if (given !== undefined) object[name] = given;
    else if (filled[name] !== undefined && fits(filled[name], resolveSchema(property, root))) object[name] = filled[name];
    else if (required.has(name))
      object[name] = depth < MAX_DEPTH * 2 ? createInstance(property, root, sources, depth + 1) : plainest(resolveSchema(property, root));
  }
  return object;
}

/** A tool's own word for the property, when it has the right type. */
function givenFor(name: string, property: JSONSchema7Definition, root: JSONSchema7, sources: Sources): JSONValue | undefined {
  const schema = resolveSchema(property, root);
  for (const one of sources.data) {
    if (Array.isArray(one) && typeOf(schema) === "array" && fits(one, schema)) return one;
    if (!isObject(one)) continue;
    const value = one[name];
    if (value !== undefined && fits(value, schema)) return value;
  }
  return undefined;
}

/** Whether `value` keeps the bounds that are cheap to check; objects are trusted when they hold what is required. */
function fits(value: JSONValue, schema: JSONSchema7): boolean {
  if (Array.isArray(schema.enum)) return schema.enum.some((option) => option === value);
  const type = typeOf(schema);
  if (typeof value === "string") return type === "any" || (type === "string" && fitsString(value, schema));
  if (typeof value === "number")
    return type === "any" || ((type === "number" || (type === "integer" && Number.isInteger(value))) && fitsNumber(value, schema));
  if (typeof value === "boolean") return type === "boolean" || type === "any";
  if (Array.isArray(value))
    return type === "array" && value.length >= (schema.minItems ?? 0) && value.length <= (schema.maxItems ?? Infinity);
  if (value === null) return type === "null";
  return type === "object" && [...requiredOf(schema)].every((name) => name in value);
}

function fitsNumber(value: number, schema: JSONSchema7): boolean {
  const step = schema.multipleOf;
  return (
    value >= (schema.minimum ?? -Infinity) &&
    value <= (schema.maximum ?? Infinity) &&
    value > (schema.exclusiveMinimum ?? -Infinity) &&
    value < (schema.exclusiveMaximum ?? Infinity) &&
    (step === undefined || Number.isInteger(value / step))
  );
}

function fitsString(value: string, schema: JSONSchema7): boolean {
  if (value.length < (schema.minLength ?? 0) || value.length > (schema.maxLength ?? Infinity)) return false;
  const pattern = safePattern(schema.pattern);
  return pattern === undefined || (value.length <= 200 && pattern.test(value));
}

/** A stranger's pattern is run only when it cannot take exponential time: no group is repeated and nothing refers back. */
function safePattern(source: string | undefined): RegExp | undefined {
  if (typeof source !== "string" || source.length > 200 || /\)[*+{?]|\\[1-9]|\(\?/.test(source)) return undefined;
  try {
    return new RegExp(source, "u");
  } catch {
    // A pattern that is not valid here constrains nothing here.
    return undefined;
  }
}

function numberInstance(schema: JSONSchema7, text: string): number {
  for (const [digits] of text.slice(0, 2000).matchAll(/-?\d+(?:\.\d+)?/g)) {
    const value = typeOf(schema) === "integer" ? Math.round(Number(digits)) : Number(digits);
    if (fitsNumber(value, schema)) return value;
  }
  const step = schema.multipleOf ?? (typeOf(schema) === "integer" ? 1 : undefined);
  const low = schema.minimum ?? (schema.exclusiveMinimum === undefined ? undefined : schema.exclusiveMinimum + (step ?? 1e-6));
  const high = schema.maximum ?? (schema.exclusiveMaximum === undefined ? undefined : schema.exclusiveMaximum - (step ?? 1e-6));
  const base = low !== undefined && low > 0 ? low : high !== undefined && high < 0 ? high : low === undefined || low <= 0 ? 0 : low;
  return step === undefined ? base : base === high && low === undefined ? Math.floor(base / step) * step : Math.ceil(base / step) * step;
}

function stringInstance(schema: JSONSchema7, sources: Sources): string {
  const day = sources.now.toISOString();
  const candidates = [
    ...byFormat(schema.format, day),
    ...(schema.format === undefined ? [sources.text, ...wordsOf(sources.text.slice(0, 500)).map((word) => word.text)] : []),
    ...samples(schema),
  ];
  const fitting = candidates.find((candidate) => fitsString(candidate, schema));
  if (fitting !== undefined) return fitting;
  const text = candidates[0] ?? "";
  return text.slice(0, schema.maxLength ?? 2000).padEnd(schema.minLength ?? 0, ".");
}

function byFormat(format: string | undefined, day: string): string[] {
  switch (format) {
    case "date":
      return [day.slice(0, 10)];
    case "date-time":
      return [day];
    case "time":
      return [day.slice(11, 19) + "Z"];
    case "email":
      return ["unknown@example.com"];
    case "uri":
    case "url":
      return ["https://example.com/"];
    case "uuid":
      return ["00000000-0000-4000-8000-000000000000"];
    case "ipv4":
      return ["192.0.2.1"];
    case "ipv6":
      return ["2001:db8::1"];
    case "hostname":
      return ["example.com"];
    case "duration":
      return ["PT0S"];
    default:
      return [];
  }
}

/** Strings that common patterns accept: digits and letters of the lengths that the pattern names. */
function samples(schema: JSONSchema7): string[] {
  const counts = [...(typeof schema.pattern === "string" ? schema.pattern : "").matchAll(/\{(\d{1,3})/g)].map((match) => Number(match[1]));
  const lengths = [...new Set([...counts, 1, 2, 3, 4, 5, 8, schema.minLength ?? 1])].filter((length) => length <= 200);
  const parts = lengths.flatMap((length) => ["0".repeat(length), "a".repeat(length), "A".repeat(length)]);
  return [...parts, "AA-00", "AAA-000", "AAA-0000", "#000000", "a-b", "0.0.0", "+10000000000", "00:00", "2000-01-01"];
}

function arrayInstance(schema: JSONSchema7, root: JSONSchema7, sources: Sources, depth: number): JSONValue {
  const count = Math.min(schema.minItems ?? 0, 100);
  if (depth === 0) {
    const given = sources.data.find((one) => fits(one, schema));
    if (given !== undefined) return given;
    const wrapped: JSONSchema7 = { type: "object", properties: { items: schema }, required: ["items"] };
    const found = fillArguments(wrapped, root, createPassage(sources.text), { now: sources.now, toolName: "", description: "" }).input
      .items;
    if (found !== undefined && fits(found, schema)) return found;
  }
  const item = itemsOf(schema, root);
  return Array.from({ length: depth < MAX_DEPTH * 2 ? count : 0 }, (_, index) => {
    const value = createInstance(item, root, sources, depth + 1);
    if (schema.uniqueItems !== true || index === 0) return value;
    return typeof value === "number" ? value + index : typeof value === "string" ? `${value}${index}` : value;
  });
}

function plainest(schema: JSONSchema7): JSONValue {
  const type = typeOf(schema);
  return type === "array"
    ? []
    : type === "object"
      ? {}
      : type === "number" || type === "integer"
        ? 0
        : type === "boolean"
          ? false
          : type === "null"
            ? null
            : "";
}
