import type { ModelCallOptions } from "../../models/types.ts";
import { toJsonSchema, type JsonSchema, type Schema } from "../../schema/schema.ts";
import { toJsonValue } from "../messages/json-value.ts";
import type { RunTool } from "./run.ts";

type Definition = NonNullable<ModelCallOptions["tools"]>[number];

const EMPTY_INPUT: JsonSchema = { type: "object", properties: {}, additionalProperties: false };

/** What the model is told of the tools. Made once per tool and name: a definition is a value of its tool. */
const made = new WeakMap<object, Map<string, Definition>>();

export function toolDefinitions(tools: ReadonlyMap<string, RunTool>, active: readonly string[] | undefined): readonly Definition[] {
  const result: Definition[] = [];
  for (const [name, tool] of tools) {
    if (active && !active.includes(name)) continue;
    result.push(tool.kind === "client" ? define(name, tool) : remembered(name, tool));
  }
  return result;
}

function remembered(name: string, tool: RunTool): Definition {
  let byName = made.get(tool.tool);
  if (!byName) made.set(tool.tool, (byName = new Map()));
  const known = byName.get(name);
  if (known) return known;
  const definition = define(name, tool);
  byName.set(name, definition);
  return definition;
}

function define(name: string, run: RunTool): Definition {
  switch (run.kind) {
    case "provider":
      return { type: "provider", id: run.tool.id, name: run.tool.name ?? name, args: { ...run.tool.args } };
    case "client":
      return {
        ...functionTool(name, run.tool.description, run.tool.inputSchema ?? run.tool.parameters),
        ...(run.tool.strict !== undefined && { strict: run.tool.strict }),
      };
    case "agent":
      return functionTool(name, run.tool.description, run.tool.inputSchema);
    case "own": {
      const { description, inputSchema, strict, providerOptions, inputExamples } = run.tool;
      const definition = functionTool(name, description, inputSchema);
      return {
        ...definition,
        ...(strict !== undefined && { strict }),
        // The provider interface wants each example in an object of its own.
        ...(inputExamples !== undefined && { inputExamples: inputExamples.map((input) => ({ input: toJsonValue(input) as Example })) }),
        ...(providerOptions !== undefined && { providerOptions: providerOptions as NonNullable<typeof definition.providerOptions> }),
      };
    }
  }
}

type Example = NonNullable<FunctionTool["inputExamples"]>[number]["input"];

type FunctionTool = Extract<Definition, { type: "function" }>;

function functionTool(name: string, description: string | undefined, schema: Schema | undefined): FunctionTool {
  const inputSchema = schema ? toJsonSchema(schema, "draft-07") : EMPTY_INPUT;
  return { type: "function", name, ...(description !== undefined && { description }), inputSchema };
}
