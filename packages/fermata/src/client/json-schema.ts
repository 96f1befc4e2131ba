/** Schemas on their way to the server: as JSON Schema, whatever library they were made with. */
import type { JsonSchema, Schema } from "../schema/schema.ts";
import { FermataClientError } from "./error.ts";

/** @throws FermataClientError `MISCONFIGURED` for a schema that cannot be written as JSON Schema. */
export function toJsonSchema(schema: Schema): JsonSchema {
  const given = schema as { readonly "~standard"?: { readonly vendor?: unknown; readonly jsonSchema?: unknown } };
  const standard = given["~standard"];
  if (standard === undefined) return schema as JsonSchema;
  const made = viaStandard(standard.jsonSchema) ?? viaMethod(schema, "toJSONSchema") ?? viaMethod(schema, "toJsonSchema");
  if (made) return made;
  throw new FermataClientError(
    "MISCONFIGURED",
    `A schema of "${String(standard.vendor)}" cannot be turned into JSON Schema. Use a version that implements Standard JSON Schema, or give a JSON Schema.`,
  );
}

function viaStandard(converter: unknown): JsonSchema | undefined {
  if (typeof converter !== "object" || converter === null || !("input" in converter) || typeof converter.input !== "function")
    return undefined;
  return (converter.input as (options: { target: string }) => JsonSchema)({ target: "draft-2020-12" });
}

/** Zod 4 and ArkType convert by a method of the schema itself. */
function viaMethod(schema: object, name: string): JsonSchema | undefined {
  const method = (schema as Readonly<Record<string, unknown>>)[name];
  return typeof method === "function" ? (method as () => JsonSchema).call(schema) : undefined;
}
