/** Tools made with the AI SDK's `tool()`: no id, their own name for approval, schemas that may be wrapped. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { isStandardSchema, type JsonSchema, type Schema } from "../schema/schema.ts";
import type { AiSdkTool, AnyTool, ProviderTool, ToolContext } from "./tool.ts";

/** Made once per tool: what is remembered of a tool is remembered by identity. */
const made = new WeakMap<AiSdkTool, AnyTool>();

/** The tool in the house's form. An AI SDK tool takes `name` as its id. */
export function asTool(name: string, tool: AnyTool | ProviderTool | AiSdkTool): AnyTool | ProviderTool {
  if (!isAiSdkTool(tool)) return tool;
  let known = made.get(tool);
  if (!known) made.set(tool, (known = fromAiSdkTool(name, tool)));
  return known;
}

function isAiSdkTool(tool: AnyTool | ProviderTool | AiSdkTool): tool is AiSdkTool {
  return typeof tool.id !== "string";
}

function fromAiSdkTool(name: string, tool: AiSdkTool): AnyTool {
  const { description, inputSchema, outputSchema, needsApproval, execute, toModelOutput } = tool;
  return {
    id: name,
    description: description ?? "",
    ...(inputSchema !== undefined && { inputSchema: toSchema(inputSchema) }),
    ...(outputSchema !== undefined && { outputSchema: toSchema(outputSchema) }),
    ...(needsApproval !== undefined && { requireApproval: needsApproval }),
    ...(toModelOutput !== undefined && { toModelOutput }),
    ...(execute !== undefined && {
      execute: (input: never, { agent, abortSignal }: ToolContext) =>
        execute(input, { toolCallId: agent?.toolCallId ?? "", messages: [], abortSignal }),
    }),
  };
}

/** What `jsonSchema()` makes: a JSON Schema with a check of its own. */
interface WrappedSchema {
  readonly jsonSchema: JsonSchema;
  readonly validate?: (value: unknown) => WrappedResult | Promise<WrappedResult>;
}

type WrappedResult = { readonly success: true; readonly value: unknown } | { readonly success: false; readonly error: Error };

function toSchema(schema: unknown): Schema {
  if (isStandardSchema(schema)) return schema;
  // Some versions of the AI SDK take a function that gives the schema.
  if (typeof schema === "function") return toSchema((schema as () => unknown)());
  return isWrapped(schema) ? unwrap(schema) : (schema as JsonSchema);
}

function isWrapped(schema: unknown): schema is WrappedSchema {
  return typeof schema === "object" && schema !== null && "jsonSchema" in schema && typeof schema.jsonSchema === "object";
}

function unwrap({ jsonSchema, validate }: WrappedSchema): Schema {
  if (!validate) return jsonSchema;
  const toResult = (result: WrappedResult): StandardSchemaV1.Result<unknown> =>
    result.success ? { value: result.value } : { issues: [{ message: result.error.message }] };
  const check = (value: unknown): StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>> => {
    const result = validate(value);
    return result instanceof Promise ? result.then(toResult) : toResult(result);
  };
  const convert = (): Record<string, unknown> => ({ ...jsonSchema });
  const standard = { version: 1 as const, vendor: "ai-sdk", validate: check, jsonSchema: { input: convert, output: convert } };
  return { "~standard": standard };
}
