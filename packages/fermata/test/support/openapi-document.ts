/** An OpenAPI document as tests read it: its operations, and its schemas as checkers. */
import { z } from "zod";

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly servers?: readonly { readonly url: string }[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly securitySchemes: Readonly<Record<string, object>> };
}

/** Every operation with its path and method, and with the parameters and replies that it refers to. */
export function operations(document: OpenApiDocument): { path: string; method: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { parameters, responses, ...operation }]) => ({
      path,
      method,
      operation: {
        ...operation,
        ...(parameters && { parameters: parameters.map((parameter) => referred(document, parameter)) }),
        responses: Object.fromEntries(Object.entries(responses).map(([status, reply]) => [status, referred(document, reply)])),
      },
    })),
  );
}

/** What `value` refers to, or itself. */
function referred<T extends object>(document: OpenApiDocument, value: T): T {
  return "$ref" in value && typeof value.$ref === "string" ? (resolve(document, value.$ref) as T) : value;
}

/** Every `$ref` anywhere below `node`. */
export function references(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => (key === "$ref" && typeof value === "string" ? [value] : references(value)));
}

/** What a JSON pointer such as `#/components/schemas/Error` leads to. */
export function resolve(document: OpenApiDocument, reference: string): unknown {
  return reference
    .replace(/^#\//, "")
    .split("/")
    .reduce<unknown>(
      (node, key) =>
        typeof node === "object" && node !== null && Object.hasOwn(node, key) ? (node as Record<string, unknown>)[key] : undefined,
      document,
    );
}

/** A checker for a schema of the document. */
export function checkerOf(document: OpenApiDocument, schema: object): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll("#/components/schemas/", "#/$defs/");
  return z.fromJSONSchema(JSON.parse(text) as Parameters<typeof z.fromJSONSchema>[0]);
}
