/** What a JSON Schema from outside may cost. It is data that decides how much work a check is, so its work is counted first. */
import { FermataError } from "../errors.ts";

const MAX_DEPTH = 64;
/** Subschemas that one value may be held against, with every reference written out. */
const MAX_EXPANDED = 10_000;

/** Keywords whose subschemas look at the same value as the schema they stand in. */
const IN_PLACE = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"];
/** Keywords whose subschemas look at a part of the value. */
const BELOW = ["properties", "items", "prefixItems", "additionalItems", "additionalProperties", "contains", "propertyNames"];

type Node = Readonly<Record<string, unknown>>;

/** @throws FermataError `VALIDATION_FAILED` for a schema that is too deep, that grows out of hand when its references are followed, or that is defined by itself. */
export function refuseCostlySchema(schema: Node): void {
  refuseDeep(schema, 0);
  const walk: Walk = { root: schema, sizes: new Map(), open: new Map(), trees: new Set() };
  if (sizeOf(schema, walk, 0) > MAX_EXPANDED) throw unusable(`it stands for more than ${MAX_EXPANDED} schemas`);
}

interface Walk {
  readonly root: Node;
  /** Sizes of schemas that are finished. */
  readonly sizes: Map<Node, number>;
  /** Schemas that are under way, with how far below the root's value each looks. */
  readonly open: Map<Node, number>;
  /** Schemas that lead back to one they stand in. */
  readonly trees: Set<Node>;
}

function refuseDeep(node: unknown, depth: number): void {
  if (typeof node !== "object" || node === null) return;
  if (depth > MAX_DEPTH) throw unusable(`it is nested more than ${MAX_DEPTH} levels deep`);
  for (const item of Object.values(node)) refuseDeep(item, depth + 1);
}

function sizeOf(node: unknown, walk: Walk, level: number): number {
  if (typeof node !== "object" || node === null) return 0;
  const schema = node as Node; // any object can be looked at as one
  const known = walk.sizes.get(schema);
  if (known !== undefined) return known;
  const openAt = walk.open.get(schema);
  if (openAt === level) throw unusable("it is defined by nothing but itself");
  if (openAt !== undefined) return 1; // a tree: it goes as deep as the value does
  walk.open.set(schema, level);
  let size = 1 + sizeOf(targetOf(schema.$ref, walk.root), walk, level);
  for (const keyword of IN_PLACE) for (const inner of subschemas(schema[keyword])) size += sizeOf(inner, walk, level);
  for (const keyword of BELOW)
    for (const inner of keyword === "properties" ? values(schema[keyword]) : subschemas(schema[keyword]))
      size += sizeOf(inner, walk, level + 1);
  walk.open.delete(schema);
  walk.sizes.set(schema, size);
  return size;
}

function subschemas(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function values(value: unknown): readonly unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

/** The definition that a local reference names; what cannot be followed is reported where the schema is compiled. */
function targetOf(reference: unknown, root: Node): unknown {
  if (typeof reference !== "string" || !reference.startsWith("#")) return undefined;
  let target: unknown = root;
  for (const segment of reference.slice(1).split("/").filter(Boolean)) {
    const key = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof target !== "object" || target === null || !Object.hasOwn(target, key)) return undefined;
    target = (target as Node)[key];
  }
  return target;
}

function unusable(reason: string): FermataError {
  return new FermataError("VALIDATION_FAILED", `Unusable JSON Schema: ${reason}.`);
}
