/** The OpenAPI document, from the route declarations (`wire.md` section 15 tells what the reference's lacks). */
import { ERROR_STATUS, type ErrorCode } from "../errors.ts";
import { ErrorReply } from "../contract/shapes/common.ts";
import { OpenAiErrorReply } from "../contract/shapes/openai.ts";
import type { RouteSpec } from "../contract/route.ts";
import type { ApiRoute } from "../mastra.ts";
import { z } from "zod";
import { isStandardSchema, toJsonSchema } from "../schema/schema.ts";
import { routeTable } from "./route-table.ts";

type Json = Record<string, unknown>;

export interface OpenApiOptions {
  readonly prefix: string;
  readonly title?: string;
  readonly version?: string;
  readonly description?: string;
  readonly customRoutes?: readonly ApiRoute[];
}

/** What every route can fail with. */
const COMMON_ERRORS = ["INTERNAL", "TIMEOUT"] as const satisfies readonly ErrorCode[];

/** What operations refer to instead of writing it again. */
interface Components {
  readonly schemas: Json;
  readonly responses: Json;
}

export function createOpenApiDocument(options: OpenApiOptions): Json {
  const components: Components = { schemas: {}, responses: {} };
  const paths: Record<string, Json> = {};
  for (const { id, group, spec } of routeTable()) {
    const path = (paths[toTemplate(spec.path)] ??= {});
    path[spec.method.toLowerCase()] = operation(id, group, spec, components);
  }
  const customIds = new Set<string>();
  for (const route of options.customRoutes ?? []) addCustom(paths, route, customIds);
  return {
    openapi: "3.1.0",
    info: {
      title: options.title ?? "Fermata API",
      version: options.version ?? "1.0.0",
      description: options.description ?? "Agents, tools and what belongs to them.",
    },
    servers: [{ url: options.prefix === "" ? "/" : options.prefix }],
    paths,
    components: {
      ...components,
      parameters: { [IDEMPOTENCY_KEY.name]: IDEMPOTENCY_KEY },
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  };
}

const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "A repeat with the same key and the same request gets the first reply, for 24 hours",
  schema: { type: "string", minLength: 1, maxLength: 255 },
};

function operation(operationId: string, tag: string, spec: RouteSpec, components: Components): Json {
  const { schemas } = components;
  const { summary, access, body, deprecated } = spec;
  return {
    operationId,
    summary,
    tags: [tag],
    ...(deprecated && { deprecated: true }),
    "x-access": access,
    security: access === "public" ? [] : [{ bearer: [] }],
    parameters: [
      ...parametersOf(spec.params, "path", schemas),
      ...parametersOf(spec.query, "query", schemas),
      ...(spec.method === "GET" ? [] : [{ $ref: `#/components/parameters/${IDEMPOTENCY_KEY.name}` }]),
    ],
    ...(body && { requestBody: { required: true, content: { "application/json": { schema: toSchema(body, "input", schemas) } } } }),
    responses: { "200": successReply(spec, schemas), ...errorReplies(spec, components) },
  };
}

function successReply(spec: RouteSpec, schemas: Json): Json {
  const schema = toSchema(spec.response, "output", schemas);
  if (spec.events) {
    const event = toSchema(spec.events, "output", schemas);
    const content = { "application/json": { schema }, "text/event-stream": { schema: event, itemSchema: event } };
    return { description: "OK. Events when the body says `stream: true`, each in a block that ends with an empty line", content };
  }
  if (!spec.stream) return { description: "OK", content: { "application/json": { schema } } };
  // One event: OpenAPI 3.1 has no word for a sequence of them. 3.2 calls it `itemSchema`, which readers of 3.1 skip.
  const [type, description] =
    spec.stream === "sse"
      ? ["text/event-stream", "Events, each `data: <JSON>` and an empty line; the last one is `data: [DONE]`"]
      : ["text/plain", "Events as JSON, each followed by U+001E"];
  return { description, content: { [type]: { schema, itemSchema: schema } } };
}

