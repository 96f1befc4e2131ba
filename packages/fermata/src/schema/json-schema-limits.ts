/** What a JSON Schema from outside may cost. It is data that decides how much work a check is, so its work is counted first. */
import { FermataError } from "../errors.ts";

const MAX_DEPTH = 64;
/** Subschemas that one value may be held against, with every reference written out. */
const MAX_EXPANDED = 10_000;

/** Keywords whose subschemas look at the same value as the schema they stand in. */
const IN_PLACE = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"];
/** Keywords whose subschemas look at a part of the value, beside `properties`. */
const BELOW = ["items", "prefixItems", "additionalItems", "additionalProperties", "contains", "propertyNames"];

type Node = Readonly<Record<string, unknown>>;

/** @throws FermataError `VALIDATION_FAILED` for a schema that is too deep, that grows out of hand when its references are followed, or that is defined by itself. */
export function refuseCostlySchema(schema: Node): void {
  refuseDeep(schema, 0);
  const { size } = measure(schema, { root: schema, done: new Map(), open: new Map() }, 0);
  if (size > MAX_EXPANDED) throw unusable(`it stands for more than ${MAX_EXPANDED} schemas`);
}

interface Measure {
  /** Schemas that it stands for. */
  readonly size: number;
  /** The outermost schema that it stands in and leads back to. */
  readonly back: Node | undefined;
}

interface Walk {
  readonly root: Node;
  readonly done: Map<Node, Measure>;
  /** Schemas that are under way, outermost first, with how far below the root's value each looks. */
  readonly open: Map<Node, number>;
}

function refuseDeep(node: unknown, depth: number): void {
  if (typeof node !== "object" || node === null) return;
  if (depth > MAX_DEPTH) throw unusable(`it is nested more than ${MAX_DEPTH} levels deep`);
  for (const item of Object.values(node)) refuseDeep(item, depth + 1);
}

const NOTHING: Measure = { size: 0, back: undefined };

function measure(node: unknown, walk: Walk, level: number): Measure {
  if (typeof node !== "object" || node === null) return NOTHING;
  const schema = node as Node; // any object can be looked at as one
  const known = walk.done.get(schema);
  if (known) return known.back && walk.open.has(known.back) ? known : { size: known.size, back: undefined };
  const openAt = walk.open.get(schema);
  if (openAt === level) throw unusable("it is defined by nothing but itself");
  if (openAt !== undefined) return { size: 1, back: schema }; // a tree: it goes as deep as the value does
  walk.open.set(schema, level);
  const inPlace = [targetOf(schema.$ref, walk.root), ...IN_PLACE.flatMap((keyword) => subschemas(schema[keyword]))];
  const below = [...values(schema.properties), ...BELOW.flatMap((keyword) => subschemas(schema[keyword]))];
  const parts = [...inPlace.map((part) => measure(part, walk, level)), ...below.map((part) => measure(part, walk, level + 1))];
  const all = subschemas(schema.allOf).map((part) => measure(part, walk, level));
  if (all.filter(({ back }) => back).length > 1) throw unusable("several parts of an allOf lead back to where it stands");
  const outermost = [...walk.open.keys()].find((open) => parts.some(({ back }) => back === open));
  walk.open.delete(schema);
  const made = { size: parts.reduce((sum, { size }) => sum + size, 1), back: outermost === schema ? undefined : outermost };
  walk.done.set(schema, made);
  return made;
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
