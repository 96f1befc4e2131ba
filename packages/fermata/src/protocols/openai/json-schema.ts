/** JSON Schemas that come with a request: what is wrong with one is said with its place, before a model is asked to keep to it. */
import { isObject } from "./json.ts";
import { refused } from "./refusal.ts";

const TYPES: ReadonlySet<unknown> = new Set(["string", "number", "integer", "boolean", "object", "array", "null"]);
const NAMED_SCHEMAS: readonly string[] = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
const LISTED_SCHEMAS: readonly string[] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const SCHEMAS: readonly string[] = ["additionalProperties", "propertyNames", "contains", "not", "if", "then", "else"];
const COUNTS: readonly string[] = ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"];

/** Keywords that it does not know are left to the provider. @throws FermataError naming the place of the first fault. */
export function checkJsonSchema(schema: unknown, param: string): void {
  if (schema === true || schema === false) return;
  if (!isObject(schema)) throw wrong(param, "must be a JSON Schema");
  const { type, required, enum: choices, pattern, items } = schema;
  const types = Array.isArray(type) ? (type as unknown[]) : type === undefined ? [] : [type];
  for (const one of types) if (!TYPES.has(one)) throw wrong(`${param}.type`, `cannot be ${JSON.stringify(one)}`);
  if (required !== undefined && !isTexts(required)) throw wrong(`${param}.required`, "must be a list of names");
  if (choices !== undefined && !Array.isArray(choices)) throw wrong(`${param}.enum`, "must be a list");
  if (pattern !== undefined && !isPattern(pattern)) throw wrong(`${param}.pattern`, "must be a regular expression");
  for (const name of COUNTS) {
    const count = schema[name];
    if (count !== undefined && !(Number.isInteger(count) && Number(count) >= 0)) throw wrong(`${param}.${name}`, "must be a whole number");
  }
  for (const name of NAMED_SCHEMAS) {
    const named = schema[name];
    if (named === undefined) continue;
    if (!isObject(named)) throw wrong(`${param}.${name}`, "must be an object of JSON Schemas");
    for (const [key, one] of Object.entries(named)) checkJsonSchema(one, `${param}.${name}.${key}`);
  }
  for (const name of LISTED_SCHEMAS) {
    const list = schema[name];
    if (list !== undefined) checkList(list, `${param}.${name}`);
  }
  for (const name of SCHEMAS) if (schema[name] !== undefined) checkJsonSchema(schema[name], `${param}.${name}`);
  if (Array.isArray(items)) checkList(items, `${param}.items`);
  else if (items !== undefined) checkJsonSchema(items, `${param}.items`);
}

function checkList(list: unknown, param: string): void {
  if (!Array.isArray(list)) throw wrong(param, "must be a list of JSON Schemas");
  for (const [index, one] of list.entries()) checkJsonSchema(one, `${param}[${index}]`);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

/** It is compiled and never run here. */
function isPattern(value: unknown): boolean {
  if (typeof value !== "string") return false;
  try {
    return new RegExp(value, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

function wrong(param: string, reason: string): Error {
  return refused(param, `Invalid JSON Schema: ${param} ${reason}.`, "invalid_json_schema");
}
