import type { StructuredOutput } from "../../agents/options.ts";
import { isObject } from "./json.ts";
import { checkJsonSchema } from "./json-schema.ts";
import { refused, refuseOtherMembers, unsupported } from "./refusal.ts";

const SCHEMA_MEMBERS = ["name", "description", "schema", "strict"];

/** What `json_object` asks for: any object. */
const ANY_OBJECT = { type: "object", additionalProperties: true } as const;

/**
 * The answer's form: nothing for text. `strict` answers are checked, and fail when they do not fit; others are passed on as the model gave them.
 * `schemaAt` is where a `json_schema` format has its name and schema: in the format itself, or one level below.
 */
export function answerFormat(format: unknown, param: string, schemaAt: "here" | "json_schema"): StructuredOutput | undefined {
  if (format === undefined || format === null) return undefined;
  if (!isObject(format)) throw refused(param, `${param} must be an object.`, "invalid_type");
  refuseOtherMembers(param, format, schemaAt === "here" ? ["type", ...SCHEMA_MEMBERS] : ["type", "json_schema"]);
  if (format.type === "text") return undefined;
  if (format.type === "json_object") return { schema: ANY_OBJECT, errorStrategy: "warn" };
  if (format.type !== "json_schema") throw unsupported(`${param}.type`, `must be "text", "json_object" or "json_schema".`);
  const base = schemaAt === "here" ? param : `${param}.json_schema`;
  const inner = schemaAt === "here" ? format : format.json_schema;
  if (!isObject(inner)) throw refused(base, `${base} must be an object with a name and a schema.`, "invalid_type");
  if (schemaAt !== "here") refuseOtherMembers(base, inner, SCHEMA_MEMBERS);
  const { name, schema, strict } = inner;
  if (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,64}$/.test(name))
    throw refused(`${base}.name`, `${base}.name must be 1 to 64 letters, digits, "_" or "-".`);
  if (!isObject(schema)) throw refused(`${base}.schema`, `${base}.schema must be a JSON Schema.`, "invalid_type");
  checkJsonSchema(schema, `${base}.schema`);
  if (strict !== undefined && strict !== null && typeof strict !== "boolean")
    throw refused(`${base}.strict`, `${base}.strict must be true or false.`, "invalid_type");
  return { schema, errorStrategy: strict === true ? "strict" : "warn" };
}