function errorReplies(spec: RouteSpec, { schemas, responses }: Components): Json {
  const codes: ErrorCode[] = [...COMMON_ERRORS, ...(spec.errors ?? [])];
  if (spec.body || spec.query || spec.params) codes.push("VALIDATION_FAILED");
  if (spec.body) codes.push("PAYLOAD_TOO_LARGE");
  // What an Idempotency-Key can bring.
  if (spec.method !== "GET") codes.push("VALIDATION_FAILED", "CONFLICT", "UNPROCESSABLE");
  if (spec.access !== "public") codes.push("UNAUTHENTICATED", "FORBIDDEN");
  if (/\bgenerate\b/.test(spec.path)) codes.push("MODEL_FAILED", "TRIPWIRE", "STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED", "CANCELLED");
  const byStatus: Record<string, ErrorCode[]> = {};
  for (const code of new Set(codes)) (byStatus[ERROR_STATUS[code]] ??= []).push(code);
  const schema = toSchema(spec.openai ? OpenAiErrorReply : ErrorReply, "output", schemas);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, list]) => {
      const name = `${list.join(".")}${spec.openai ? ".openai" : ""}`;
      responses[name] ??= { description: list.join(", "), content: { "application/json": { schema } } };
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

function parametersOf(shape: RouteSpec["params"], place: "path" | "query", schemas: Json): Json[] {
  if (!shape) return [];
  const { properties = {}, required = [] } = toSchema(shape, "input", schemas) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema,
  }));
}

/** A shape as JSON Schema; shapes with a name go to the components and are referred to. */
function toSchema(shape: z.core.$ZodType, io: "input" | "output", schemas: Json): Json {
  const {
    $defs,
    $schema: _dialect,
    ...schema
  } = z.toJSONSchema(shape, { target: "draft-2020-12", io, unrepresentable: "any", reused: "inline" }) as Json & { $defs?: Json };
  const name = z.globalRegistry.get(shape)?.id;
  // What is read and what is written differ for a shape with defaults; none of ours has any, so one component serves both.
  for (const [id, definition] of Object.entries($defs ?? {})) schemas[id] ??= relink(withoutId(definition));
  if (name === undefined) return relink(schema) as Json;
  schemas[name] ??= relink(withoutId(schema));
  return { $ref: `#/components/schemas/${name}` };
}

function withoutId(schema: unknown): unknown {
  const { id: _id, ...rest } = schema as Json;
  return rest;
}

function relink(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(relink);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === "$ref" && typeof value === "string" ? value.replace("#/$defs/", "#/components/schemas/") : relink(value),
    ]),
  );
}

/** `/agents/:agentId` as OpenAPI writes it. */
function toTemplate(path: string): string {
  return path.replace(/:(\w+)(?:\{[^}]*\})?/g, "{$1}");
}

const ALL_METHODS = ["get", "post", "put", "patch", "delete"];

/**
 * A route of the app's own stands at the root, whatever the prefix is, which its operation says.
 * Where the API has the same method of the same path below the prefix, the document has no place for both: the API's stays.
 */
function addCustom(paths: Record<string, Json>, route: ApiRoute, ids: Set<string>): void {
  const template = toTemplate(route.path);
  const path = (paths[template] ??= {});
  const parameters = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  for (const method of route.method === "ALL" ? ALL_METHODS : [route.method.toLowerCase()]) {
    path[method] ??= {
      operationId: uniqueId(`custom.${method}${template.replace(/\W+/g, "_")}`, ids),
      tags: ["custom"],
      servers: [{ url: "/" }],
      ...(parameters.length > 0 && { parameters }),
      responses: { "200": { description: "OK" } },
      ...(asJsonSchemas(route.openapi) as Json | undefined),
    };
  }
}

/** The operation as the app wrote it, its schemas as JSON Schema, wherever they stand. */
function asJsonSchemas(node: unknown): unknown {
  if (isStandardSchema(node)) {
    const { $schema: _dialect, ...schema } = toJsonSchema(node);
    return schema;
  }
  if (Array.isArray(node)) return node.map(asJsonSchemas);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, asJsonSchemas(value)]));
}

function uniqueId(wanted: string, ids: Set<string>): string {
  let id = wanted;
  for (let count = 2; ids.has(id); count++) id = `${wanted}_${count}`;
  ids.add(id);
  return id;
}
