/** Random bodies from a route's own schema: some that fit it, some that almost do, and some that are something else. */
import fc from "fast-check";

type Json = Readonly<Record<string, unknown>>;

/** Texts that mean something to the app, or ought to mean nothing to anybody. */
const texts = (words: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { arbitrary: fc.constantFrom(...words), weight: 4 },
    { arbitrary: fc.string({ maxLength: 20 }), weight: 2 },
    { arbitrary: fc.string({ unit: "binary", maxLength: 20 }), weight: 1 },
    fc.constantFrom(
      "",
      "__proto__",
      "constructor",
      "\0",
      "\u{1f600}".repeat(200),
      "\ud800",
      "../../etc/passwd",
      "x".repeat(5_000),
      "1e999",
      "null",
    ),
  );

const numbers = fc.oneof(
  fc.integer({ min: -3, max: 200 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e308, -1, 2 ** 53, 2 ** 31, 0.1),
);

/** Anything that JSON can say, up to a small depth. */
export const anything = (words: readonly string[]): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      texts(words),
      numbers,
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(texts(words), tie("any"), { maxKeys: 3 }),
    ),
  })).any;

/** Values of a JSON Schema. What it does not understand of one becomes anything. */
export function fromSchema(root: Json, words: readonly string[]): fc.Arbitrary<unknown> {
  const defs = (root.$defs ?? {}) as Readonly<Record<string, Json>>; // a schema's definitions are schemas
  const any = anything(words);
  const listOf = (value: unknown): readonly Json[] => value as readonly Json[]; // as JSON Schema has it

  function of(schema: Json, depth: number): fc.Arbitrary<unknown> {
    if (depth > 6) return any;
    if (typeof schema.$ref === "string") return of(defs[schema.$ref.replace("#/$defs/", "")] ?? {}, depth + 1);
    if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as readonly unknown[]));
    if ("const" in schema) return fc.constant(schema.const);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return fc.oneof(...listOf(choices).map((choice) => of(choice, depth + 1)));
    if (schema.allOf !== undefined) {
      return fc.tuple(...listOf(schema.allOf).map((part) => of(part, depth + 1))).map((parts) => Object.assign({}, ...parts) as unknown);
    }
    if (schema.type === "object") return objectOf(schema, depth);
    if (schema.type === "array") return fc.array(of((schema.items ?? {}) as Json, depth + 1), { maxLength: 3 });
    if (schema.type === "string") return texts(words);
    if (schema.type === "number" || schema.type === "integer") return numbers;
    if (schema.type === "boolean") return fc.boolean();
    if (schema.type === "null") return fc.constant(null);
    return any;
  }

  function objectOf(schema: Json, depth: number): fc.Arbitrary<unknown> {
    const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, Json>>);
    const required = (schema.required ?? []) as string[];
    const members = Object.fromEntries(properties.map(([name, value]) => [name, of(value, depth + 1)]));
    const full = fc.record(members, { requiredKeys: required });
    // With half of all members hardly any body would fit; with few, some do.
    const few = fc
      .tuple(full, fc.array(fc.nat(Math.max(0, properties.length - 1)), { maxLength: 2 }))
      .map(([value, kept]) =>
        Object.fromEntries(
          Object.entries(value).filter(([name]) => required.includes(name) || kept.some((at) => properties[at]?.[0] === name)),
        ),
      );
    const known: fc.Arbitrary<Record<string, unknown>> = fc.oneof(full, few);
    const more = schema.additionalProperties;
    if (typeof more !== "object" || more === null) return known;
    const others = fc.dictionary(texts(words), of(more as Json, depth + 1), { maxKeys: 2 });
    return fc.tuple(known, others).map(([one, other]) => ({ ...other, ...one }));
  }

  const valid = of(root, 0);
  /** A valid one with one member left out, replaced or added. */
  const broken = fc.tuple(valid, fc.nat(20), texts(words), any, fc.boolean()).map(([value, at, name, other, leaveOut]) => {
    if (typeof value !== "object" || value === null) return other;
    const entries: [string, unknown][] = Object.entries(value);
    const chosen = entries[at % Math.max(1, entries.length)]?.[0];
    const changed = leaveOut
      ? entries.filter(([key]) => key !== chosen)
      : entries.map(([key, old]) => [key, key === chosen ? other : old] as const);
    return Object.fromEntries([...changed, ...(at > 15 ? [[name, other] as const] : [])]);
  });
  return fc.oneof({ arbitrary: valid, weight: 3 }, { arbitrary: broken, weight: 3 }, { arbitrary: any, weight: 1 });
}
