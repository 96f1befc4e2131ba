import { failure, post, type Row } from "./row.ts";

/** Asks for structured output from an agent that says what it is told. */
function structured(schema: unknown, answer: unknown = "x"): Row["send"] {
  const messages = typeof answer === "string" ? answer : JSON.stringify(answer);
  return post({ messages, structuredOutput: { schema } }, "/api/agents/echo/generate");
}

/** `allOf` twice the next one, `depth` times: 2^depth checks when it is taken literally. */
function doubling(depth: number): object {
  const $defs: Record<string, object> = { d0: { type: "object" } };
  for (let index = 1; index <= depth; index++)
    $defs[`d${index}`] = { allOf: [{ $ref: `#/$defs/d${index - 1}` }, { $ref: `#/$defs/d${index - 1}` }] };
  return { $defs, $ref: `#/$defs/d${depth}` };
}

function deep(depth: number): object {
  let schema: object = { type: "string" };
  for (let index = 0; index < depth; index++) schema = { type: "object", properties: { a: schema } };
  return schema;
}

const EVIL_PATTERN = "^(a+)+$";
const EVIL_TEXT = `${"a".repeat(40)}!`;

/** Finds each fault twice as often at every level. */
const DOUBLED_FAULTS = {
  $defs: {
    n: {
      allOf: [3, 2].map((minLength) => ({ type: "object", properties: { x: { $ref: "#/$defs/n" }, z: { type: "string", minLength } } })),
    },
  },
  $ref: "#/$defs/n",
};

function chain(depth: number): object {
  let value: object = { z: "" };
  for (let index = 0; index < depth; index++) value = { x: value, z: "" };
  return value;
}

/** JSON Schemas from outside. */
export const schemas: readonly Row[] = [
  {
    name: "a schema that finds each fault twice as often at every level",
    send: structured(DOUBLED_FAULTS, chain(40)),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "an allOf whose parts hold the same tree",
    send: structured(
      {
        $defs: { tree: { type: "object", properties: { next: { $ref: "#/$defs/tree" } } } },
        allOf: ["a", "b"].map((name) => ({ type: "object", properties: { [name]: { $ref: "#/$defs/tree" } } })),
      },
      { a: { next: {} }, b: {} },
    ),
    status: 200,
    body: { object: { a: { next: {} }, b: {} } },
  },
  {
    name: "data of 5,000 levels against a tree",
    send: structured({ type: "array", items: { $ref: "#" } }, "[".repeat(5_000) + "]".repeat(5_000)),
    status: 422,
    body: failure("STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED"),
  },
  { name: "a schema that is a list", send: structured([]), status: 400, body: { issues: [{ field: "structuredOutput.schema" }] } },
  {
    name: "a schema with a type that does not exist",
    send: structured({ type: "evil" }, { a: 1 }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a schema that refers to itself in a tree",
    send: structured({ type: "object", properties: { next: { $ref: "#" } } }, { next: { next: {} } }),
    status: 200,
    body: { object: { next: { next: {} } } },
  },
  {
    name: "a schema that is nothing but itself",
    send: structured({ $ref: "#" }, { a: 1 }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "two definitions that are each other",
    send: structured({ $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" }, { a: 1 }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a schema that is one of itself",
    send: structured({ anyOf: [{ $ref: "#" }, { type: "string" }] }, { a: 1 }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a reference to elsewhere",
    send: structured({ $ref: "http://127.0.0.1:1/schema.json" }, { a: 1 }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a reference to nothing",
    send: structured({ $ref: "#/$defs/nothing" }, { a: 1 }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  { name: "a schema that doubles 60 times", send: structured(doubling(60), {}), status: 400, body: failure("VALIDATION_FAILED") },
  { name: "a schema 100 levels deep", send: structured(deep(55), { a: 1 }), status: 400, body: failure("VALIDATION_FAILED") },
  {
    name: "a pattern that stalls regular expressions",
    send: structured({ type: "object", properties: { a: { type: "string", pattern: EVIL_PATTERN } } }, { a: EVIL_TEXT }),
    status: 200,
    body: { object: { a: EVIL_TEXT } },
  },
  {
    name: "a pattern for names that stalls",
    send: structured(
      { type: "object", patternProperties: { [EVIL_PATTERN]: {} }, propertyNames: { pattern: EVIL_PATTERN } },
      { [EVIL_TEXT]: 1 },
    ),
    status: 200,
    body: { object: { [EVIL_TEXT]: 1 } },
  },
  {
    name: "an answer that does not fit its schema",
    send: structured({ type: "object", required: ["a"], properties: { a: { type: "string" } } }, "words"),
    status: 422,
    body: failure("STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED"),
  },
  {
    name: "an answer of white space",
    send: structured({ type: "object" }, `{${" ".repeat(300_000)}`),
    status: 422,
    body: failure("STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED"),
  },
  {
    name: "__proto__ in a schema",
    send: structured('{"type":"object","properties":{"__proto__":{"type":"string"}},"__proto__":{"polluted":true}}', { a: 1 }),
    status: 400,
    body: { issues: [{ field: "structuredOutput.schema" }] },
  },
  {
    name: "__proto__ among a schema's properties",
    send: post(
      `{"messages":${JSON.stringify('{"a":1}')},"structuredOutput":{"schema":{"type":"object","properties":{"__proto__":{"type":"string"}},"__proto__":{"polluted":true}}}}`,
      "/api/agents/echo/generate",
    ),
    status: 200,
    body: { text: '{"a":1}' },
  },
  {
    name: "a client tool whose schema is a circle",
    send: post({ messages: "hi", clientTools: { a: { inputSchema: { $ref: "#" } } } }, "/api/agents/echo/generate"),
    status: 200,
    body: { text: "hi" },
  },
  {
    name: "a client tool with a pattern that stalls",
    send: post(
      { messages: "hi", clientTools: { a: { inputSchema: { type: "string", pattern: EVIL_PATTERN } } } },
      "/api/agents/echo/generate",
    ),
    status: 200,
    body: { text: "hi" },
  },
  {
    name: "a client tool whose schema is a number",
    send: post({ messages: "hi", clientTools: { a: { inputSchema: 5 } } }, "/api/agents/echo/generate"),
    status: 400,
    body: { issues: [{ field: "clientTools.a.inputSchema" }] },
  },
];
